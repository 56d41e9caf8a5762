"""Whether an optimiser can be relied on: what every optimiser of the house is held to."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from sobolev._base.conformance import Conformance, case, hold
from sobolev._base.errors import ConfigError
from sobolev._base.precision import require_x64
from sobolev.losses.equations.equation import Equation
from sobolev.losses.loss import Loss
from sobolev.networks.families.mlp import MLP
from sobolev.networks.parameters import flatten
from sobolev.optimisers.first_state import start
from sobolev.optimisers.optimiser import Optimiser, State, Task
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.schemes.fixed.fixed import Unweighted

EPOCHS = 4
POINTS = 40  # more than a usual batch of 32, and no multiple of it: the last batch is filled up
NEAR, TINY = 1e-8, 1e-10  # relative and absolute: another program sums in another order


def conforms(optimiser: Optimiser) -> Conformance:
    """Tries an optimiser for four epochs on a small network, with values and slopes of u(a, b).

    The cases: traits that agree with the parts and with the rows of a step; a start that has the
    parameters of the network, and a state of arrays; epochs that keep its structure, shapes and
    dtypes, count themselves and their steps and reject none; the epochs in one program = one by
    one, and going on from a stored state = never stopped, to 1e-8; finite parameters that have
    moved, and a loss that is lower; and where the weighting says NaN, parameters that stay finite,
    which for one of first order or of least squares means that every step is rejected and counted,
    since these ask for weights in every step (unless it `weighs` the terms itself).

    **Arguments:** `optimiser` with settings that make sense for some four epochs on 40 rows. What
    it raises is a failed case, not an error. Raises `ConfigError` for what is no optimiser,
    `PrecisionError` in 32-bit.

    ```python
    found = conforms(MyOptimiser(rate=1e-3))
    assert found.good, str(found)
    ```
    """
    require_x64("conforms")
    if not isinstance(optimiser, Optimiser):
        raise ConfigError(f"conforms tries an optimiser, such as Adam(): got {optimiser!r}.")
    tried = _Tried(optimiser)
    cases: list[tuple[str, Callable[[_Tried], str]]] = [
        ("traits", _traits),
        ("start", _start),
        ("epochs", _epochs),
        ("one program", _one_program),
        ("going on", _going_on),
        ("descent", _descent),
        ("weights that are not finite", _not_finite),
    ]
    results = tuple(case(name, lambda c=check: c(tried)) for name, check in cases)
    return Conformance(type(optimiser).__name__, results)


class _Tried:
    """An optimiser at its start, and its states after each epoch: made when a case asks."""

    def __init__(self, optimiser: Optimiser):
        self.optimiser, self.task = optimiser, _task()

    @cached_property
    def begun(self) -> State:
        return _begun(self.optimiser, self.task)

    @cached_property
    def states(self) -> list[State]:
        """The start and what comes after each epoch, one by one."""
        states = [self.begun]
        for _ in range(EPOCHS):
            states.append(_epoch(self.optimiser, self.task, states[-1]))
        return states


class _NoNumber(Scheme):
    """Weights that are NaN whenever they are asked for after the start."""

    def init(self, energies: Array) -> Array:
        return jnp.ones_like(energies)

    def update(self, statistics: Statistics, state: Array) -> tuple[Array, Array]:
        return jnp.nan * statistics.losses, state


def _task() -> Task:
    """Three terms: u = sin(1.3 a) + a b² and its slopes, at points drawn once."""
    a, b = x = np.random.default_rng(0).uniform(-1.0, 1.0, (2, POINTS))
    known = np.stack([np.sin(1.3 * a) + a * b**2, 1.3 * np.cos(1.3 * a) + b**2, 2 * a * b], axis=1)

    def with_slopes(u: Callable, x: Array) -> Array:
        return jnp.append(u(x), jax.jacrev(u)(x)[0])

    labels = Equation(("u", "du/da", "du/db"), with_slopes, x.T, labels=known, order=1)
    network: Any = MLP((4, 3)).build(2, 1, jax.random.key(0))
    return Task(network, Loss((labels,)), Unweighted(), jax.random.key(1))


@eqx.filter_jit
def _begun(optimiser: Optimiser, task: Task) -> State:
    return start(task, optimiser)


@eqx.filter_jit
def _epoch(optimiser: Optimiser, task: Task, state: State) -> State:
    return optimiser.epoch(task, state)


@eqx.filter_jit
def _course(optimiser: Optimiser, task: Task, state: State) -> State:
    """The states after each of the epochs, in one program."""

    def one(state: State, _: None) -> tuple[State, State]:
        after = optimiser.epoch(task, state)
        return after, after

    return jax.lax.scan(one, state, length=EPOCHS)[1]


@eqx.filter_jit
def _loss(task: Task, θ: Array) -> Array:
    return jnp.sum(task.losses(θ, task.loss.batches()))


def _traits(tried: _Tried) -> str:
    optimiser, rows = tried.optimiser, tried.optimiser.rows_a_step()
    steps = optimiser.steps()
    hold(steps, "nobody makes its steps")
    parts = all(isinstance(s, Optimiser) and s.steps()[0] is s for s in steps)
    hold(parts, "steps() are optimisers that make their own steps")
    names = ("first_order", "batches", "least_squares")
    traits = {name: getattr(optimiser, name) for name in names}
    hold(all(isinstance(trait, bool) for trait in traits.values()), f"its traits are {traits}")
    for name, of in (("first_order", all), ("batches", all), ("least_squares", any)):
        known = of(getattr(step, name) for step in steps)
        hold(traits[name] == known, f"{name} is {traits[name]}, and of its parts {known}")
    for size in (rows, *(step.rows_a_step() for step in steps)):
        hold(size is None or (isinstance(size, int) and size >= 1), f"a step is on {size!r} rows")
    hold(rows is None or optimiser.batches, f"a step is on {rows} rows, and it takes no batches")
    return ", ".join(name for name in names if traits[name]) or "the weighted loss of all rows"


def _start(tried: _Tried) -> str:
    state = tried.begun
    leaves = jax.tree.leaves(state.optimiser)
    strange = [leaf for leaf in leaves if not isinstance(leaf, jax.Array)]
    hold(not strange, f"in its state is {strange[:1]}, which is no array")
    hold(
        np.array_equal(state.θ, flatten(tried.task.network)),
        "the parameters are not those of the network",
    )
    return f"{len(leaves)} arrays beside the parameters"


def _epochs(tried: _Tried) -> str:
    for n, (before, after) in enumerate(zip(tried.states, tried.states[1:], strict=False)):
        hold(_form(after) == _form(before), f"epoch {n} changes structure, shapes or dtypes")
        hold(after.epoch == n + 1, f"after epoch {n} its count is {after.epoch}, not {n + 1}")
        hold(after.step > before.step, f"epoch {n} counts no step")
        hold(after.rejected == 0, f"epoch {n} rejects a step, and everything is finite")
    return f"{EPOCHS} epochs of {int(tried.states[-1].step)} steps"


def _one_program(tried: _Tried) -> str:
    together = _course(tried.optimiser, tried.task, tried.begun)
    for n, state in enumerate(tried.states[1:]):
        sentence = f"θ after epoch {n} of a program of {EPOCHS} is another one than epoch by epoch"
        hold(np.allclose(state.θ, together.θ[n], rtol=NEAR, atol=TINY), sentence)
    return f"{EPOCHS} epochs in one program are the same"


def _going_on(tried: _Tried) -> str:
    state = jax.tree.map(lambda a: jnp.asarray(np.array(a)), tried.states[EPOCHS // 2])
    for _ in range(EPOCHS - EPOCHS // 2):
        state = _epoch(tried.optimiser, tried.task, state)
    same = np.allclose(state.θ, tried.states[-1].θ, rtol=NEAR, atol=TINY)
    hold(same, "going on from a stored state ends elsewhere")
    return "going on from a stored state ends in the same place"


def _descent(tried: _Tried) -> str:
    first, last = tried.states[0], tried.states[-1]
    hold(np.isfinite(last.θ).all(), "its parameters are not finite")
    hold(np.any(np.asarray(last.θ != first.θ)), "its parameters stay where they are")
    before, after = (float(_loss(tried.task, state.θ)) for state in (first, last))
    hold(after < before, f"the loss goes from {before:.3g} to {after:.3g}")
    return f"the loss goes from {before:.3g} to {after:.3g}"


def _not_finite(tried: _Tried) -> str:
    task = eqx.tree_at(lambda t: t.weighting, tried.task, _NoNumber())
    good = tried.begun
    asked = good._replace(weighting=jnp.ones_like(good.weights))
    last = jax.tree.map(lambda a: a[-1], _course(tried.optimiser, task, asked))
    hold(np.isfinite(last.θ).all(), "weights of NaN make parameters of NaN")
    if tried.optimiser.weighs:
        return "it weighs the terms itself"
    if not (tried.optimiser.first_order or tried.optimiser.least_squares):
        return "the parameters stay finite"  # weights are asked for seldom
    hold(np.array_equal(last.θ, good.θ), "weights of NaN move the parameters")
    steps, rejected = int(last.step), int(last.rejected)
    hold(steps and rejected == steps, f"of {steps} steps with weights of NaN it rejects {rejected}")
    return f"all of {steps} steps are rejected"


def _form(state: PyTree) -> tuple:
    leaves, structure = jax.tree.flatten(state)
    return structure, [(np.shape(leaf), jnp.asarray(leaf).dtype) for leaf in leaves]
