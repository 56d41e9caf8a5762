"""Many easy rows and few hard ones for the same cost: how many of each, and what they say."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sobolev._base.arguments import one_of, shown, whole
from sobolev._base.errors import ConfigError
from sobolev.data.dataset import Dataset
from sobolev.designs import latin_hypercube
from sobolev.function import Function
from sobolev.generation.generate import generate

MOST = 400  # rows of an easy rung; beyond them a network's own error is what is left


@dataclass(frozen=True)
class Mixture:
    """Rungs of the same function from easy to hard, and how a budget is spent on them.

    An easy rung is a coarser mesh, a linear law, a looser tolerance: cheaper, and wrong by
    something that is smoother than the answer. The first rung is learnt from its many rows, every
    next one by what its few rows say beyond those before, `beyond`: y = y₁ + δ₂ + …, a `Sum`.

    **Arguments:** `rungs`: functions with the same names, units and domain; `costs`: CPU seconds
    of a row of each; by default they are measured (`measured`), which sees this process only, so
    programs of others need them; `shares` of the budget, by default equal; `order` of derivatives;
    `most`: rows that an easy rung gets at most, what is left goes to the hardest. Raises
    `ConfigError`.

    Sources: M. C. Kennedy, A. O'Hagan, Biometrika 87 (2000) 1, 10.1093/biomet/87.1.1 (offsets);
    N. Choudhary et al., arXiv 2512.00564 (budgets over difficulties). `docs/difficulty.md` says
    where it helps, and where not.

    ```python
    mixture = Mixture((coarse, fine)).measured()
    easy, hard = mixture.generate(budget=2.0)
    ```
    """

    rungs: Sequence[Function]
    costs: Sequence[float] = ()
    shares: Sequence[float] = ()
    order: int = 1
    most: int = MOST

    def __post_init__(self):
        one_of("order", self.order, (0, 1, 2))
        whole("most", self.most, 2)
        _check_rungs(self.rungs)
        count = len(self.rungs)
        for name, unit in (("costs", "CPU seconds of a row"), ("shares", "parts of the budget")):
            given = np.asarray(getattr(self, name), float)
            if given.size and (given.shape != (count,) or not (given > 0).all()):
                raise ConfigError(
                    f"{name} are {count} positive numbers, {unit} of each rung: got {shown(given)}."
                )

    def measured(self, rows: int = 3) -> "Mixture":
        """With the costs as they are here: CPU seconds of so many rows, after one that compiles."""
        whole("rows", rows, 1)
        unit = np.random.default_rng(0).random((rows + 1, self.rungs[0].box.dimension))

        def cost(rung: Function) -> float:
            first, *rest = rung.box.from_unit(unit)
            rung.derivatives(first, self.order)
            start = time.process_time()
            for x in rest:
                rung.derivatives(x, self.order)
            # a clock that has not moved is not for nothing
            return max(time.process_time() - start, 1e-6) / rows

        return replace(self, costs=tuple(map(cost, self.rungs)))

    def rows(self, budget: float) -> tuple[int, ...]:
        """How many rows of each rung so many CPU seconds buy.

        Raises `ConfigError` where a rung gets fewer than two, and without costs.
        """
        if not len(self.costs):
            raise ConfigError("the costs of a row are not known: give costs, or take .measured().")
        if not (np.isfinite(budget) and budget > 0):
            raise ConfigError(f"a budget is a positive number of CPU seconds: got {budget!r}.")
        costs, shares = np.asarray(self.costs, float), np.asarray(self.shares, float)
        shares = np.ones(len(costs)) if not shares.size else shares
        bought = np.floor(budget * shares / shares.sum() / costs + 1e-9).astype(int)
        bought[:-1] = np.minimum(bought[:-1], self.most)
        bought[-1] = int((budget - bought[:-1] @ costs[:-1]) / costs[-1] + 1e-9)
        if bought.min() < 2:
            rung = int(bought.argmin())
            raise ConfigError(
                f"a budget of {budget:g} s buys {bought[rung]} rows of rung {rung}, at "
                f"{costs[rung]:.3g} s each, and two are needed: give more, or a larger share."
            )
        return tuple(map(int, bought))

    def generate(self, budget: float, *, seed: int = 0, **how: Any) -> tuple[Dataset, ...]:
        """The data of each rung, at points of Latin hypercubes of their own.

        `how` is handed on to `generate`: workers, executor, on_diverged. A journal is of one
        rung: for such, call `generate` with the numbers of `rows`.
        """
        if "journal" in how or "order" in how:
            raise ConfigError(
                "a journal is of one rung and the order that of the mixture: call generate for "
                "each rung with the numbers of Mixture.rows(budget)."
            )
        return tuple(
            generate(rung, latin_hypercube(count, seed + 1000 * number), order=self.order, **how)
            for number, (rung, count) in enumerate(zip(self.rungs, self.rows(budget), strict=True))
        )


def beyond(data: Dataset, known: Function) -> Dataset:
    """The same rows with labels y - y_known(x), and their derivatives: what is still to be learnt.

    Raises `ConfigError` for labels along directions and cotangents, and derivatives that the
    function does not know.

    ```python
    more = beyond(hard, known)
    both = Sum((known, fit(Surrogate.new(more), more).surrogate))
    ```
    """
    labels: Mapping[str, np.ndarray] = data.labels()
    names = "y", "jacobian", "hessian"
    others = labels.keys() - set(names)
    if others:
        raise ConfigError(f"beyond takes values, Jacobians and Hessians: got {', '.join(others)}.")
    order = max(names.index(name) for name in labels)
    answers = known.derivatives(data.x, order)
    left = {name: label - answers[names.index(name)] for name, label in labels.items()}
    return replace(data, **left)


def _check_rungs(rungs: Sequence[Function]) -> None:
    if not isinstance(rungs, Sequence) or len(rungs) < 2:
        raise ConfigError(
            f"a Mixture has two rungs at least, from easy to hard: got {shown(rungs)}."
        )
    first = rungs[0]
    for number, rung in enumerate(rungs):
        if not isinstance(rung, Function) or rung.box is None:
            raise ConfigError(
                f"rung {number} of a Mixture is a Function with a Box: got {shown(rung)}."
            )
        for name in ("box", "outputs", "output_units"):
            if getattr(rung, name) != getattr(first, name):
                raise ConfigError(
                    f"rung {number} has the {name} {shown(getattr(rung, name))}, the first has "
                    f"{shown(getattr(first, name))}: they are the same function, from easy to hard."
                )
