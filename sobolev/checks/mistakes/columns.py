"""Judge the gradient of one output as a whole and by columns, against the differences of values.

Nothing is known of the function, so nothing but the data can say how exact a comparison is. Three
rules keep a right table from being accused: a factor must be wrong statistically (many standard
errors from 1), it must be wrong by more than the comparison itself leaves (a curved function makes
every factor look a little wrong), and correcting it must help. A finding is therefore always
something that, undone, makes the derivatives explain the values better than they did.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from sobolev.checks.evidence.pairs import Pairs
from sobolev.checks.evidence.regression import Regression, regress, spread
from sobolev.checks.mistakes.corrections import Correction, Scales, factor_patterns, rearrangements

SIGMAS = 6.0  # a factor differs from 1 when it is that many standard errors away
WEIGHT = 0.4  # what the error of a column changes, in terms of what the corrected ones leave
TOLERANCE = 0.12  # and by more than this, on the scale of logarithms: the rule is not exact
TO_ZERO, TO_NEAR, HALVES = 0.5, 0.7, 0.7  # parts of differences of factors: error of the rule
HALVED = 4  # inputs at most along which the rows are halved
MANY = 12  # with more inputs only those with a wrong factor are tried for a swap
BETTER = 0.7  # a correction leaves less than this share of the residual
ENOUGH = 0.02  # what is left below this share is the error of the trapezoidal rule, not a mistake
KNOWN = np.array(
    [-1.0, 2.0, 0.5, -2.0, -0.5, np.pi / 180, 180 / np.pi]
    + [s * 10.0**p for s in (1, -1) for p in (-9, -6, -4, -3, -2, -1, 1, 2, 3, 4, 6, 9)]
)


@runtime_checkable
class Seen(Protocol):
    """What the gradient of one output is compared with: `Differences` of values, or `Estimates`."""

    @property
    def rows(self) -> int:
        """Independent rows."""
        ...

    def told(self, gradient: np.ndarray) -> int:
        """How many independent rows a gradient is compared with."""
        ...

    def left(self, gradient: np.ndarray) -> float:
        """The share that a gradient leaves unexplained, 0 to 1 and beyond."""
        ...

    def shares(self, gradient: np.ndarray) -> np.ndarray:
        """The part of each column in the whole `[d]`."""
        ...

    def factors(self, gradient: np.ndarray, curved: bool = False) -> Regression:
        """The factor that each column needs, 1 where it is right."""
        ...

    def rule_errors(self, gradient: np.ndarray, plain: Regression) -> np.ndarray:
        """What the `plain` factors may be off by beyond their standard errors `[d]`."""
        ...


@dataclass(frozen=True)
class Differences:
    """What one output's gradient must explain: differences of its values over pairs of rows.

    `unit [n, d]` takes physical slopes to scaled ones; `middle [P, d]` between the two rows.
    """

    pairs: Pairs
    value: np.ndarray
    unit: np.ndarray
    middle: np.ndarray

    @property
    def rows(self) -> int:
        """Rows that have a pair."""
        return self.pairs.count

    def told(self, gradient: np.ndarray) -> int:
        """Rows with slopes, less the columns that are fitted where slopes are absent."""
        given = np.asarray(np.isfinite(gradient).any(axis=1))
        ends = given[self.pairs.first] | given[self.pairs.second]
        seen = np.union1d(self.pairs.first[ends], self.pairs.second[ends])
        absent = np.isnan(self.pairs.mean(gradient)[ends]).any(axis=0).sum()
        return int(min(given[seen].sum(), len(seen) - absent))

    def residual(self, gradient: np.ndarray) -> np.ndarray:
        """What `gradient [n, d]` (physical) leaves of them; absent columns are fitted."""
        # y_b − y_a ≈ ½(J_a + J_b)·(x_b − x_a), the trapezoidal rule: its error is of third order in
        # the step, that of a one-sided difference of second, which would drown a wrong factor.
        mean = self.pairs.mean(gradient * self.unit)
        missing = np.isnan(mean)
        rest = self.value - (np.where(missing, 0.0, mean) * self.pairs.step).sum(1)
        # An absent slope is not zero. What it can explain at best is taken away by one common
        # slope, fitted: so the others are not blamed for it.
        bare = missing.any(0)
        if bare.any():
            steps = missing[:, bare] * self.pairs.step[:, bare]
            rest = rest - steps @ regress(steps, rest, self.pairs).coefficients
        return rest

    def left(self, gradient: np.ndarray) -> float:
        """The share of the differences that a gradient does not explain, 0 to 1 and beyond."""
        whole = spread(self.value, self.pairs.weight)
        return spread(self.residual(gradient), self.pairs.weight) / (whole or 1.0)

    def shares(self, gradient: np.ndarray) -> np.ndarray:
        """The part of each column in the differences `[d]`, relative to their size."""
        parts = np.nan_to_num(self.pairs.mean(gradient * self.unit) * self.pairs.step)
        whole = spread(self.value, self.pairs.weight) or 1.0
        return np.array([spread(part, self.pairs.weight) for part in parts.T]) / whole

    def factors(self, gradient: np.ndarray, curved: bool = False) -> Regression:
        """The factor of each column with which it explains the differences: 1 where it is right.

        `curved` lets each factor change with the square of the step, as the error of the
        trapezoidal rule does, and returns it at step zero.
        """
        # y_b − y_a = Σ_j f_j p_j, p_j = ½(J_a + J_b)_j(x_b − x_a)_j, solved for f by one regression
        # of all columns together: one by one, inputs that change together would answer for each
        # other. Where a slope is absent, or a whole column zero, a plain slope takes its part of
        # the step.
        mean, step = self.pairs.mean(gradient * self.unit), self.pairs.step
        missing = np.isnan(mean)
        parts = np.where(missing, 0.0, mean) * step
        bare = missing.any(0) | ~(parts != 0).any(0)
        design = [parts, (missing | ~(parts != 0).any(0))[:, bare] * step[:, bare]]
        # The relative error of the rule grows with the square of the step. A factor that is wrong
        # because somebody erred stays wrong when the step goes to zero; one of curvature does not.
        if curved:
            size = step**2
            design.append(parts * size / np.maximum(np.median(size, axis=0), 1e-300))
        found = regress(np.concatenate(design, axis=1), self.value, self.pairs)
        d = gradient.shape[1]
        return Regression(found.coefficients[:d], found.errors[:d])

    def rule_errors(self, gradient: np.ndarray, plain: Regression) -> np.ndarray:
        """The error of the trapezoidal rule in the factors `[d]`: it is no noise, and does not
        average out.

        A factor is one number; what varies is the rule. So from the way to step zero, where the
        rule is exact, from the difference between near and far pairs, and from those between the
        halves of the rows along an input, in the root mean square over the inputs. Their parts
        were chosen on tables of eight functions, so that factor ± 1.645 errors covers 1 in 90 % of
        right columns, and in no function in less than 85 % (`benchmarks/wrong_values.py`).
        """
        to_zero = self.factors(gradient, curved=True).coefficients - plain.coefficients
        near = self.pairs.weight > np.median(self.pairs.weight)
        ends = [self._of(mask).factors(gradient).coefficients for mask in (near, ~near)]
        squares = [(TO_ZERO * to_zero) ** 2, (TO_NEAR * (ends[1] - ends[0])) ** 2]
        apart = []
        for j in np.argsort(-self.shares(gradient))[:HALVED]:
            upper = self.middle[:, j] > np.median(self.middle[:, j])
            if min(upper.sum(), (~upper).sum()) < 4 * len(squares[0]):
                continue  # too few pairs for a factor each
            one, other = (self._of(mask).factors(gradient) for mask in (upper, ~upper))
            apart.append((HALVES * (one.coefficients - other.coefficients)) ** 2)
        squares += [np.mean(apart, axis=0)] if apart else []
        return np.sqrt(np.nan_to_num(np.sum(squares, axis=0)))

    def _of(self, mask: np.ndarray) -> "Differences":
        return Differences(self.pairs.where(mask), self.value[mask], self.unit, self.middle[mask])


@dataclass(frozen=True)
class Step:
    """One thing that is wrong: its `kind`, the inputs, the `factor [d]` that corrects it.

    `left`: the share of the differences that is left unexplained once it is corrected.
    """

    kind: str
    inputs: tuple[int, ...]
    detail: str
    factor: np.ndarray
    other: int | None
    left: float


@dataclass(frozen=True)
class Verdict:
    """What was found for one output: `steps` in turn, the shares left unexplained as given and as
    corrected, the gradient as corrected `[n, d]`, and the factors that its columns still ask for.
    """

    steps: tuple[Step, ...]
    before: float
    after: float
    gradient: np.ndarray
    factors: Regression


def unrelated(d: int, left: float) -> Step:
    """The step that says that nothing helps."""
    return Step("unrelated", tuple(range(d)), "", np.ones(d), None, left)


def judge(
    jacobians: np.ndarray,
    output: int,
    seen: Seen,
    sizes: Scales,
    further: Iterable[Correction] = (),
) -> Verdict:
    """Look for the corrections that make the gradient of `output` explain the differences.

    `jacobians [3, n, q, d]`: of each row as given, of the next row and of the one before;
    `further` corrections are tried beside those of order.
    """
    d = jacobians.shape[-1]
    jacobians, steps = jacobians.copy(), []
    before = after = seen.left(jacobians[0, :, output])
    # Errors come together (a wrong sign in swapped columns): undo the best, then look again. Three
    # at most: each further one is a choice among many, of which one may fit by chance.
    for _ in range(3):
        step, corrected = _one_step(jacobians, output, seen, sizes, after, further)
        if step is None:
            break
        jacobians[:, :, output], after = corrected, step.left
        steps.append(step)
    gradient = jacobians[0, :, output]
    factors = seen.factors(gradient) if seen.rows else Regression.nothing(d)
    return Verdict(tuple(steps), before, after, gradient, factors)


def _one_step(jacobians, output, seen, sizes, given, further):
    """`(the step, the three gradients as corrected)`, or `(None, None)`."""
    _, _, q, d = jacobians.shape
    gradient = jacobians[0, :, output]
    factor, scaled = wrong_factors(seen, gradient, given)
    wrong = np.flatnonzero(factor != 1)
    suspects = [int(j) for j in wrong] if d > MANY else list(range(d))
    tried = [*rearrangements(output, q, d, suspects), *further]
    best, left = _best(jacobians, seen, tried)
    # min(…, 1): it has to explain something, not only be less wrong than a gradient worse than
    # none. One mistake of order comes before factors of columns, unless those explain far more.
    better = left < BETTER * min(given, 1.0) and not scaled < BETTER * left
    if best is not None and better:
        # Columns that the correction leaves absent are fitted, and explain much by that alone.
        told = min(seen.rows, *map(seen.told, (gradient, best.undo(jacobians[best.source]))))
        better = _beyond_chance(given, left, told, len(tried))
    if best is not None and better:
        corrected = np.full_like(jacobians[:, :, output], np.nan)
        # Shifted rows are taken from a neighbour: of whose own neighbours nothing is known then.
        for k in range(3) if best.source == 0 else (0,):
            corrected[k] = best.undo(jacobians[k + best.source])
        ones = np.ones(d)
        return Step(best.kind, best.inputs, best.detail, ones, best.other, left), corrected
    if not len(wrong):
        return None, None
    kind, detail, factor, left = _pattern(seen, gradient, factor, scaled, sizes)
    inputs = tuple(int(j) for j in np.flatnonzero(factor != 1))
    return Step(kind, inputs, detail, factor, None, left), jacobians[:, :, output] * factor


def _beyond_chance(given: float, left: float, rows: int, tried: int) -> bool:
    """Whether none of so many corrections would help that much by chance, at a risk of 1/1000.

    n rows hold n − 1 independent differences: of a wrong correction the likelihood ratio
    (given/left)^(n − 1) exceeds c in less than 1/c of cases, for each one that is tried.
    """
    return (rows - 1) * np.log(min(given, 1.0) / (left + 1e-300)) > np.log(1000 * tried)


def wrong_factors(seen: Seen, gradient: np.ndarray, given: float):
    """`(the factor that each column needs, share left with them)`: 1 where nothing speaks against.

    The error of the trapezoidal rule is no reason: a factor has to be further from 1 than the
    share that is left with it, by more than it changes with the step, and at step zero too.
    """
    # Half as many standard errors at step zero: with twice the unknowns they are larger.
    plain, curved = seen.factors(gradient), seen.factors(gradient, curved=True)
    wrong = _sure(plain, SIGMAS) & _sure(curved, SIGMAS / 2)
    shares = seen.shares(gradient)
    with np.errstate(all="ignore"):
        apart = np.abs(np.log(np.abs(curved.coefficients / plain.coefficients)))
    wrong &= plain.coefficients * curved.coefficients > 0  # a sign that depends on the step is none
    value = np.where(curved.errors < 2 * plain.errors, curved.coefficients, plain.coefficients)
    # How far off is beyond doubt depends on what is left once they are corrected, and that on which
    # are. The second round starts from the columns that the first has left: `wrong` only shrinks.
    left, slack = given, apart
    for _ in range(2):
        factor = np.where(wrong, value, 1.0)
        left = seen.left(gradient * factor) if wrong.any() else given
        slack = TOLERANCE + np.maximum(left, apart)
        wrong &= _far(plain.coefficients, slack) & _far(curved.coefficients, slack)
        # A column that hardly contributes has an uncertain factor and nobody is harmed by it.
        effect = np.abs(plain.coefficients - 1) * shares
        wrong &= effect > WEIGHT * left
    if not wrong.any() or given <= ENOUGH or left > BETTER or left > 0.95 * given:
        return np.ones(len(value)), given
    # To say "−1" and not "−0.987": people make round mistakes, and the remedy is then exact.
    each = zip(value, plain.errors, slack, strict=True)
    snapped = [_known(v, e, s / 2) for v, e, s in each]
    factor = np.where(wrong, snapped, 1.0)
    better = seen.left(gradient * factor)
    if not _beyond_chance(given, better, seen.told(gradient) - int(wrong.sum()), 1):
        return np.ones(len(value)), given
    return factor, better


def _sure(fit: Regression, sigmas: float) -> np.ndarray:
    # Known no better than to a quarter, a factor says nothing, whatever its distance from 1.
    known = fit.errors < 0.25 * np.maximum(np.abs(fit.coefficients), 1)
    return known & (np.abs(fit.coefficients - 1) > sigmas * fit.errors)


def _far(factor: np.ndarray, slack: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return (factor < 0) | (np.abs(np.log(np.abs(factor))) > slack)


def _known(value: float, error: float, slack: float) -> float:
    """A factor that people make, when it is as good as the one that was found."""
    if value == 0:
        return value
    near = min(KNOWN[KNOWN * value > 0], key=lambda known: abs(np.log(known / value)))
    close = abs(np.log(near / value)) < slack or abs(near - value) < 3 * error
    return float(near) if close else float(value)


def _best(jacobians, seen, tried) -> tuple[Correction | None, float]:
    best, least = None, np.inf
    for correction in tried:
        left = seen.left(correction.undo(jacobians[correction.source]))
        if left < 0.95 * least:  # the likelier comes first
            best, least = correction, left
    return best, least


def _pattern(seen, gradient, factor, scaled, sizes) -> tuple[str, str, np.ndarray, float]:
    """The mistake that explains all factors at once, or just the factors."""
    # One mistake with one number beats d factors: there is less to choose, and the sentence names
    # the cause ("of the scaled output"). It is held to the columns that contribute enough to
    # decide.
    fit = seen.factors(gradient)
    large = seen.shares(gradient * factor) > 0.7 * scaled
    known = large & ((factor != 1) | (fit.errors < 0.25))
    asked = np.where(factor != 1, factor, fit.coefficients)[known]
    best, least = ("factor", "", factor, scaled), TOLERANCE + scaled
    for kind, detail, whole in factor_patterns(sizes, len(factor)):
        ratio = whole[known] / asked
        agrees = known.any() and (ratio > 0).all()
        apart = float(np.abs(np.log(ratio)).max()) if agrees else np.inf
        left = seen.left(gradient * whole)
        if left < 0.6 * best[3]:  # without a number to choose it explains far more
            best, least = (kind, detail, whole, left), min(apart, least)
        elif apart < least and left < 1.25 * scaled + 0.005:
            best, least = (kind, detail, whole, left), apart - 0.02  # the likelier comes first
    return best
