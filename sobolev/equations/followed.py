"""The label that arrives at a place: x = X + d(X, t), solved for X inside of JAX."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from sobolev._base.compiled import STEPS, compiled

LEAST = 1e-2  # of J = ∂x/∂X: below, characteristics cross, or would but for a little viscosity
STEP, STEPS_AT_MOST = 4 * np.finfo(float).eps, 100
MET = 1e-9  # of the largest number in x = X + d: what is worse has no solution


class Followed(eqx.Module):
    """u(x, t) of one point, for `Eulerian`."""

    of_labels: Callable[[Float[Array, " d"]], Float[Array, " q"]]
    place: int = eqx.field(static=True)
    displacement: int = eqx.field(static=True)
    periodic: bool = eqx.field(static=True)
    labels: Float[Array, " 3"]  # their ends, and the period or what is between
    box: Float[Array, "2 d"]

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The state; not a number, nor its derivatives, where there is none."""
        X = self.label(x)
        J, met, known = self.judged(*jax.lax.stop_gradient((x, X)))
        y, k = self._at(X, x), self.displacement
        state = jnp.concatenate([y[:k], y[k + 1 :]])
        return state * jnp.where((J >= LEAST) & met & known, 1.0, jnp.nan)

    def label(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        """X, with derivatives of any order by the implicit function theorem."""
        return jax.lax.custom_root(
            lambda X: self._place_of(X, x) - x[self.place],
            jax.lax.stop_gradient(x[self.place]),
            lambda f, start: self._root(f, start),
            lambda f, y: y / f(jnp.ones_like(y)),
        )

    def judged(
        self, x: Float[Array, " d"], X: Float[Array, ""]
    ) -> tuple[Float[Array, ""], Bool[Array, ""], Bool[Array, ""]]:
        """J at X, whether x = X + d(X, t), and whether the other inputs are in the box."""
        at, one = x[self.place], jnp.ones_like(X)
        there, J = jax.jvp(lambda X: self._place_of(X, x), (X,), (one,))
        size = jnp.abs(X) + jnp.abs(at) + self.labels[2]
        room = 1e-9 * (self.box[1] - self.box[0])
        inside = (x >= self.box[0] - room) & (x <= self.box[1] + room)
        return J, jnp.abs(there - at) <= MET * size, inside.at[self.place].set(True).all()

    def _at(self, X: Float[Array, ""], x: Float[Array, " d"]) -> Float[Array, " q"]:
        """All that the surrogate knows of a label at the other inputs of x."""
        return self.of_labels(x.at[self.place].set(X))

    def _place_of(self, X: Float[Array, ""], x: Float[Array, " d"]) -> Float[Array, ""]:
        return X + self._at(X, x)[self.displacement]

    def _root(self, f: Callable, at: Float[Array, ""]) -> Float[Array, ""]:
        """Where f, which grows, is 0: Newton's steps, or half of the bracket that is left."""
        low, high, width = self.labels
        start = jnp.clip(at, low, high) if not self.periodic else at
        X = start - f(start)
        if self.periodic:  # d varies by less than a period, or characteristics would cross
            low, high = X - width, X + width
        X = jnp.clip(X, low, high)

        def step(state):
            low, high, X, _, n = state
            off, J = jax.jvp(f, (X,), (jnp.ones_like(X),))
            low, high = jnp.where(off <= 0, X, low), jnp.where(off >= 0, X, high)
            new = X - off / J
            new = jnp.where((new >= low) & (new <= high), new, low / 2 + high / 2)
            return low, high, new, jnp.abs(new - X), n + 1

        def more(state):
            _, _, X, last, n = state
            return (last > STEP * (jnp.abs(X) + width)) & (n < STEPS_AT_MOST)

        begin = low, high, X, jnp.full_like(X, jnp.inf), 0
        return jax.lax.while_loop(more, step, begin)[2]


@compiled(STEPS)
def judged_at(followed: Followed, x: Float[Array, "n d"]) -> tuple:
    """X and what `followed.judged` says of it, at rows."""
    X = jax.vmap(followed.label)(x)
    return X, *jax.vmap(followed.judged)(x, X)
