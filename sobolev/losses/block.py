"""A block: some terms of a loss, with points of their own."""

import abc
from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from sobolev.losses.batch import Batch
from sobolev.losses.view import ScalingArrays, View


class Block(eqx.Module):
    """K terms of a loss, L_k = ½ Σ_e Σ_n r_en² over the entries e of term k: abstract, or final.

    A block has points of its own, and residuals at them; no other block pays for them. It says the
    `names` of its terms, which get one weight each, the `order` of its highest derivative, its
    points (`draw`) and its residuals there (`raw_residuals`); the rest has a default. Its class
    declares what it is:

    - `rowwise`: a residual depends on its own row alone, so that rows can be taken in batches;
    - `least_squares`: a term is half the sum of the squares of its residuals, as above;
    - `estimated`: its losses are right in the mean over its draws alone, so that steps follow their
      gradient and nobody looks for the least loss of one draw;
    - `of_labels`: its terms are of one scale, that of the data, and so of that of other such
      blocks; else each is divided by a scale of its own, and 1 is what counts as 1;
    - `vanishes`: its residuals are 0 where the problem is solved; those of a penalty are not.

    Numbers are array leaves, so that other ones do not compile anew.

    ```python
    class Start(Block):
        x: Array                       # [n, d], in physical units

        def draw(self, key=None, view=None):
            return At.of(self.x)

        def raw_residuals(self, view, batch):
            return jax.vmap(view.physical)(batch.x).T - jnp.sin(batch.x[:, 0])

    fit(surrogate, [Start(names=("start",), order=0, x=x), equation])
    ```
    """

    names: tuple[str, ...] = eqx.field(static=True)
    order: int = eqx.field(static=True)

    rowwise: ClassVar[bool] = True
    least_squares: ClassVar[bool] = True
    estimated: ClassVar[bool] = False
    of_labels: ClassVar[bool] = False
    vanishes: ClassVar[bool] = True

    @property
    def every(self) -> int:
        """After how many steps its points are drawn anew; 0: never."""
        return 0

    @property
    def term_of(self) -> np.ndarray:
        """To which term each entry belongs, `[E]`; by default every term has one."""
        return np.arange(len(self.names))

    @property
    def alike(self) -> np.ndarray:
        """A number for each term `[K]`, the same for terms whose labels are noisy alike."""
        return np.arange(len(self.names))

    @abc.abstractmethod
    def draw(self, key: PRNGKeyArray | None = None, view: View | None = None) -> Batch:
        """All its points: always the same, or fresh ones by the key, chosen by what it sees."""

    def redraw(self, last: Any, key: PRNGKeyArray, view: View) -> Batch:
        """The points that follow on the last ones; by default any that are drawn."""
        del last
        return self.draw(key, view)

    @abc.abstractmethod
    def raw_residuals(self, view: View, batch: Any) -> Float[Array, "E n"]:
        """The residuals r̃_en themselves, 0 where something is absent."""

    def elsewhere(self, key: PRNGKeyArray, view: View | None = None) -> Batch | None:
        """Points of the same kind on which it is never trained, by the key; None: it has none.

        Whether there are any depends on nothing that is traced.
        """
        del key, view
        return None

    def at(self, x: Float[np.ndarray, "m d"]) -> Batch | None:
        """The batch of any points `[m, d]` in physical units; None: it knows its own alone."""
        del x
        return None

    @property
    def mapped(self) -> bool:
        """Whether `vectors` is a linear map of raw residuals that are of one row each.

        Of such a block, `rowwise` or not, J is that map of derivatives found row by row.
        """
        return self.rowwise

    @property
    def innermost(self) -> "Block":
        """The block that is measured, where it is one around another."""
        return self

    @property
    def remedy(self) -> str:
        """What to do where it is met at its points and not between them."""
        oftener = " more often" if self.every else ": Uniform(box, count, every=5)"
        return f"Give it more points, or draw them anew{oftener}."

    def allowance(self, view: View, elsewhere: Any) -> Float[Array, " K"] | None:
        """By how much losses may be lower at its points than `elsewhere`, by rounding or chance.

        None: losses are residuals, whose ratio tells.
        """
        del view, elsewhere
        return None

    @property
    def rows(self) -> int:
        """How many points it has at a time; a block of fresh ones has to say it."""
        return len(self.draw().weight)

    @property
    def count(self) -> int:
        """How many residuals it has at a time."""
        return len(self.term_of) * self.rows

    def moved(self, change: Callable[[Any], Any]) -> "Block":
        """The block with points that stay changed, such as divided over devices; else itself."""
        del change
        return self

    def places(self, scaling: ScalingArrays | None) -> Float[np.ndarray, "n d"]:
        """Where its points are, if they stay, in scaled inputs; by default x of the batch."""
        batch: Any = self.draw()
        return scaled(np.asarray(batch.x), scaling)

    def reach(self, scaling: ScalingArrays | None) -> Float[np.ndarray, "n d"] | None:
        """Points that reach as far as those that are drawn anew, which are x of the batch, scaled.

        None: nobody knows how far.
        """
        del scaling
        return None

    def check(self, inputs: tuple[str, ...]) -> None:
        """Raise `DataError` when its points are not those of a function of these inputs."""

    def only(self, keep: np.ndarray) -> "Block":
        """The block with these of its terms `[K]`, or as it is when it is all of one piece."""
        del keep
        return self

    def targets(self, batch: Any) -> Float[Array, "E n"]:
        """What would be predicted for r̃ = 0, NaN where it is not known; by default 0 everywhere."""
        return jnp.zeros((len(self.term_of), len(batch.weight)), batch.weight.dtype)

    def present(self, batch: Any) -> Bool[Array, "E n"]:
        """Which targets are known."""
        return ~jnp.isnan(self.targets(batch))

    def trust(self, batch: Any) -> Float[Array, "E n"] | None:
        """How much the square of each residual counts, τ ∈ (0, 1]; None: all alike."""
        del batch
        return None

    def scales(self, batch: Any) -> Float[Array, "E n"]:
        """√(λτ/N_e) over the N_e rows that count: a term is then half a mean; 0 for the others."""
        weight = jnp.asarray(jnp.where(self.present(batch), batch.weight[None], 0.0))
        mean = weight / jnp.maximum(jnp.sum(weight, axis=1, keepdims=True), 1.0)
        if (trust := self.trust(batch)) is not None:
            mean = mean * trust
        return jnp.sqrt(mean if batch.attention is None else mean * batch.attention.T)

    def vectors(self, raw: Float[Array, "E n"], batch: Any) -> Float[Array, "E m"]:
        """What is squared and summed, of residuals or of targets: r = r̃·√(λτ/N)."""
        return raw * self.scales(batch)

    def residuals(self, view: View, batch: Any) -> Float[Array, "E m"]:
        """The residual vectors r_e."""
        return self.vectors(self.raw_residuals(view, batch), batch)

    def losses(self, view: View, batch: Any) -> Float[Array, " K"]:
        """L_k."""
        return 0.5 * self.per_term(jnp.sum(self.residuals(view, batch) ** 2, axis=1))

    def energies(self, batch: Any) -> Float[Array, " K"]:
        """½ mean (target)² of each term: what it would be if nothing were predicted."""
        known = jnp.where(self.present(batch), self.targets(batch), 0.0)
        return 0.5 * self.per_term(jnp.sum(self.vectors(known, batch) ** 2, axis=1))

    def signals(self, batch: Any) -> Float[Array, " K"]:
        """The energies that a weighting is told."""
        return self.energies(batch)

    def per_term(self, of_entries: Float[Array, "E ..."]) -> Float[Array, "K ..."]:
        """Sums over the entries of each term."""
        if len(self.term_of) == len(self.names):
            return of_entries
        return jax.ops.segment_sum(of_entries, jnp.asarray(self.term_of), len(self.names))


def scaled(x: Float[np.ndarray, "n d"], scaling: ScalingArrays | None) -> Float[np.ndarray, "n d"]:
    """x̂ of points in physical units."""
    if scaling is None:
        return x
    return (x - np.asarray(scaling.x_shift)) / np.asarray(scaling.x_scale)
