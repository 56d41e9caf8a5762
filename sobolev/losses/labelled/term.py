"""What is compared: entries of value and derivatives, gathered in terms that get one weight."""

from collections.abc import Sequence
from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from sobolev._base.errors import ConfigError
from sobolev.data.kinds import ORDERS
from sobolev.networks.derivatives import Prediction


@dataclass(frozen=True)
class Entry:
    """One number per row: an entry of y, of a derivative, or of a product of one with a vector.

    `kind` is that of the labels ("y", "jacobian", "hessian", "jvp", "hvp", "vjp"), `index` the
    place behind the row: (i,) for the value of output i, (i, j) for ∂y_i/∂x_j, (i, j, k) for
    ∂²y_i/∂x_j∂x_k, (i, s) for ∂y_i/∂x · v_s and (s, j) for (w_sᵀ ∂y/∂x)_j.

    ```python
    Entry("jacobian", (0, 1)).residual(prediction, target)      # [n]
    ```
    """

    kind: str
    index: tuple[int, ...]

    @property
    def order(self) -> int:
        """Order of the derivative."""
        return ORDERS[self.kind]

    def residual(self, prediction: Prediction, target: Prediction) -> Float[Array, " n"]:
        """Prediction − label, exactly 0 where the label is absent (NaN)."""
        # Chosen, not multiplied by 0: NaN · 0 is NaN. The gradient of what is not chosen is 0.
        return jnp.where(self.present(target), self.of(prediction) - self.of(target), 0.0)

    def present(self, target: Prediction) -> Bool[Array, " n"]:
        """Which rows have this label."""
        return ~jnp.isnan(self.of(target))

    def of(self, arrays: Prediction) -> Float[Array, " n"]:
        """This entry of each row."""
        array = getattr(arrays, self.kind)
        assert array is not None  # SobolevLoss asks for what its terms need
        return array[(slice(None), *self.index)]


@dataclass(frozen=True)
class Term:
    """Entries that get one weight; `name` is what tables and figures call them.

    L = Σ_e ½ mean r_e² over its entries e: with unit weights the whole loss does not depend on how
    its entries are grouped. Raises `ConfigError` without an entry.

    ```python
    Term.of("eta", 0)
    Term("deta", (Entry("jacobian", (0, 0)), Entry("jacobian", (0, 1))))
    ```
    """

    name: str
    entries: tuple[Entry, ...]

    def __post_init__(self):
        if not self.entries or not all(isinstance(entry, Entry) for entry in self.entries):
            raise ConfigError(f"the term '{self.name}' needs a tuple of Entry: got {self.entries}.")

    @classmethod
    def of(cls, name: str, *index: int) -> "Term":
        """One value, first or second derivative: indices of output and inputs."""
        return cls(name, (Entry(("y", "jacobian", "hessian")[len(index) - 1], index),))

    @property
    def order(self) -> int:
        """Highest order of derivative among its entries."""
        return max(entry.order for entry in self.entries)


def grouped(terms: Sequence[Term], names: Sequence[str]) -> tuple[Term, ...]:
    """Terms of the same new name made one, in the order in which the names first occur."""
    found: dict[str, tuple[Entry, ...]] = {}
    for term, name in zip(terms, names, strict=True):
        found[name] = found.get(name, ()) + term.entries
    return tuple(Term(name, entries) for name, entries in found.items())
