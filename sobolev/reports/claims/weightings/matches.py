"""What the trainings of a comparison show beyond the study's verdicts, each by a paired test.

Variants are compared over the same initialisations, and a scheme's best variant is the one with the
smallest error on the *tuning* initialisations, so that the choice does not flatter itself.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sobolev.records.paired import Paired, Says, enough, fewest, judged, smallest
from sobolev.reports.read.weightings import PLAIN, Weightings, number


@dataclass(frozen=True)
class Match:
    """One scheme in one variant against a baseline in one variant, both over the same seeds."""

    problem: str
    scheme: str
    variant: str
    against: str  # the variant of the baseline
    median: float
    ratio: float
    p: float
    says: Says


@dataclass(frozen=True)
class Origin:
    """A scheme that beats the baseline in some variant, and whether a control takes the gain away.

    `kind` of a gain in the plain variant: `balance` when it is there with every control of the
    step's length, `length` with none, `mixed` with some; of one that is not there in the plain
    variant: `hidden` when it is there with every control, `partly` with some. `unknown` when the
    plain variant or a control was not run. `turns`: it is worse with some.
    """

    problem: str
    scheme: str
    ratios: dict[str, float]
    said: dict[str, Says]

    @property
    def kind(self) -> str:
        """What the gain is made of."""
        better = [self.said[v] is Says.BETTER for v in self.said if v != PLAIN]
        if not better or PLAIN not in self.said:
            return "unknown"
        if self.said[PLAIN] is Says.BETTER:
            return "balance" if all(better) else "mixed" if any(better) else "length"
        return "hidden" if all(better) else "partly"

    @property
    def turns(self) -> bool:
        """Whether the gain becomes a loss under some control."""
        return Says.WORSE in self.said.values()


@dataclass(frozen=True)
class Power:
    """Whether the correction over `schemes` lets `initialisations` say anything at all."""

    problem: str
    variant: str
    schemes: int
    initialisations: int

    @property
    def single(self) -> float:
        """The smallest p of one test."""
        return smallest(self.initialisations)

    @property
    def corrected(self) -> float:
        """The smallest p after the correction over all schemes."""
        return min(1.0, self.schemes * self.single)

    @property
    def enough(self) -> bool:
        """Whether a verdict other than `not told apart` is possible."""
        return enough(self.initialisations, self.schemes)

    @property
    def needed(self) -> int:
        """The fewest initialisations with which it would be."""
        return fewest(self.schemes)


@dataclass(frozen=True)
class Edge:
    """A rate that is the lowest or the highest of the sweep: a better one may lie outside."""

    problem: str
    variant: str
    scheme: str
    rate: float
    end: str


@lru_cache(maxsize=32)  # exact tests with ties take a second
def at_their_best(found: Weightings, problem: str) -> tuple[Match, ...]:
    """Every scheme in its best variant against the baseline in its best, smallest median first.

    Holm-corrected over the schemes. Empty when nothing was tuned.
    """
    baseline = found.baseline(problem)
    against = best_variant(found, problem, baseline)
    if against is None:
        return ()
    base = found.errors(problem, against, baseline)
    chosen = {name: best_variant(found, problem, name) for name in found.schemes}
    contests = {
        name: (variant, *_aligned(found.errors(problem, variant, name), base))
        for name, variant in chosen.items()
        if variant is not None
    }
    tested = judged({name: (a, b) for name, (_, a, b) in contests.items() if name != baseline})
    tested |= {baseline: Paired(1.0, 1.0, len(base), 0, len(base))}
    matches = [
        _match(problem, name, (variant, against), a, tested[name])
        for name, (variant, a, _) in contests.items()
    ]
    return tuple(sorted(matches, key=lambda m: m.median))


def best_variant(found: Weightings, problem: str, scheme: str) -> str | None:
    """The variant with the smallest tuning error at its best rate, None without tuning runs."""
    errors = {
        variant: min(found.tuning(problem, variant, scheme).values())
        for variant in found.variants
        if found.verdict(problem, variant, scheme) and found.tuning(problem, variant, scheme)
    }
    return min(errors, key=lambda v: errors[v]) if errors else None


@lru_cache(maxsize=32)
def baseline_alone(found: Weightings) -> tuple[Match, ...]:
    """What each control gives the baseline by itself: variant against plain, Holm over all."""
    contests = {}
    for problem, variant in found.groups():
        name = found.baseline(problem)
        plain = found.errors(problem, PLAIN, name)
        if variant != PLAIN and plain:
            contests[problem, variant] = _aligned(found.errors(problem, variant, name), plain)
    compared = judged(contests)
    return tuple(
        _match(place[0], found.baseline(place[0]), (place[1], PLAIN), errors, compared[place])
        for place, (errors, _) in contests.items()
    )


def origins(found: Weightings, problem: str) -> list[Origin]:
    """Where every gain comes from, the largest first."""
    gains = []
    for scheme in found.schemes:
        here = {
            variant: verdict
            for variant in found.variants
            if (verdict := found.verdict(problem, variant, scheme))
        }
        said = {variant: v.says for variant, v in here.items()}
        if Says.BETTER in said.values():
            ratios = {variant: number(v.ratio) for variant, v in here.items()}
            gains.append(Origin(problem, scheme, ratios, said))
    return sorted(gains, key=lambda o: min(o.ratios.values()))


def power(found: Weightings) -> list[Power]:
    """For every group of verdicts that were corrected together."""
    return [
        Power(
            problem, variant, len(found.group(problem, variant)) - 1,
            len(found.errors(problem, variant, found.baseline(problem))),
        )
        for problem, variant in found.groups()
    ]  # fmt: skip


def edges(found: Weightings) -> list[Edge]:
    """Rates chosen at an end of their sweep; a sweep of one rate has no ends."""
    ends = []
    for v in found.content.verdicts:
        rates = list(found.tuning(v.problem, v.variant, v.scheme))
        if len(rates) > 1 and v.rate in (rates[0], rates[-1]):
            end = "lowest" if v.rate == rates[0] else "highest"
            ends.append(Edge(v.problem, v.variant, v.scheme, v.rate, end))
    return ends


def baseline_edges(found: Weightings) -> list[Edge]:
    """Where the baseline's own rate is at an end: a gain over it may only be a longer step."""
    return [e for e in edges(found) if e.scheme == found.baseline(e.problem)]


def _aligned(errors: dict[int, float], base: dict[int, float]) -> tuple[np.ndarray, np.ndarray]:
    seeds = sorted(set(errors) & set(base))
    return np.array([errors[s] for s in seeds]), np.array([base[s] for s in seeds])


def _match(problem, scheme, variants: tuple[str, str], errors, found: Paired) -> Match:
    # That the pairs are too few is said once, of the group (`power`).
    said = Says.SAME if found.says is Says.FEW else found.says
    median = float(np.median(errors))
    return Match(problem, scheme, *variants, median, found.ratio, found.p, said)
