"""Discrete design by gradients: probabilities of entries, moved by an estimate of the gradient."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int

from sobolev._base.arguments import positive, whole
from sobolev._base.compiled import STEPS, compiled
from sobolev._base.precision import require_x64
from sobolev.descent.discrete.chosen import Chosen, Seen
from sobolev.descent.discrete.gate import Draw, Gate, check
from sobolev.descent.discrete.straight_through import StraightThrough
from sobolev.descent.discrete.task import Task

SPREAD = 0.5  # of the logits at the start
PATIENCE = 1.02  # by which a penalty falls or grows in a step; at 1.1 it is ahead of the logits
ADAM = optax.scale_by_adam()


def choose(
    task: Task,
    gate: Gate | None = None,
    *,
    steps: int = 1000,
    samples: int = 8,
    starts: int = 16,
    rate: float = 0.05,
    penalty: float = 1.0,
    key: int = 0,
) -> Chosen:
    """The best design that is met while probabilities of entries follow a gradient.

    Each start has probabilities p_i = softmax(l_i) and a penalty μ of its own. In each step it asks
    the function at `samples` points and at its most probable design, all starts together in one
    call, and l follows by Adam the gradient of the mean of f = objective/scale + μ Σ_k max(0, e_k),
    e_k the share by which a limit is exceeded. μ falls while the most probable design is feasible
    and grows while it is not, by 2 % in a step, so that it settles where the limits are just met
    (A. B. Hadj-Alouane, J. C. Bean, Oper. Res. 45 (1997) 92).

    **Arguments:** `gate`, `StraightThrough()` by default; `rate` of Adam; `penalty` μ at the start;
    `key` of the random numbers. Fewer steps want a higher rate and find less. Nothing says that the
    best design of all was met, and `Chosen.result` says what was. Raises `ConfigError`; what the
    function raises passes.

    ```python
    found = choose(Task(truss, Catalogue.same(sections, 10), "weight", limits))
    assert found.feasible, found.result
    ```
    """
    require_x64("a search over a catalogue")
    gate = StraightThrough() if gate is None else gate
    most, count = whole("the number of steps", steps, 1), whole("the number of samples", samples, 1)
    many, speed = whole("the number of starts", starts, 1), positive("the rate", rate)
    check(task.function, task.catalogue, gate, count)
    seen, values = Seen(task), jnp.asarray(task.catalogue.values)
    keys = jax.random.split(jax.random.key(key), many)
    logits = _begun(keys, jnp.asarray(task.catalogue.present))
    state, μ, scale = ADAM.init(logits), np.full(many, positive("the penalty", penalty)), 0.0
    for step in range(most):
        at = jnp.asarray(step), jnp.asarray(step / max(most - 1, 1))
        drawn, modes, designs = _drawn(gate, keys, logits, values, count, *at)
        asked = _asked(seen, gate, drawn, modes)
        scale = scale or float(np.abs(task.rated(asked.y).objective).mean()) or 1.0
        f, slopes = asked.merit(task, scale, μ)
        logits, state = _moved(gate, drawn, logits, state, values, f, slopes, jnp.asarray(speed))
        _look(seen, gate, asked, np.asarray(designs), np.asarray(modes))
        good = task.rated(asked.of_modes).feasible
        μ = μ * np.where(good, 1 / PATIENCE, PATIENCE)
    return seen.end()


class _Asked(NamedTuple):
    """Answers `y [s·(k+1), q]` and derivatives at k points and the likeliest design of s starts."""

    y: Float[np.ndarray, "r q"]
    jacobian: Float[np.ndarray, "r q n"] | None
    starts: int

    def merit(
        self, task: Task, scale: float, penalty: Float[np.ndarray, " s"]
    ) -> tuple[Float[Array, "s k"], Float[Array, "s k n"]]:
        """f and its gradient at the points."""
        each = len(self.y) // self.starts
        f, slopes = task.merit(self.y, self.jacobian, scale, np.repeat(penalty, each))
        return jnp.asarray(self.by_start(f)[:, :-1]), jnp.asarray(self.by_start(slopes)[:, :-1])

    def by_start(self, rows: Float[np.ndarray, "r ..."]) -> Float[np.ndarray, "s k ..."]:
        """Rows with an axis of their starts in front."""
        return rows.reshape(self.starts, -1, *rows.shape[1:])

    @property
    def of_modes(self) -> Float[np.ndarray, "s q"]:
        """The answers at the likeliest designs."""
        return self.by_start(self.y)[:, -1]


def _asked(seen: Seen, gate: Gate, drawn: Draw, modes: Int[Array, "s n"]) -> _Asked:
    likeliest = seen.task.catalogue.at(np.asarray(modes))
    points = np.concatenate([drawn.points, likeliest[:, None]], axis=1)
    y, *jacobian = seen.ask(points.reshape(-1, points.shape[-1]), int(gate.needs_derivatives))
    return _Asked(y, jacobian[0] if jacobian else None, len(points))


def _look(
    seen: Seen,
    gate: Gate,
    asked: _Asked,
    designs: Int[np.ndarray, "s k n"],
    modes: Int[np.ndarray, "s n"],
) -> None:
    """Take note of every answer at a design."""
    seen.look(modes, asked.of_modes)
    if gate.among_designs:
        y = asked.by_start(asked.y)[:, : designs.shape[1]]
        seen.look(designs.reshape(-1, designs.shape[-1]), y.reshape(-1, y.shape[-1]))
    seen.step()


@compiled(STEPS)
def _begun(keys: Array, present: Array) -> Array:
    noise = jax.vmap(lambda key: jax.random.normal(key, present.shape, float))(keys)
    return jnp.where(present, SPREAD * noise, -jnp.inf)


@compiled(STEPS)
def _drawn(
    gate: Gate, keys: Array, logits: Array, values: Array, count: int, step: Array, progress: Array
) -> tuple[Draw, Array, Array]:
    """What each start draws, its likeliest design, and the entries of the samples."""

    def of_start(key: Array, logits: Array) -> Draw:
        return gate.draw(jax.random.fold_in(key, step), logits, values, count, progress)

    drawn = jax.vmap(of_start)(keys, logits)
    return drawn, jnp.argmax(logits, axis=-1), jnp.argmax(drawn.weights, axis=-1)


@compiled(STEPS)
def _moved(
    gate: Gate, drawn: Draw, logits: Array, state: Any, values: Array, f: Array, slopes: Array,
    rate: Array,
) -> tuple[Array, Any]:  # fmt: skip
    def of_start(drawn: Draw, logits: Array, f: Array, slopes: Array) -> Array:
        return gate.estimate(drawn, logits, values, f, slopes).mean(axis=0)

    gradient = jax.vmap(of_start)(drawn, logits, f, slopes)
    updates, state = ADAM.update(gradient, state)
    return logits - rate * jnp.asarray(updates), state
