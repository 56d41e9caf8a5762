"""How much a penalty weighs: the weight that would predict left-out labels best."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.arguments import array_of, positive, shown, whole
from sobolev._base.errors import ConfigError, DataError, EquationWarning
from sobolev._base.precision import require_x64
from sobolev.losses.labelled.sobolev_loss import SobolevLoss
from sobolev.losses.penalties.penalty import Penalty
from sobolev.losses.view import ScalingArrays
from sobolev.networks.parameters import flatten
from sobolev.optimisers.fresh_points import drawn_before
from sobolev.optimisers.least_squares.levenberg_marquardt import LevenbergMarquardt
from sobolev.optimisers.linearisation import linearised
from sobolev.optimisers.optimiser import Optimiser, Task
from sobolev.surrogate import Surrogate
from sobolev.training import Fit, Stop, fit
from sobolev.training.trained_and_watched import Part, parts_of, pose
from sobolev.weighting.schemes.fixed.fixed import Unweighted
from sobolev.work.progress import Progress, teller

LADDER = np.geomspace(1.0, 1e-10, 21)
GOLDEN = (np.sqrt(5) - 1) / 2
LEAST = 1e-7  # of ln w: V does not tell such weights apart
FULL = 1e-3  # of the labels: a model with fewer left over has learnt them by heart


@dataclass(frozen=True)
class Tried:
    """A fit with one weight: `score` V, and to how many free parameters it is equal."""

    weight: float
    score: float
    degrees: float
    fitted: Fit


@dataclass(frozen=True)
class CrossValidated:
    """The best fit among those with other weights of a penalty, which is `penalty` with its own.

    `tried` are all of them, by falling weight; `at_an_end`: no larger or no smaller weight was
    tried, so that a better one may lie beyond.
    """

    best: Tried
    tried: tuple[Tried, ...]
    penalty: Penalty

    @property
    def surrogate(self) -> Surrogate:
        """The one with the best weight."""
        return self.best.fitted.surrogate

    @property
    def weight(self) -> float:
        """The best weight."""
        return self.best.weight

    @property
    def at_an_end(self) -> bool:
        """Whether the best weight is the largest or the smallest of those tried."""
        return self.best is self.tried[0] or self.best is self.tried[-1]


def cross_validated(
    surrogate: Surrogate,
    train: Part | Sequence[Part],
    penalty: Penalty,
    weights: Sequence[float] | np.ndarray = LADDER,
    *,
    refine: int = 6,
    ridge: float = 1e-14,
    loss: SobolevLoss | None = None,
    optimiser: Optimiser | None = None,
    epochs: int = 100,
    seed: int = 0,
    progress: Callable[[Progress], None] | None = None,
) -> CrossValidated:
    """The surrogate with the penalty's weight chosen by generalised cross-validation.

    V(w) = ½ mean r² / (1 − tr A/n)², the least squares loss of the n labels over the share of them
    that is left over: the error in a label that had been left out, if all were alike. A is the
    matrix by which what is fitted follows the labels, A = J (JᵀJ + w KᵀK + … + εI)⁻¹ Jᵀ, with J and
    √w K the rows of labels and penalty linearised at the optimum; equations among the parts count
    as the penalty does, with a weight that stays. For a model that is linear in its parameters it
    is exact. The ladder is gone down from the largest weight, each fit from where the last one
    ended, in the same compiled program; then the best weight is narrowed down by parabolas.

    **Arguments:** `train`: data, perhaps beside equations, as in `fit`, all with weight 1;
    `penalty`, whose own weight does not matter; `weights` > 0, three or more; `refine`: how many
    further weights; `ridge` ε, relative to the largest eigenvalue; `optimiser` of least squares
    (default `LevenbergMarquardt()`), `epochs` of each fit; `loss`, `seed` as in `fit`;
    `progress(p)` told the fits. Warns when the best weight is an end of the ladder. Raises
    `ConfigError`, `DataError`, `PrecisionError`.

    Source: P. Craven & G. Wahba, Numer. Math. 31 (1979) 377; linearised: F. O'Sullivan & G. Wahba,
    J. Comput. Phys. 59 (1985) 441.

    ```python
    found = cross_validated(surrogate, data, Penalty("bent", bent, x))
    found.weight, found.surrogate
    ```
    """
    require_x64("cross-validation")
    if not isinstance(penalty, Penalty):
        raise ConfigError(f"the penalty is a Penalty(...): got {shown(penalty)}.")
    ladder = _ladder(weights)
    optimiser = LevenbergMarquardt() if optimiser is None else optimiser
    how = {
        "loss": loss, "optimiser": optimiser, "epochs": whole("epochs", epochs, 1), "seed": seed,
    }  # fmt: skip
    search = _Search(parts_of(train, ()), penalty, positive("the ridge", ridge), how)
    refine, tell = whole("refine", refine), teller(progress, "done", "total")
    for number, weight in enumerate(ladder):
        tell("weights", number, len(ladder) + refine)
        surrogate = search.go(weight, surrogate).fitted.surrogate
    for number in range(refine):
        tell("weights", len(ladder) + number, len(ladder) + refine)
        between = search.between()
        if between is None:
            break
        search.go(*between)
    tell("weights", len(ladder) + refine, len(ladder) + refine)
    return search.result()


class _Search:
    """Fits with several weights of one penalty."""

    def __init__(
        self, parts: tuple[Part, ...], penalty: Penalty, ridge: float, how: dict[str, Any]
    ):
        self.parts, self.penalty, self.ridge, self.how = parts, penalty, ridge, how
        self.tried: list[Tried] = []
        self.said: dict[float, list[str]] = {}

    def with_weight(self, weight: float) -> Penalty:
        """Another number, no other program."""
        return eqx.tree_at(lambda p: p.weight, self.penalty, jnp.asarray(weight))

    def go(self, weight: float, start: Surrogate) -> Tried:
        """One more fit, from a surrogate."""
        penalty = self.with_weight(weight)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", EquationWarning)
            fitted = fit(
                start, [*self.parts, penalty], weighting=Unweighted(), records=1, check=False,
                stop=Stop(keep_best=False), **self.how,
            )  # fmt: skip
        self.said[weight] = [
            str(w.message) for w in said if issubclass(w.category, EquationWarning)
        ]
        score, degrees = self.score(fitted.surrogate, penalty)
        self.tried.append(Tried(weight, score if fitted.good else np.inf, degrees, fitted))
        self.tried.sort(key=lambda each: -each.weight)
        return next(each for each in self.tried if each.fitted is fitted)

    def score(self, surrogate: Surrogate, penalty: Penalty) -> tuple[float, float]:
        """V and tr A."""
        posed = pose((*self.parts, penalty), surrogate.scaling, self.how["loss"])
        labelled = [block.of_labels for block in posed.loss.blocks]
        n = sum(b.count for b, own in zip(posed.loss.blocks, labelled, strict=True) if own)
        if not n:
            raise DataError("cross-validation is by labels: give a data set among the parts.")
        task = Task(
            surrogate.network, posed.loss, Unweighted(), jax.random.key(self.how["seed"]),
            ScalingArrays.of(surrogate.scaling),
        )  # fmt: skip
        r, rows = zip(*map(_by_block, *_rows(task)), strict=True)
        of_labels = np.concatenate(
            [np.full(len(a), own) for a, own in zip(r, labelled, strict=True)]
        )
        r, rows = np.concatenate(r), np.concatenate(rows)
        if not (np.isfinite(r).all() and np.isfinite(rows).all()):
            return np.inf, np.nan
        degrees = _trace(rows, of_labels, self.ridge)
        left = 1 - degrees / n
        loss = 0.5 * float(np.sum(r[of_labels] ** 2))
        return (loss / left**2 if left > FULL else np.inf), degrees

    @property
    def place(self) -> int:
        """Of the best weight."""
        return int(np.argmin([each.score for each in self.tried]))

    def between(self) -> tuple[float, Surrogate] | None:
        """The next weight, and where to start: where a parabola through the best three is least."""
        i = self.place
        if not 0 < i < len(self.tried) - 1:
            return None
        best, at = self.tried[i], np.log([each.weight for each in self.tried])
        score = np.array([each.score for each in self.tried])
        three = np.argsort(score, kind="stable")[:3]  # not always neighbours, but the nearest soon
        step = _vertex(at[three] - at[i], score[three])
        larger, smaller = at[i - 1] - at[i], at[i + 1] - at[i]
        if not (smaller < step < larger and abs(step) > LEAST):  # no parabola, or no news there
            step = (1 - GOLDEN) * (larger if larger > -smaller else smaller)
        return None if abs(step) <= LEAST else (float(np.exp(at[i] + step)), best.fitted.surrogate)

    def result(self) -> CrossValidated:
        """The best one; what was said of it is said."""
        best = self.tried[self.place]
        if not np.isfinite(best.score):
            raise DataError(
                "no weight leaves the labels anything over: with all of them the model has as many "
                "free parameters as labels. Give larger weights, or points that see more."
            )
        found = CrossValidated(best, tuple(self.tried), self.with_weight(best.weight))
        said = list(self.said[best.weight])
        if found.at_an_end:
            beyond = "larger" if best is self.tried[0] else "smaller"
            said.append(
                f"the best weight of '{', '.join(self.penalty.names)}', {best.weight:.3g}, is an "
                f"end of those tried: give {beyond} ones, too."
            )
        for sentence in said:
            warnings.warn(sentence, EquationWarning, stacklevel=3)
        return found


def _ladder(weights: Sequence[float] | np.ndarray) -> list[float]:
    found = np.unique(array_of(weights))[::-1]
    if found.size < 3 or not np.isfinite(found).all() or found.min() <= 0:
        raise ConfigError(
            f"the weights are three or more different positive numbers: got {shown(weights)}."
        )
    return found.tolist()


def _vertex(at: Float[np.ndarray, " 3"], score: Float[np.ndarray, " 3"]) -> float:
    """Where a parabola through three points is least, the first at 0; NaN where it is not."""
    (_, a, b), (m, f, g) = at, score
    if not np.isfinite(score).all():
        return np.nan
    first, second = (f - m) / a, (g - m) / b
    curved = (second - first) / (b - a)
    return float((curved * a - first) / (2 * curved)) if curved > 0 else np.nan


@eqx.filter_jit
def _rows(task: Task) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """r and J of each block, with the roots of everything that they count by."""
    θ = flatten(task.network)
    here = linearised(task, θ, task.loss.batches(drawn_before(task, θ)))
    return here.residuals, here.rows


def _by_block(r: Array, rows: Array) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(r).reshape(-1), np.asarray(rows).reshape(r.size, -1)


def _trace(rows: Float[np.ndarray, "m P"], of_labels: np.ndarray, ridge: float) -> float:
    """tr J (MᵀM + εI)⁻¹ Jᵀ with J the rows of labels among those of M.

    With M = U S Vᵀ the whole matrix is U S²/(S² + ε) Uᵀ, without the square of the condition.
    """
    if rows.shape[1] > len(rows):  # U and S are those of the small factor of Mᵀ = QR
        rows = np.asarray(np.linalg.qr(rows.T, mode="r")).T
    U, S, _ = np.linalg.svd(rows, full_matrices=False)
    kept = S**2 / (S**2 + ridge * S[0] ** 2)
    return float(np.sum(U[of_labels] ** 2 @ kept))
