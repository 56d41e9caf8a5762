"""L-BFGS with a strong Wolfe line search, for networks too large for a dense matrix."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular
from jaxtyping import Array, Bool, Float

from sobolev._base.arguments import whole
from sobolev.optimisers.optimiser import keep_if
from sobolev.optimisers.quasi_newton.loss_scales import LossScale
from sobolev.optimisers.quasi_newton.quasi_newton import Change, QuasiNewton


class Pairs(NamedTuple):
    """The last changes, oldest first, rows of 0 where there is none yet, and their products."""

    S: Float[Array, "m P"]
    Y: Float[Array, "m P"]
    SY: Float[Array, "m m"]
    YY: Float[Array, "m m"]
    γ: Float[Array, ""]


class Limited(eqx.Module):
    """H from the last `memory` changes, in the compact form: two products with [S; Y] a step.

    H = γI + [S γY] [[R⁻ᵀ(D + γYYᵀ)R⁻¹, −R⁻ᵀ], [−R⁻¹, 0]] [S γY]ᵀ, R the upper triangle of SYᵀ,
    D its diagonal, γ = s·y/(y·y) of the newest change. Source: Byrd, Nocedal & Schnabel,
    Mathematical Programming 63, 1994, eq. 3.1.
    """

    memory: int = eqx.field(static=True)

    def init(self, θ: Float[Array, " P"]) -> Pairs:
        """No changes: H = I."""
        m = self.memory
        rows, products = jnp.zeros((m, len(θ)), θ.dtype), jnp.zeros((m, m), θ.dtype)
        return Pairs(rows, rows, products, products, jnp.ones((), θ.dtype))

    def update(
        self, memory: Pairs, change: Change, restart: Array
    ) -> tuple[Float[Array, " P"], Pairs, Bool[Array, ""]]:
        """The newest change in, the oldest out, then H⁺g."""
        s, y, g = change.s, change.y, change.g
        sy, yy = s @ y, y @ y
        learn = change.valid & ~restart & (sy > jnp.finfo(s.dtype).eps * jnp.sqrt(yy * (s @ s)))
        # The products SYᵀ and YYᵀ are kept beside the rows: three products of a matrix with a
        # vector renew them, where anew they would take 2m.
        S, Y = _pushed(memory.S, s), _pushed(memory.Y, y)
        SY = _bordered(memory.SY, S @ y, Y @ s)
        YY = _bordered(memory.YY, Y @ y, Y @ y)
        # The length of the inverse Hessian along the newest step (Nocedal & Wright, eq. 7.20).
        γ = sy / jnp.where(yy > 0, yy, 1.0)
        memory = keep_if(learn, Pairs(S, Y, SY, YY, γ), memory)
        empty = jax.tree.map(jnp.zeros_like, memory)._replace(γ=jnp.ones_like(γ))
        memory = keep_if(restart, empty, memory)
        return _times(memory, g), memory, learn

    def kept(self, memory: Pairs) -> tuple[Pairs, Bool[Array, ""]]:
        """As it is: changes with y·s > 0 make nothing that is not positive definite."""
        return memory, jnp.ones((), bool)


def _pushed(rows: Array, row: Array) -> Array:
    return jnp.concatenate([rows[1:], row[None]])


def _bordered(products: Array, column: Array, row: Array) -> Array:
    """The products of the new rows: the old ones up and to the left, with a new last row."""
    kept = jnp.pad(products[1:, 1:], ((0, 1), (0, 1)))
    return kept.at[:, -1].set(column).at[-1].set(row)


def _times(memory: Pairs, g: Array) -> Array:
    S, Y, SY, YY, γ = memory
    diagonal = jnp.diag(SY)
    # Rows without a change are 0 in R as well. A 1 on its diagonal makes their a and b 0 instead of
    # 0/0, and the code is the same however many changes there are.
    R = jnp.triu(SY) + jnp.diag(jnp.where(diagonal > 0, 0.0, 1.0))
    Sg, Yg = S @ g, Y @ g
    # a = R⁻¹Sg, and b = R⁻ᵀ((D + γYYᵀ)a − γYg) is the first row of the inner matrix times
    # [Sg; γYg]; the second is −a. Solved, not inverted: R is badly conditioned when steps repeat.
    a = solve_triangular(R, Sg)
    b = solve_triangular(R, diagonal * a + γ * (YY @ a) - γ * Yg, trans=1)
    return γ * g + b @ S - γ * (a @ Y)


def LBFGS(memory: int = 30, hold: int = 50, scale: LossScale | None = None) -> QuasiNewton:
    """Limited-memory BFGS: for full batches and more parameters than a dense matrix allows.

    Memory: 2·`memory`·P numbers; a step costs 8·`memory`·P flop beside one evaluation. Weights that
    are not fixed are held for `hold` steps. `scale` as of `SSBroyden`. Raises `ConfigError`.
    Source: Liu & Nocedal, Mathematical Programming 45, 1989.

    ```python
    fit(surrogate, train, optimiser=LBFGS(), epochs=5000)
    ```
    """
    kept = whole("the memory of L-BFGS", memory, 1, " of steps")
    return QuasiNewton(Limited(kept), hold, scale)
