"""What is to be chosen, and by what: a function over a catalogue, its objective and its limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from sobolev._base.arguments import array_of, one_of, shown
from sobolev._base.errors import ConfigError
from sobolev._base.types import Points
from sobolev.descent.discrete.catalogue import Catalogue
from sobolev.function import Function
from sobolev.function.function import required

ROUNDING = 1e-9  # of a limit: what exceeds it by less has met it


class Rated(NamedTuple):
    """Answers at points: the objective, and by how much limits are exceeded at worst."""

    objective: Float[np.ndarray, "..."]
    excess: Float[np.ndarray, "..."]

    @property
    def feasible(self) -> Bool[np.ndarray, "..."]:
        """Whether every limit is met."""
        return self.excess <= ROUNDING

    @property
    def best(self) -> Int[np.ndarray, "..."]:
        """Along the last axis the least objective, or where no limits are met the least excess."""
        worth = np.where(self.feasible, self.objective, self.excess)
        return np.lexsort((worth, ~self.feasible), axis=-1)[..., 0]


@dataclass(frozen=True)
class Task:
    """The least `objective` of a function among the designs of a catalogue that keep to `limits`.

    **Arguments:** `function`, whose inputs are the variables of the `catalogue`; `objective`, the
    name of an output; `limits`, from names of outputs to a number, |y| ≤ limit, or a pair of the
    least and the largest, either of which may be infinite. Every design of the catalogue must have
    an answer: an area that is nearly none instead of none. Raises `ConfigError` and `DataError`.

    ```python
    task = Task(ten_bar_truss(), Catalogue.same(TEN_BAR_SECTIONS, 10), "weight", TEN_BAR_LIMITS)
    found = choose(task)
    ```
    """

    function: Function
    catalogue: Catalogue
    objective: str
    limits: Mapping[str, float | tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self):
        outputs = tuple(required("function", self.function).outputs)
        one_of("objective", self.objective, outputs)
        for name, limit in self.limits.items():
            one_of("output with a limit", name, outputs)
            low, high = _pair(limit)
            finite = [abs(each) for each in (low, high) if np.isfinite(each)]
            if not low < high or not finite or not max(finite) > 0:
                raise ConfigError(
                    f"a limit is a positive number or a pair (least, largest): got {shown(limit)} "
                    f"for '{name}'."
                )
        if len(self.catalogue.sizes) != len(self.function.inputs):
            raise ConfigError(
                f"the function has {len(self.function.inputs)} inputs, the catalogue lists for "
                f"{len(self.catalogue.sizes)}: give one for each."
            )

    def rated(self, y: Float[np.ndarray, "r q"]) -> Rated:
        """What answers are worth."""
        over = self._over(y)
        worst = over.max(axis=1) if over.shape[1] else np.full(len(y), -np.inf)
        return Rated(y[:, self._objective], worst)

    def merit(
        self,
        y: Float[np.ndarray, "r q"],
        jacobian: Float[np.ndarray, "r q n"] | None,
        scale: float,
        penalty: Float[np.ndarray, " r"],
    ) -> tuple[Float[np.ndarray, " r"], Float[np.ndarray, "r n"]]:
        """f = objective/scale + penalty Σ_k max(0, e_k) and its gradient, zeros without a Jacobian.

        e_k is the share by which the limit k is exceeded.
        """
        over = np.maximum(self._over(y), 0.0)
        f = y[:, self._objective] / scale + penalty * over.sum(axis=1)
        if jacobian is None:
            return f, np.zeros((len(y), len(self.catalogue.sizes)))
        up = np.where(y[:, self._limited] > self._bounds[:, 1], 1.0, -1.0)
        by_limit = penalty[:, None] * (over > 0) * up / self._sizes
        slopes = np.einsum("rk,rkn->rn", by_limit, jacobian[:, self._limited])
        return f, jacobian[:, self._objective] / scale + slopes

    def judged(self, penalty: float = 1.0, scale: float = 1.0) -> Function:
        """f as a function with one output, to estimate or to enumerate its mean."""
        return _Judged(self, penalty, scale)

    @property
    def _objective(self) -> int:
        return tuple(self.function.outputs).index(self.objective)

    @property
    def _limited(self) -> list[int]:
        return [tuple(self.function.outputs).index(name) for name in self.limits]

    @property
    def _bounds(self) -> Float[np.ndarray, "k 2"]:
        return np.array([_pair(limit) for limit in self.limits.values()]).reshape(-1, 2)

    @property
    def _sizes(self) -> Float[np.ndarray, " k"]:
        sizes = np.abs(self._bounds)
        return np.where(np.isfinite(sizes), sizes, 0.0).max(axis=1, initial=0.0)

    def _over(self, y: Float[np.ndarray, "r q"]) -> Float[np.ndarray, "r k"]:
        low, high = self._bounds.T
        given = y[:, self._limited]
        return np.maximum(given - high, low - given) / self._sizes


def _pair(limit: object) -> tuple[float, float]:
    found = array_of(limit)
    if found.shape == ():
        return -float(found), float(found)
    return (float(found[0]), float(found[1])) if found.shape == (2,) else (np.nan, np.nan)


@dataclass(frozen=True)
class _Judged(Function):
    """The merit of a task, with its first derivative."""

    task: Task
    penalty: float
    scale: float

    order = 1
    outputs = ("merit",)
    output_units = ("",)
    box = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """Those of the function."""
        return tuple(self.task.function.inputs)

    @property
    def input_units(self) -> tuple[str, ...]:
        """Those of the function."""
        return tuple(self.task.function.input_units)

    def compute(self, rows: Points, order: int) -> Sequence[np.ndarray]:
        """Merit, and its gradient if it is asked for."""
        y, *jacobian = self.task.function.derivatives(rows, order)
        every = np.full(len(rows), self.penalty)
        f, slopes = self.task.merit(y, jacobian[0] if jacobian else None, self.scale, every)
        return (f[:, None], slopes[:, None])[: order + 1]
