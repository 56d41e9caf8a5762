"""Quasi-Newton methods with a dense inverse Hessian: self-scaled Broyden, and BFGS."""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from sobolev.optimisers.optimiser import when
from sobolev.optimisers.quasi_newton.loss_scales import LossScale
from sobolev.optimisers.quasi_newton.quasi_newton import Change, QuasiNewton

PENDING = 32  # updates that are kept as pairs of vectors before H₀ takes them up


class Inverse(NamedTuple):
    """H = c (H₀ + AᵀB): the last `pairs` updates are two rows each of A and B.

    A rank-two update of H itself reads and writes P² numbers; 32 of them together are one matrix
    product. So a step costs little more than the product H₀g.
    """

    H0: Float[Array, "P P"]
    A: Float[Array, "m P"]
    B: Float[Array, "m P"]
    c: Float[Array, ""]
    pairs: Int[Array, ""]
    first: Bool[Array, ""]


class Weights(NamedTuple):
    """H⁺ = (H − Hy yᵀH/(y·Hy) + φvvᵀ)/τ + ssᵀ/(y·s), v = √(y·Hy) (s/(y·s) − Hy/(y·Hy))."""

    φ: Float[Array, ""]
    τ: Float[Array, ""]


class Dense(eqx.Module):
    """The Broyden family with self-scaling: `rule(b, h, P)` gives φ and τ of an update.

    b = s·H⁻¹s/(y·s) and h = y·Hy/(y·s). Memory: P² + 4·32·P numbers.
    """

    rule: Callable[[Array, Array, int], Weights] = eqx.field(static=True)

    def init(self, θ: Float[Array, " P"]) -> Inverse:
        """H = I."""
        P = len(θ)
        rows = jnp.zeros((2 * PENDING, P), θ.dtype)
        one, none, yes = jnp.ones((), θ.dtype), jnp.zeros((), int), jnp.ones((), bool)
        return Inverse(jnp.eye(P, dtype=θ.dtype), rows, rows, one, none, yes)

    def update(
        self, memory: Inverse, change: Change, restart: Array
    ) -> tuple[Float[Array, " P"], Inverse, Bool[Array, ""]]:
        """One product with H₀; the next direction follows from the pairs of vectors."""
        # Written so that H₀ is multiplied once a step, by g: P² numbers are read once, and that is
        # what a step costs. Everything else that the update asks of H follows from vectors at hand.
        H0, A, B, c, pairs, first = memory
        s, y, d, α, g, valid = change
        ys, yy = y @ s, y @ y
        # H⁺ is positive definite only if y·s > 0. The second Wolfe condition grants it, but for
        # round-off and a search that ended early; a y·s that is round-off makes 1/(y·s) anything.
        learn = valid & ~restart & (ys > jnp.finfo(s.dtype).eps * jnp.sqrt(yy * (s @ s)))
        # The identity takes the length of the inverse Hessian along the first step (Nocedal &
        # Wright, eq. 6.20): I itself has no scale, and the first directions would keep its own.
        c = jnp.where(first & learn, ys / yy, c)
        # AᵀBg is taken as BᵀAg: each pair of rows of A times those of B is [s Hy] M [s Hy]ᵀ with a
        # symmetric M (below), so AᵀB is symmetric.
        Hg = c * (H0 @ g + (A @ g) @ B)
        # Hy = Hg − Hg₀, and Hg₀ is the last direction turned round. Of the identity with its new c
        # the last direction knows nothing.
        Hy = jnp.where(first, c * y, Hg + d)
        yHy = y @ Hy
        # s = αd = −αHg₀, hence H⁻¹s = −αg₀ = −α(g − y): no H⁻¹ is needed for b = s·H⁻¹s/(y·s).
        b = jnp.where(first, s @ s / (c * ys), -α * (s @ (g - y)) / ys)
        # Whatever φ and τ are, H⁺y = s: v·y = 0, and H − Hy yᵀH/(y·Hy) takes y to 0. They are free,
        # and a rule chooses them for the condition of H.
        φ, τ = self.rule(b, yHy / ys, len(s))
        # H⁺ = H/τ + [s Hy] M [s Hy]ᵀ: `Weights`' formula multiplied out, M the symmetric matrix of
        # ss, sh, hh. So the update is two rows of A, s and Hy, and two rows of B, u and v.
        ss = 1 / ys + φ * yHy / (τ * ys**2)
        sh, hh = -φ / (τ * ys), (φ - 1) / (τ * yHy)
        # One entry that is no number would stay in H for ever; an update left out costs little.
        learn = learn & jnp.isfinite(ss + sh + hh) & (τ > 0)
        u, v = ss * s + sh * Hy, sh * s + hh * Hy
        # The next direction without H⁺, which is perhaps never formed.
        Hg = jnp.where(learn, Hg / τ + s * (u @ g) + Hy * (v @ g), Hg)
        Hg = jnp.where(restart, g, Hg)
        # All that H was is divided by τ, and that is one number. It comes before the new rows join,
        # as those have τ in them already and are kept divided by the c that will multiply them.
        c = jnp.where(learn, c / τ, c)
        return Hg, _flushed(H0, A, B, c, pairs, first, learn, restart, (s, Hy), (u, v)), learn

    def kept(self, memory: Inverse) -> tuple[Inverse, Bool[Array, ""]]:
        """H made symmetric, and positive definite by Cholesky, else I. Cost: P³/3 flop."""
        whole = taken_up(memory)
        H0 = 0.5 * (whole.H0 + whole.H0.T)  # rounding has made it a little less than that
        # Where no change was learnt yet H is the identity, and has no length of its own.
        good = jnp.all(jnp.isfinite(jnp.linalg.cholesky(H0)))
        H0 = jnp.where(good, H0, jnp.eye(len(H0), dtype=H0.dtype))
        return whole._replace(H0=H0, first=memory.first | ~good), good


