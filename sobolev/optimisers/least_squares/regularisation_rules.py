"""How much a Newton step is regularised by the norm of the gradient: rules, and one trial step.

A trial is a plain function of a function's value, gradient and (approximate) Hessian, so that it
also minimises what is no loss of a network.
"""

import abc
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
from jax.scipy.linalg import cho_solve, solve_triangular
from jaxtyping import Array, Bool, Float

SMALLEST, LARGEST = 1e-300, 1e300  # of γ


class Seen(NamedTuple):
    """What a rule decides by: norms in the metric B or dual to it.

    `fall` f − f⁺; `λ`; the squared length `step` ‖δ‖²_B; the squared gradient at the end, `slope`
    ‖g⁺‖²_*.
    """

    fall: Float[Array, ""]
    λ: Float[Array, ""]
    step: Float[Array, ""]
    slope: Float[Array, ""]


class Rule(abc.ABC):
    """λ from the norm of the gradient and an estimate γ, which moves with every trial."""

    @abc.abstractmethod
    def damping(self, norm: Array, γ: Array) -> Float[Array, ""]:
        """λ where the gradient has this norm ‖g‖_*."""

    @abc.abstractmethod
    def enough(self, seen: Seen) -> Bool[Array, ""]:
        """Whether f fell by enough; False where anything is no number."""

    @abc.abstractmethod
    def after(self, accept: Array, γ: Array) -> Float[Array, ""]:
        """The next γ."""


@dataclass(frozen=True)
class Semenov(Rule):
    """λ = ‖g‖_*/γ; taken if f − f⁺ ≥ ‖g⁺‖²_*/(8λ), then γ is doubled, else halved.

    γ is a length: within it the Hessian is as good as the gradient is large. The rule needs no
    number of the function and adapts to how smooth it is (Hölder) and to how rough the
    approximation of its Hessian is. The published code adds 1e-8 to γ and takes the 41st trial
    whatever it is; here γ may become as small as it must, and f never rises. Source: Semenov, Jaggi
    & Doikov, arXiv 2506.13710, algorithm 1, and their code.
    """

    def damping(self, norm: Array, γ: Array) -> Float[Array, ""]:
        """‖g‖_*/γ."""
        return norm / γ

    def enough(self, seen: Seen) -> Bool[Array, ""]:
        """f − f⁺ ≥ ‖g⁺‖²_*/(8λ)."""
        return (seen.fall >= seen.slope / (8 * seen.λ)) & (seen.fall > 0)

    def after(self, accept: Array, γ: Array) -> Float[Array, ""]:
        """2γ or γ/2."""
        return jnp.where(accept, jnp.maximum(2 * γ, 1e-9), γ / 2)


@dataclass(frozen=True)
class Mishchenko(Rule):
    """λ = √(γ ‖g‖_*); taken if f − f⁺ ≥ ¼λ‖δ‖²_B, then γ is quartered, else taken times four.

    γ is a Lipschitz constant of the Hessian, and the rule is made for functions that have one.
    Source: Mishchenko, SIAM J. Optim. 33, 2023.
    """

    def damping(self, norm: Array, γ: Array) -> Float[Array, ""]:
        """√(γ ‖g‖_*)."""
        return jnp.sqrt(γ * norm)

    def enough(self, seen: Seen) -> Bool[Array, ""]:
        """f − f⁺ ≥ ¼λ‖δ‖²_B."""
        # With g = −(G + λB)δ the model of f falls by ½δᵀGδ + λδᵀBδ, so by λ‖δ‖²_B at least: a
        # quarter of that is asked for.
        return (seen.fall >= 0.25 * seen.λ * seen.step) & (seen.fall > 0)

    def after(self, accept: Array, γ: Array) -> Float[Array, ""]:
        """γ/4 or 4γ."""
        return jnp.where(accept, γ / 4, 4 * γ)


class Tried(NamedTuple):
    """One trial: where it led, f there, the next γ, whether it is to be taken, and whether no
    further one can gain anything."""

    θ: Float[Array, " P"]
    f: Float[Array, ""]
    γ: Float[Array, ""]
    accept: Bool[Array, ""]
    over: Bool[Array, ""]


def tried(
    rule: Rule,
    function: Callable[[Array], tuple[Array, Array]],
    θ: Float[Array, " P"],
    f: Float[Array, ""],
    g: Float[Array, " P"],
    G: Float[Array, "P P"],
    B: Float[Array, "P P"] | None,
    γ: Float[Array, ""],
) -> Tried:
    """θ + δ with (G + λB) δ = −g, judged by the rule.

    `function(θ) → (f, g)`; G approximates the Hessian at θ, B is the metric, None for the identity.
    A caller goes to `Tried.θ` where it is accepted, and tries again from θ with the next γ where it
    is not: f never rises.

    ```python
    both = jax.value_and_grad(f)
    step = tried(Semenov(), both, θ, *both(θ), jax.hessian(f)(θ), None, jnp.asarray(1.0))
    ```
    """
    metric = jnp.eye(len(θ), dtype=θ.dtype) if B is None else B
    factor = None if B is None else jnp.linalg.cholesky(B)

    def dual(g: Array) -> Array:
        # With B = LLᵀ the dual norm is gᵀB⁻¹g = |L⁻¹g|²: one triangular solve, no inverse.
        return g if factor is None else solve_triangular(factor, g, lower=True)

    λ = rule.damping(jnp.linalg.norm(dual(g)), γ)
    δ = -cho_solve((jnp.linalg.cholesky(G + λ * metric), True), g)
    f_new, g_new = function(θ + δ)
    # Written with NaN in mind: what is no number compares as False. Without regularisation left the
    # matrix may be singular to round-off, and δ is then NaN: that asks for more of it only.
    seen = Seen(f - f_new, λ, δ @ (metric @ δ), jnp.sum(dual(g_new) ** 2))
    accept = rule.enough(seen)
    small = jnp.linalg.norm(δ) <= 4 * jnp.finfo(θ.dtype).eps * jnp.linalg.norm(θ)
    γ = jnp.clip(rule.after(accept, γ), SMALLEST, LARGEST)
    stuck = ~accept & ((γ >= LARGEST) | (γ <= SMALLEST))
    return Tried(θ + δ, f_new, γ, accept, small | ~jnp.any(g != 0) | stuck)
