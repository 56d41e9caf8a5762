"""Whether a law can be relied on: what every law of the house is held to."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from sobolev._base.conformance import Conformance, case, hold
from sobolev._base.errors import ConfigError
from sobolev._base.precision import require_x64
from sobolev.fem.laws.law import Law, Point
from sobolev.fem.values import Parameters as _Parameters
from sobolev.fem.values import evaluate, fill, levels, split

STEP, SLOPES, SAME = 1e-4, 1e-6, 1e-10  # of the strain; of the largest entry; two ways


def conforms(law: Law, strain: float = 0.02, dimension: int = 3, seed: int = 0) -> Conformance:
    """Tries a law at a few points: is it what its traits say?

    The cases: equal by value; shapes of dual and state; at rest nothing acts; the tangent is that
    of central differences with Richardson's step, from a start state and from one with history, and
    symmetric where it says so; an energy is the potential of the dual; a law of finite strain sees
    no rotation, P(QF) = Q P(F); traits do not depend on numbers.

    **Arguments:** `law` with numbers for constants; the size `strain` of the gradients that are
    tried; the `dimension` of a law of any. What the law raises is a failed case, not an error.
    Raises `ConfigError` for what is no law, or one whose constants are not numbers.

    ```python
    found = conforms(NeoHooke(10.0, 0.3))
    assert found.good, str(found)
    ```
    """
    require_x64("trying a law")
    if not isinstance(law, Law):
        raise ConfigError(f"conforms takes a law: got {law!r}.")
    skeleton, _ = split(law)
    if any(levels(skeleton)):
        raise ConfigError("give numbers for constants that depend on the cell or the place.")
    tried = _Tried(law, strain, law.traits().dimension or dimension, seed)
    cases: list[tuple[str, Callable[[], str]]] = [
        ("equal by value", lambda: _equal(law, skeleton)),
        ("traits", lambda: _traits(law, skeleton)),
        ("shapes", tried.shapes),
        ("rest", tried.rest),
        ("tangent", tried.tangent),
        ("symmetry", tried.symmetry),
    ]
    if law.traits().energy:
        cases.append(("energy", tried.potential))
    if law.traits().finite:
        cases.append(("rotation", tried.rotation))
    return Conformance(type(law).__name__, tuple(case(name, check) for name, check in cases))


def _equal(law, skeleton):
    hold(hash(skeleton) == hash(split(law)[0]), "its skeleton has no constant hash")
    hold(skeleton == split(law)[0], "two skeletons of it differ: it is no frozen dataclass")
    return "the same law is equal to itself without its numbers"


def _traits(law, skeleton):
    hold(skeleton.traits() == law.traits(), "its traits depend on its numbers")
    return str(law.traits())


class _Tried:
    """A law with its constants as arrays, and what is compiled of it."""

    def __init__(self, law: Law, strain: float, dimension: int, seed: int):
        self.law, self.strain, self.d = law, strain, dimension
        self.c = law.components(dimension)
        skeleton, numbers = split(law)
        constants = evaluate(skeleton, numbers, _Parameters((), np.zeros(0)))
        self.rng = np.random.default_rng(seed)

        def dual(g, state):
            filled = fill(skeleton, constants)
            (P, b, *_), new = filled.dual(self._point(g), state)
            return jnp.concatenate([P, b[:, None]], 1), new

        self.dual = jax.jit(dual)
        self.slope = jax.jit(jax.jacfwd(lambda g, state: dual(g, state)[0]))
        self.energy_slope = jax.jit(
            jax.grad(lambda g: fill(skeleton, constants).energy(self._point(g)))
        )

    def _point(self, g):
        return Point(g[:, -1], g[:, :-1], jnp.arange(1.0, self.d + 1), 1.0, 0.5)

    def gradient(self, size=1.0):
        """A gradient, and values in the last column, of the asked size."""
        return size * self.strain * self.rng.uniform(-1, 1, (self.c, self.d + 1))

    def states(self):
        """The start, and the state after a stretch that a law with history does not forget."""
        start = jax.tree.map(jnp.asarray, self.law.start())
        yield start
        if self.law.traits().history:
            yield self.dual(self.gradient(1.0), start)[1]

    def shapes(self):
        """Shapes of dual and state."""
        for state in self.states():
            d, new = self.dual(self.gradient(), state)
            hold(d.shape == (self.c, self.d + 1), f"its dual has the shape {d.shape}")
            same = jax.tree.structure(new) == jax.tree.structure(state)
            hold(same, "the new state is built otherwise than the one at the start")
            hold(bool(jnp.isfinite(d).all()), "its dual is not finite")
        return f"dual [{self.c}, {self.d} + 1]"

    def rest(self):
        """No gradient, nothing that acts, and nothing that is not a number."""
        zero = np.zeros((self.c, self.d + 1))
        start = next(self.states())
        d, slope = self.dual(zero, start)[0], self.slope(zero, start)
        hold(bool(jnp.isfinite(slope).all()), "its tangent at rest is not finite")
        size = self.strain * np.abs(np.asarray(slope)).max()
        acts = np.abs(np.asarray(d)).max()
        hold(acts <= SAME * size, f"at rest it acts with {acts:.2g}")
        return "nothing acts"

    def tangent(self):
        """Against differences, from each state."""
        worst = 0.0
        for state in self.states():
            g, along = self.gradient(0.7), self.gradient()
            along = along / np.linalg.norm(along)

            def at(h, g=g, along=along, state=state):
                return np.asarray(self.dual(g + h * along, state)[0])

            h = STEP * self.strain
            wide, narrow = ((at(s) - at(-s)) / (2 * s) for s in (h, h / 2))
            slope = np.asarray(jnp.tensordot(self.slope(g, state), along, 2))
            size = np.abs(slope).max()
            worst = max(worst, np.abs((4 * narrow - wide) / 3 - slope).max() / size)
        hold(worst < SLOPES, f"its tangent is off by {worst:.1e} of the largest entry")
        return f"{worst:.1e}"

    def symmetry(self):
        """As its traits say."""
        found = True
        for state in self.states():
            n = self.c * (self.d + 1)
            K = np.asarray(self.slope(self.gradient(0.7), state)).reshape(n, n)
            found &= np.abs(K - K.T).max() <= 1e-9 * np.abs(K).max()
        hold(found or not self.law.traits().symmetric, "its tangent is not symmetric")
        return "symmetric" if found else "not symmetric"

    def potential(self):
        """P and b are derivatives of the energy."""
        g = self.gradient()
        d = np.asarray(self.dual(g, next(self.states()))[0])
        gap = np.abs(np.asarray(self.energy_slope(g)) - d).max() / np.abs(d).max()
        hold(gap < SAME, f"its dual and the derivative of its energy differ by {gap:.1e}")
        return f"{gap:.1e}"

    def rotation(self):
        """P(QF) = Q P(F)."""
        g = self.gradient()
        if self.law.traits().uses_value and self.c == self.d:
            return "not tried: what turns in the section is no rotation of the ring"
        F = np.eye(self.d) + g[:, :-1]
        angle = 0.7
        Q = np.eye(self.d)
        Q[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        turned = np.column_stack([Q @ F - np.eye(self.d), g[:, -1]])
        start = next(self.states())
        one, other = (np.asarray(self.dual(each, start)[0])[:, :-1] for each in (g, turned))
        gap = np.abs(Q @ one - other).max() / np.abs(one).max()
        hold(gap < 1e-9, f"a rotation changes what it says by {gap:.1e}")
        return f"{gap:.1e}"