def taken_up(memory: Inverse) -> Inverse:
    """The pairs in H₀, and none left."""
    # c goes into H₀ with the pairs: left outside, the product of all τ would run away.
    H0 = memory.c * (memory.H0 + memory.A.T @ memory.B)
    empty = jnp.zeros_like(memory.A)
    one, none = jnp.ones_like(memory.c), jnp.zeros_like(memory.pairs)
    return Inverse(H0, empty, empty, one, none, memory.first)


def _flushed(H0, A, B, c, pairs, first, learn, restart, left, right) -> Inverse:
    """The memory with one more pair of rows, taken up into H₀ when there are 32.

    The rows of a change that is not learnt are zero, add nothing and are written over by the next:
    there is no branch in which the shapes differ. Divided by c, as H = c(H₀ + AᵀB).
    """
    at = (2 * pairs, 0)
    left = jnp.asarray(jnp.where(learn, jnp.stack(left), 0.0))
    right = jnp.asarray(jnp.where(learn, jnp.stack(right) / c, 0.0))
    A = jax.lax.dynamic_update_slice(A, left, at)
    B = jax.lax.dynamic_update_slice(B, right, at)
    pairs = pairs + learn

    def flush(m: Inverse) -> Inverse:
        m = taken_up(m)
        return m._replace(H0=jnp.where(restart, jnp.eye(len(m.H0), dtype=m.H0.dtype), m.H0))

    # After a restart H is an identity without a length again, and the next change gives it one.
    memory = Inverse(H0, A, B, c, pairs, (first & ~learn) | restart)
    return when((pairs == PENDING) | restart, flush, memory)


def _bfgs(b: Array, h: Array, P: int) -> Weights:
    del h, P
    return Weights(jnp.ones_like(b), jnp.ones_like(b))


def _self_scaled(b: Array, h: Array, P: int) -> Weights:
    """θ between its bounds as near to (1 − b)/b as may be; φ = (1 − θ)/(1 + aθ), a = bh − 1.

    θ is the member of the family in terms of H⁻¹ (0 BFGS, 1 DFP), φ the same in terms of H.
    Without τ det H⁻¹ grows by (1 + aθ)/b = σ/b in an update. τ ≤ 1 takes from H⁻¹ what b says is
    too much of it (b > 1: H⁻¹ is larger along s than the loss is curved); σ^(−1/(P − 1)) spreads
    what the choice of θ adds over the P − 1 other directions.
    """
    # By Cauchy and Schwarz a ≥ 0, and 0 where Hy is parallel to s; it is divided by, and its root
    # is taken, so it must not be round-off at or below 0.
    a = jnp.maximum(h * b - 1, jnp.finfo(b.dtype).eps)
    # For a beyond 1e16 the bracket is 0 to round-off. σ may then be 0 and φ no number, which
    # `update` looks for.
    ϱ = jnp.minimum(1.0, h * (1 - jnp.sqrt(a / (1 + a))))
    low, high = (ϱ - 1) / a, 1 / ϱ  # σ ≥ ϱ > 0, without which H⁺ is not positive definite
    θ = jnp.clip((1 - b) / b, low, high)
    σ = 1 + θ * a
    spread = σ ** (-1 / (P - 1)) if P > 1 else jnp.ones_like(σ)
    # τ ≤ 1 in both cases (θ > 0 means σ > 1, so spread ≤ 1; else σ ≤ 1): H only ever grows by it.
    scale = jnp.minimum(1.0, 1 / b)
    τ = jnp.where(θ > 0, scale * jnp.minimum(spread, 1 / θ), jnp.minimum(scale * spread, σ))
    return Weights((1 - θ) / σ, τ)


def SSBroyden(hold: int = 50, scale: LossScale | None = None) -> QuasiNewton:
    """Self-scaled Broyden: the default for full batches, up to about 4000 parameters.

    Of the Broyden family each update takes the member and the scaling that keep H well conditioned,
    so that it forgets the curvature of far away. It needs gradients alone, so every term, weighting
    and network works with it. An epoch is one step and about one evaluation. Memory: P² numbers; a
    step costs 4P² flop beside the evaluation. Weights that are not fixed are held for `hold` steps.
    `scale`: `SquareRoot()` or `Logarithm()` of the loss in its place.

    Source: Al-Baali & Khalfan, Sultan Qaboos Univ. J. Sci. 17, 2012; Urbán, Stefanou & Pons, J.
    Comput. Phys. 523, 2025 (arXiv 2405.04230), eq. 9 to 16.

    ```python
    fit(surrogate, train, optimiser=SSBroyden(), epochs=5000)
    ```
    """
    return QuasiNewton(Dense(_self_scaled), hold, scale)


def BFGS(hold: int = 50, scale: LossScale | None = None) -> QuasiNewton:
    """Broyden, Fletcher, Goldfarb & Shanno's method: the member φ = 1 without scaling.

    For comparison; `SSBroyden` is ahead of it. Source: Nocedal & Wright, Numerical optimization,
    2006, eq. 6.17.
    """
    return QuasiNewton(Dense(_bfgs), hold, scale)
