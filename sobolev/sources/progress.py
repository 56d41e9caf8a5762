"""How fast each reaction of a gas goes forwards, as logarithms of logarithms: what is learnt."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError, Diverged
from sobolev.box import Box
from sobolev.function.derivatives import Derivatives
from sobolev.function.pointwise import Pointwise
from sobolev.sources.kinetics import Kinetics

FLOOR = 1e-15  # of mass fractions: below the radicals of the first microsecond of an ignition


@dataclass(frozen=True, eq=False)
class Progress(Pointwise):
    """ln q_r of the forward rates of progress, in kmol/m³/s, of (ln Y_1, …, ln Y_n, 1000 K/T).

    A rate of progress is a product of powers of concentrations and of an exponential of 1/T, so in
    logarithms it is nearly linear, and its slopes by ln Y are orders of reaction: numbers of size
    one, where rates span ten decades. Reverse rates follow from the thermodynamics, and rates of
    species from the stoichiometry; `dynamics.SourceTerm` makes both of them.

    **Arguments:** `of`: the gas, whose pressure or density is the same here; `box`: the domain.
    Raises `ConfigError`, and `Diverged` where a reaction does not go at all.

    ```python
    progress = Progress(Kinetics("h2o2.yaml", pressure=101325.0))
    ln_q, orders = progress.derivatives(progress.logarithms(states))
    ```
    """

    of: Kinetics
    box: Box | None = None

    order = 1
    told_by_settings = True
    remedy = "a reaction does not go there. Leave the row out."

    def __post_init__(self):
        if not isinstance(self.of, Kinetics):
            raise ConfigError(f"rates of progress are of a Kinetics(...): got {self.of!r}.")
        if self.box is not None and self.box.names != self.inputs:
            raise ConfigError(
                f"the names of the box must be {', '.join(self.inputs)}: got "
                f"{', '.join(self.box.names)}."
            )

    @property
    def inputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """Logarithms of mass fractions, then 1000/T."""
        return (*(f"ln {name}" for name in self.of.gas.species_names), "1000/T")

    @property
    def input_units(self) -> tuple[str, ...]:  # type: ignore[override]
        """Logarithms have none."""
        return ("",) * self.of.gas.n_species + ("1/K",)

    @property
    def outputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """One for each reaction, by its number."""
        return tuple(f"ln q{r + 1}" for r in range(self.of.gas.n_reactions))

    @property
    def output_units(self) -> tuple[str, ...]:  # type: ignore[override]
        """Logarithms have none."""
        return ("",) * self.of.gas.n_reactions

    @property
    def orders(self) -> tuple[tuple[tuple[str, float], ...], ...]:
        """Of each reaction, the inputs that are logarithms of what it needs, with its order."""
        found = []
        for reaction in self.of.gas.reactions():
            needed = dict(reaction.reactants)
            body = reaction.third_body
            if body is not None and not body.default_efficiency and len(body.efficiencies) == 1:
                (only,) = body.efficiencies  # takes part and is not used up
                needed[only] = needed.get(only, 0.0) + 1.0
            needed |= reaction.orders
            found.append(tuple((f"ln {name}", float(order)) for name, order in needed.items()))
        return tuple(found)

    def logarithms(
        self, states: Float[np.ndarray, "... d"], floor: float = FLOOR
    ) -> Float[np.ndarray, "... d"]:
        """The inputs at states (Y, T): `signed_logarithms` of Y, and 1000/T."""
        states = np.asarray(states, float)
        Y, T = states[..., :-1], states[..., -1:]
        return np.concatenate([signed_logarithms(Y, floor), 1000 / T], axis=-1)

    def solve(self, x: Float[np.ndarray, " d"], order: int = 1) -> Derivatives:
        """Logarithms of the rates and their slopes at one point."""
        Y, T = np.exp(x[:-1]), 1000 / float(x[-1])
        gas = self.of.gas
        ρ = self.of.put(Y, T)
        q = gas.forward_rates_of_progress
        if not (q > 0).all():
            first = int(np.argmin(q > 0))
            raise Diverged(f"reaction {first + 1}, {gas.reaction(first).equation}, does not go.")
        if order == 0:
            return Derivatives(np.log(q))
        _, (C_Y, C_T) = self.of.chain(Y, T, ρ)
        q_C = gas.forward_rates_of_progress_ddCi
        q_T = gas.forward_rates_of_progress_ddT + q_C @ C_T
        slopes = np.hstack([q_C @ C_Y * Y, q_T[:, None] * (-(T**2) / 1000)])
        return Derivatives(np.log(q), slopes / q[:, None])


def signed_logarithms(Y: Any, floor: float) -> Any:
    """ln ε + sign(Y) ln(1 + |Y|/ε): ln(Y + ε) of what is positive, finite and smooth through zero.

    The slope at zero is the one on its right, 1/ε, so a rate that is proportional to Y keeps its
    Jacobian where there is none of it yet; below zero e to the power of it is ε/(1 + |Y|/ε) > 0 and
    soon flat, so source terms go on straight there. Takes arrays of NumPy and of JAX.
    """
    xp = Y.__array_namespace__()
    u = Y / floor
    up = u >= 0  # not by |u|, which has no slope at zero
    return np.log(floor) + xp.where(
        up, xp.log1p(xp.where(up, u, 0.0)), -xp.log1p(xp.where(up, 0.0, -u))
    )
