"""The source term of a gas from learnt rates of progress: thermodynamics and elements exact."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from sobolev._base.arguments import positive
from sobolev._base.errors import ConfigError
from sobolev._base.precision import require_x64
from sobolev.box import Box
from sobolev.dynamics.reactions.reactions import at_least_zero, below_zero, check_progress
from sobolev.function.by_jax import ByJax
from sobolev.sources.mechanism import GAS, Mechanism
from sobolev.sources.progress import FLOOR, signed_logarithms


@dataclass(frozen=True, eq=False)
class SourceTerm(ByJax):
    """dy/dt of a homogeneous gas, y = (Y, T), from ln q(ln Y, 1000/T) of its reactions.

    With the forward rates of progress q that a function says, all else is exact, and so are the
    derivatives of all of it by automatic differentiation:

        ω = N q (1 − e^(−A/RT)),    A/RT = −Nᵀ(g°/RT + ln(C RT/P°)),    dY/dt = ω W/ρ,

    and dT/dt = −Σ h ω/(ρ c_p) at constant pressure, −Σ u ω/(ρ c_v) at constant density. So whatever
    is learnt, elements and enthalpy (energy) stay, forward rates are positive, and the equilibrium
    is the right one. Below zero, where an integrator may be, rates go on straight in what they
    take. A net rate near partial equilibrium is wrong by as much as q is, relatively; were q of
    both directions learnt, it would be wrong by a thousand times as much.

    **Arguments:** `progress`: a `Function` by JAX of (ln Y_1, …, ln Y_n, 1000/T), such as a
    surrogate of `sources.Progress`; `mechanism`: the numbers; `pressure` in Pa or `density` in
    kg/m³, the one that `progress` was learnt at; `floor` ε of the mass fractions, which enter as
    `signed_logarithms`; `box`. Raises `ConfigError`, `PrecisionError`.

    Source: R. J. Kee, M. E. Coltrin, P. Glarborg, Chemically Reacting Flow (2003), chapters 9, 16.

    ```python
    source = SourceTerm(surrogate, Mechanism.load("h2o2.npz"), pressure=101325.0)
    run = integrate(source, start, 1e-3, atol=1e-12)
    ```
    """

    progress: ByJax
    mechanism: Mechanism
    pressure: float | None = None
    density: float | None = None
    floor: float = FLOOR
    box: Box | None = None

    remedy = "the state is no gas, or too far from what was learnt. Leave the row out."

    def __post_init__(self):
        require_x64("a source term")
        if (self.pressure is None) == (self.density is None):
            raise ConfigError("give the pressure or the density, whichever stays the same.")
        name = "density" if self.pressure is None else "pressure"
        positive(f"the {name}", getattr(self, name))
        positive("the floor", self.floor)
        s, r = self.mechanism.stoichiometry.shape
        check_progress(self.progress, s + 1, r, "the logarithms of the mass fractions and 1000/T")

    @property
    def inputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """The species, then T."""
        return (*self.mechanism.species, "T")

    @property
    def input_units(self) -> tuple[str, ...]:  # type: ignore[override]
        """Mass fractions have none."""
        return ("",) * len(self.mechanism.species) + ("K",)

    @property
    def outputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """The rates."""
        return tuple(f"d{name}/dt" for name in self.inputs)

    @property
    def output_units(self) -> tuple[str, ...]:  # type: ignore[override]
        """Per second."""
        return ("1/s",) * len(self.mechanism.species) + ("K/s",)

    def pure(self) -> Callable[[Float[Array, " d"]], Float[Array, " d"]]:
        """The rates as a pytree."""
        return self._pure

    @cached_property
    def _pure(self) -> "_Source":
        """Made once: an integrator asks one state at a time."""
        of, held = self.mechanism, self.density if self.pressure is None else self.pressure
        return _Source(
            self.progress.pure(), jnp.asarray(of.stoichiometry), jnp.asarray(of.reversible),
            jnp.asarray(of.masses), jnp.asarray(of.middle), jnp.asarray(of.high),
            jnp.asarray(of.low), jnp.asarray(of.standard), jnp.asarray(held, float),
            self.floor, self.pressure is None,
        )  # fmt: skip


class _Source(eqx.Module):
    """y ↦ dy/dt."""

    progress: Callable
    stoichiometry: Float[Array, "s r"]
    reversible: Bool[Array, " r"]
    masses: Float[Array, " s"]
    middle: Float[Array, " s"]
    high: Float[Array, "s 7"]
    low: Float[Array, "s 7"]
    standard: Float[Array, ""]
    held: Float[Array, ""]  # pressure or density
    floor: float = eqx.field(static=True)
    of_density: bool = eqx.field(static=True)

    def __call__(self, y: Float[Array, " d"]) -> Float[Array, " d"]:
        Y, T = y[:-1], y[-1]
        W, N = self.masses, self.stoichiometry
        per_mass = jnp.sum(Y / W)
        ρ = self.held if self.of_density else self.held / (GAS * T * per_mass)
        heat, enthalpy, gibbs = self._thermodynamics(T)
        logarithms = signed_logarithms(at_least_zero(Y), self.floor)
        q = jnp.exp(self.progress(jnp.append(logarithms, 1000 / T)))
        pressures = logarithms + jnp.log(ρ * GAS * T / (W * self.standard))
        affinity = -(gibbs + pressures) @ N
        back = jnp.asarray(jnp.where(self.reversible, -affinity, -jnp.inf))  # e^−∞: none goes back
        ahead, behind = (below_zero(Y, jnp.maximum(n, 0), self.floor) for n in (-N, N))
        net = -jnp.expm1(back) + ahead - jnp.exp(back) * behind
        ω = N @ (q * net)
        off = 1.0 if self.of_density else 0.0  # u = h − RT, c_v = c_p − R
        c = jnp.sum(Y / W * (heat - off))
        warm = -T * jnp.sum((enthalpy - off) * ω) / (ρ * c)
        return jnp.append(W * ω / ρ, warm)

    def _thermodynamics(self, T: Float[Array, ""]) -> tuple[Array, Array, Array]:
        """c_p/R, h/RT and g°/RT of each species."""
        a = jnp.where((T > self.middle)[:, None], self.high, self.low)
        powers = T ** jnp.arange(5.0)
        heat = a[:, :5] @ powers
        enthalpy = a[:, :5] @ (powers / jnp.arange(1.0, 6.0)) + a[:, 5] / T
        over = jnp.concatenate([jnp.log(T)[None], powers[1:] / jnp.arange(1.0, 5.0)])
        return heat, enthalpy, enthalpy - a[:, :5] @ over - a[:, 6]
