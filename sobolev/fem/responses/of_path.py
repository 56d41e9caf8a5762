"""What is asked of a path as a whole: its load factor, its limit load, the work on the way."""

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Float

from sobolev.fem._arrays import AnyArray
from sobolev.fem.responses.fields import Fields
from sobolev.fem.responses.quantities import energy_density
from sobolev.fem.responses.response import Asks, Places, Response


@dataclass(frozen=True)
class LoadFactor(Response):
    """The factor λ of all loads and prescribed values, where a control of the path finds it."""

    asks = Asks.PATH

    def place(self, where: Places):
        """Nothing."""
        return ()

    def value(self, fields: Fields, placed) -> Float[AnyArray, ""]:
        """λ."""
        return jnp.asarray(fields.progress.factor, float)


@dataclass(frozen=True)
class LimitLoad(Response):
    """The load factor of the first limit point on a path, where it stops to grow.

    It is λ(t*, p) with ∂λ/∂t = 0 along the path, found between two of its steps to round-off; the
    tangent has a null vector φ there, the direction of the path. Its derivative is that of λ at
    fixed t,

        dλ/dp = -ψᵀ R_p / ψᵀ R_λ   (Kᵀ ψ = 0),       d²λ/dp² = λ_pp - λ_pt λ_tp / λ_tt.

    The path needs a displacement or the arc length as its control; a path without a limit point is
    `Diverged`, and so is one that bifurcates before.

    ```python
    responses={"snap": fem.LimitLoad()}
    ```
    """

    asks = Asks.LIMIT

    def place(self, where: Places):
        """Nothing."""
        return ()

    def value(self, fields: Fields, placed) -> Float[AnyArray, ""]:
        """λ, of the solution at the limit point."""
        return jnp.asarray(fields.progress.factor, float)


@dataclass(frozen=True)
class ExternalWork(Response):
    """∫ f · du of all loads and supports along a path: what went into the body.

    The trapezoidal rule over the steps, whose error falls with the square of their length. Less
    the energy that is stored it is the `Dissipation`.
    """

    asks = Asks.WORK

    def place(self, where: Places):
        """Nothing."""
        return ()

    def value(self, fields: Fields, placed) -> Float[AnyArray, ""]:
        """The work so far."""
        return jnp.asarray(fields.progress.work, float)


@dataclass(frozen=True)
class Dissipation(Response):
    """The work of all loads and supports along a path that the body would not give back.

    ∫ f · du - ∫ ψ dV: of J2 ∫ σ_y dα, so that kinematic hardening stores and isotropic hardening
    does not; of creep ∫ σ : dε; of relaxation what the dampers take. Its rule is that of
    `ExternalWork`. Where thermal strains change, heat and work exchange: that is no dissipation,
    and it is refused.
    """

    asks = Asks.WORK

    def place(self, where: Places):
        """All cells."""
        return where.cells("all")

    def value(self, fields: Fields, placed) -> Float[AnyArray, ""]:
        """The difference."""
        stored, volumes = fields.over(energy_density, placed)
        return fields.progress.work - volumes @ stored
