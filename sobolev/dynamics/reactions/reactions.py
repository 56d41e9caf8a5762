"""Rates of change from rates of reactions that are learnt, at constant temperature."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.arguments import positive
from sobolev._base.arrays import clean_names
from sobolev._base.errors import ConfigError
from sobolev._base.precision import require_x64
from sobolev.box import Box
from sobolev.function.by_jax import ByJax
from sobolev.sources.progress import FLOOR, signed_logarithms


@dataclass(frozen=True, eq=False)
class Reactions(ByJax):
    """dx/dt = N e^p(ln x): of s species, from the logarithms p of the rates of r reactions.

    N `[s, r]` says what one reaction makes of each species less what it takes. Whatever p says,
    rates are positive, and what N keeps (wᵀN = 0) is kept: a linear constraint that holds by
    construction, in values and slopes. Below zero, where an integrator may be, rates go on straight
    in what they take. Where species are steady, what is large cancels inside of each reaction;
    rates of species that are learnt by themselves would have to cancel by chance.

    **Arguments:** `progress`: a `Function` by JAX of (ln x_1, …, ln x_s) with r outputs;
    `stoichiometry` N; `species` names; `floor` of x, which enters as `signed_logarithms`; `box`.
    Raises `ConfigError`, `PrecisionError`.

    ```python
    N = [[-1, 0, 1], [1, -1, -1], [0, 1, 0]]   # of Robertson's reaction
    source = Reactions(surrogate, N, ("A", "B", "C"), floor=1e-18)
    ```
    """

    progress: ByJax
    stoichiometry: Float[np.ndarray, "s r"]
    species: tuple[str, ...]
    floor: float = FLOOR
    box: Box | None = None

    remedy = "the state is too far from what was learnt. Leave the row out."

    def __post_init__(self):
        require_x64("rates by reactions")
        positive("the floor", self.floor)
        N = np.asarray(self.stoichiometry, float)
        if N.ndim != 2 or not np.isfinite(N).all():
            raise ConfigError(
                f"the stoichiometry is a finite number for each species and reaction: got {N}."
            )
        species, reactions = N.shape
        check_progress(self.progress, species, reactions, "the logarithms of the species")
        object.__setattr__(self, "stoichiometry", N)
        object.__setattr__(self, "species", clean_names("species", self.species, len(N), "x"))

    @property
    def inputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """The species."""
        return self.species

    @property
    def input_units(self) -> tuple[str, ...]:  # type: ignore[override]
        """Those of the user."""
        return ("",) * len(self.species)

    @property
    def outputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """Their rates."""
        return tuple(f"d{name}/dt" for name in self.species)

    @property
    def output_units(self) -> tuple[str, ...]:  # type: ignore[override]
        """Those of the user."""
        return ("",) * len(self.species)

    def pure(self) -> Callable[[Float[Array, " s"]], Float[Array, " s"]]:
        """The rates as a pytree."""
        return self._pure

    @cached_property
    def _pure(self) -> "_Rates":
        """Made once: an integrator asks one state at a time."""
        return _Rates(self.progress.pure(), jnp.asarray(self.stoichiometry), self.floor)


class _Rates(eqx.Module):
    """x ↦ dx/dt."""

    progress: Callable
    stoichiometry: Float[Array, "s r"]
    floor: float = eqx.field(static=True)

    def __call__(self, x: Float[Array, " s"]) -> Float[Array, " s"]:
        N = self.stoichiometry
        rates = jnp.exp(self.progress(signed_logarithms(at_least_zero(x), self.floor)))
        return N @ (rates * (1 + below_zero(x, jnp.maximum(-N, 0), self.floor)))


def at_least_zero(x: Float[Array, " s"]) -> Float[Array, " s"]:
    """max(x, 0), whose slope at 0 is the one on its right."""
    return jnp.where(x >= 0, x, 0.0)


def below_zero(
    x: Float[Array, " s"], taken: Float[Array, "s r"], floor: float
) -> Float[Array, " r"]:
    """Σ_k a_kr x_k/ε over what is negative: by how much more than as a whole a rate is less.

    A rate that is proportional to x_k + ε for each x_k that a reaction takes goes on straight below
    zero. An integrator leaves what reacts away at once at ± its tolerance, far above the floor: a
    rate that stays positive there is flat, what would bring it back is lost, and so is Newton's
    method. Only what a reaction takes counts: a power of anything else would be an error of what
    was learnt, and a thousand floors below zero a large one.
    """
    return jnp.where(x < 0, x, 0.0) / floor @ taken


def check_progress(progress: object, inputs: int, outputs: int, what: str) -> None:
    """Refuse what does not say a rate for each reaction; `ConfigError`."""
    found = progress if isinstance(progress, ByJax) else None
    if found is None or (len(found.inputs), len(found.outputs)) != (inputs, outputs):
        sizes = "" if found is None else f" of {len(found.inputs)} and {len(found.outputs)}"
        raise ConfigError(
            f"progress is a Function by JAX, such as a Surrogate, of {inputs} inputs, {what}, and "
            f"{outputs} outputs, one for each reaction: got a {type(progress).__name__}{sizes}."
        )
