"""Chemical source terms and their exact Jacobian, by Cantera."""

import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import positive, shown
from sobolev._base.errors import ConfigError, DataError, Diverged
from sobolev._base.optional import optional
from sobolev.box import Box
from sobolev.function.derivatives import Derivatives
from sobolev.function.pointwise import Pointwise
from sobolev.sources.mechanism import GAS, Mechanism

COLD = 50.0  # K: below it no mechanism holds, and Cantera may end the process
Slopes = tuple[np.ndarray, Any]


@dataclass(frozen=True, eq=False)
class Kinetics(Pointwise):
    """dy/dt of a homogeneous gas, y = (mass fractions Y_1 … Y_n, temperature T), and ∂(dy/dt)/∂y.

    At constant pressure P, with ρ = P W̄/(R T) and 1/W̄ = Σ Y_k/W_k,

        dY_k/dt = ω_k W_k/ρ,     dT/dt = −Σ h_k ω_k/(ρ c_p);

    at constant density ρ the same with the internal energies u_k = h_k − R T and c_v. Net rates ω
    (kmol/m³/s) and their derivatives by concentrations and temperature are Cantera's, the chain
    rule to y is made here, so the Jacobian is exact for the mechanism. Mass fractions need not add
    up to one; a negative one, as an integrator may make it, counts as none in the rates.

    **Arguments:** `mechanism`: a file that Cantera reads, such as "h2o2.yaml"; `phase` in it;
    `pressure` in Pa or `density` in kg/m³, one of them; `box`: the domain, None without one.
    Raises `ConfigError`, `DataError` for a file that is no mechanism and without Cantera
    (`pip install 'sobolev[kinetics]'`), `Diverged` where there are no rates.

    Source: R. J. Kee, M. E. Coltrin, P. Glarborg, Chemically Reacting Flow (2003), chapter 16;
    D. G. Goodwin et al., Cantera, 10.5281/zenodo.6387882.

    ```python
    gas = Kinetics("h2o2.yaml", pressure=101325.0)
    rate, jacobian = gas.derivatives(gas.state("H2:2, O2:1, N2:3.76", 1200.0))
    ```
    """

    mechanism: str | os.PathLike
    pressure: float | None = None
    density: float | None = None
    phase: str = ""
    box: Box | None = None
    gas: Any = field(default=None, init=False, repr=False)
    numbers: Mechanism = field(default=None, init=False, repr=False)  # type: ignore[assignment]

    order = 1
    told_by_settings = True
    remedy = "the mechanism has no rates there. Leave the row out."

    def __post_init__(self):
        if (self.pressure is None) == (self.density is None):
            raise ConfigError("give the pressure or the density, whichever stays the same.")
        name = "density" if self.pressure is None else "pressure"
        positive(f"the {name}", getattr(self, name))
        cantera = optional("cantera", "a mechanism", "kinetics")
        try:
            gas = cantera.Solution(os.fspath(self.mechanism), self.phase)
        except (cantera.CanteraError, TypeError, ValueError) as error:
            why = [line.strip() for line in str(error).splitlines() if line.strip(" *")]
            raise DataError(
                f"{shown(os.fspath(self.mechanism))} is no mechanism that Cantera reads"
                f"{f' ({why[1]})' if len(why) > 1 else ''}: give a file of its YAML format, or the "
                "name of one that it has, such as h2o2.yaml."
            ) from error
        if not gas.n_reactions:
            raise DataError(
                f"{shown(os.fspath(self.mechanism))} has species and no reactions: give a file of "
                "a mechanism."
            )
        object.__setattr__(self, "gas", gas)
        object.__setattr__(self, "numbers", Mechanism.of(gas))
        if self.box is not None and self.box.names != self.inputs:
            raise ConfigError(
                f"the names of the box must be {', '.join(self.inputs)}: got "
                f"{', '.join(self.box.names)}."
            )

    @property
    def inputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """The species, then T."""
        return (*self.gas.species_names, "T")

    @property
    def input_units(self) -> tuple[str, ...]:  # type: ignore[override]
        """Mass fractions have none."""
        return ("",) * self.gas.n_species + ("K",)

    @property
    def outputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """The rates."""
        return tuple(f"d{name}/dt" for name in self.inputs)

    @property
    def output_units(self) -> tuple[str, ...]:  # type: ignore[override]
        """Per second."""
        return ("1/s",) * self.gas.n_species + ("K/s",)

    def state(self, mixture: str | dict[str, float], temperature: float) -> Float[np.ndarray, " d"]:
        """y of a mixture in mole fractions, as Cantera writes it; `DataError`."""
        try:
            self.gas.TPX = temperature, 101325.0, mixture
        except Exception as error:
            raise DataError(
                f"{shown(mixture)} is no mixture of {', '.join(self.gas.species_names[:8])}, …: "
                "give mole fractions by name, such as 'H2:2, O2:1, N2:3.76'."
            ) from error
        return np.append(self.gas.Y, temperature)

    def elements(self) -> Float[np.ndarray, "e d"]:
        """What of each element a state holds, in kmol/kg: invariants, `elements() @ rate = 0`."""
        return self.numbers.held()

    def solve(self, x: Float[np.ndarray, " d"], order: int = 1) -> Derivatives:
        """Rates and their Jacobian at one state."""
        Y, T = x[:-1], float(x[-1])
        gas, W = self.gas, self.gas.molecular_weights
        ρ = self.put(Y, T)
        ω = gas.net_production_rates
        heat = self.numbers.warming(T)
        # Of each kmol: what is given off, and what it takes to warm it.
        constant_volume = self.pressure is None
        h = gas.partial_molar_enthalpies - (GAS * T if constant_volume else 0.0)
        c_k = gas.partial_molar_cp - (GAS if constant_volume else 0.0)
        c = float((Y / W) @ c_k)
        rate, warm = W / ρ * ω, -float(h @ ω) / (ρ * c)
        value = np.append(rate, warm)
        if order == 0:
            return Derivatives(value)
        (ρ_Y, ρ_T), (C_Y, C_T) = self.chain(Y, T, ρ)
        ω_C = gas.net_production_rates_ddCi
        ω_Y, ω_T = ω_C @ C_Y, gas.net_production_rates_ddT + ω_C @ C_T
        J = np.empty((len(x), len(x)))
        J[:-1, :-1] = (W / ρ)[:, None] * (ω_Y - np.outer(ω, ρ_Y) / ρ)
        J[:-1, -1] = W / ρ * (ω_T - ω * ρ_T / ρ)
        J[-1, :-1] = -(h @ ω_Y) / (ρ * c) - warm * (ρ_Y / ρ + c_k / (W * c))
        bent = float((Y / W) @ heat)
        J[-1, -1] = -(c_k @ ω + h @ ω_T) / (ρ * c) - warm * (ρ_T / ρ + bent / c)
        return Derivatives(value, J)

    def put(self, Y: Float[np.ndarray, " s"], T: float) -> float:
        """Bring `gas` into a state, and return its density; `Diverged` where there is no gas."""
        per_mass = float(Y @ (1 / self.gas.molecular_weights))
        mean = 1 / per_mass if per_mass > 0 else np.nan
        ρ = self.density if self.pressure is None else self.pressure * mean / (GAS * T)
        if not (T > COLD and ρ is not None and 0 < ρ < np.inf):
            raise Diverged(
                f"there is no gas at T = {T:g} K with a mean molar mass of {mean:g} kg/kmol: keep "
                "the state physical."
            )
        self.gas.set_unnormalized_mass_fractions(Y)
        self.gas.TD = T, ρ
        return ρ

    def chain(self, Y: Float[np.ndarray, " s"], T: float, ρ: float) -> tuple[Slopes, Slopes]:
        """Of the density and of the concentrations C = ρY/W: slopes by Y, and by T."""
        W, n = self.gas.molecular_weights, len(Y)
        ρ_Y = np.zeros(n) if self.pressure is None else -ρ / (W * float(Y @ (1 / W)))
        ρ_T = 0.0 if self.pressure is None else -ρ / T
        return (ρ_Y, ρ_T), (np.diag(ρ / W) + np.outer(Y / W, ρ_Y), Y / W * ρ_T)
