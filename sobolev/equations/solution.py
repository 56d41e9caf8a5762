"""u of any parameters: basis functions of a surrogate, coefficients that equations decide."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.arguments import shown
from sobolev._base.compiled import STEPS, compiled
from sobolev._base.errors import DataError, Diverged
from sobolev._base.types import Points
from sobolev.box import Box
from sobolev.function.by_jax import orders, padded
from sobolev.function.function import Function
from sobolev.losses.solved.least_squares_layer import LeastSquaresLayer
from sobolev.surrogate import Surrogate

AT_ONCE = 4  # values of the parameters


@dataclass(frozen=True, eq=False)
class Solution(Function):
    """u(x; p) = Σ_i c_i*(p) φ_i(x; p): a `LeastSquaresLayer` on the basis of a trained surrogate.

    For each value of the parameters among the rows the layer is solved once, at its points by
    `key`; derivatives by the parameters are those of the minimum, so all derivatives are exact ones
    of what is returned. Give a layer with more points than was trained with, where a solve should
    see more. Between slabs u is that of the slab on the right, and `jump` says by how much they
    differ. What is saved is the surrogate (`surrogate.save`): a layer is made of functions, which
    no file holds, and is put around it again.

    Raises `Diverged` for a row whose coefficients are not found, `DataError` where `surrogate` is
    none of the layer's inputs.

    ```python
    u = Solution(load("basis.npz"), layer)
    u.value(np.array([[0.5, 100.0, 0.1]])), u.jump(np.array([0.1]))
    ```
    """

    surrogate: Surrogate
    layer: LeastSquaresLayer
    key: int = 0

    def __post_init__(self):
        if not isinstance(self.surrogate, Surrogate):
            raise DataError(
                f"a Solution has the basis of a Surrogate: got a {type(self.surrogate).__name__}."
            )
        if not isinstance(self.layer, LeastSquaresLayer):
            raise DataError(f"a Solution is that of a LeastSquaresLayer: got {shown(self.layer)}.")
        self.layer.check(self.surrogate.inputs)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Those of the surrogate."""
        return self.surrogate.inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """The fields of the equations."""
        return self.layer.outputs

    @property
    def input_units(self) -> tuple[str, ...]:
        """Those of the surrogate."""
        return self.surrogate.input_units

    @property
    def output_units(self) -> tuple[str, ...]:
        """None are known: an equation says nothing of them."""
        return ("",) * len(self.outputs)

    @property
    def box(self) -> Box:
        """That of the surrogate."""
        return self.surrogate.box

    def compute(self, rows: Points, order: int) -> Sequence[np.ndarray]:
        """Coefficients once for each value of the parameters, then all rows."""
        solving = self._solving()
        p, which = np.unique(rows[:, self.layer.columns], axis=0, return_inverse=True)
        if not len(rows):
            d, q = len(self.inputs), len(self.outputs)
            return [np.zeros((0, q, *[d] * k)) for k in range(order + 1)]
        jets = _solved(solving, p, order)
        self._check_found(p, jets)
        c = [jet[np.reshape(which, -1)] for jet in jets]
        found = _at_rows(solving, padded(rows), tuple(map(padded, c)), order)
        return tuple(np.asarray(array)[: len(rows)] for array in found)

    def coefficients(self, p: Float[np.ndarray, "n p"]) -> Float[np.ndarray, "n K q N"]:
        """c*(p); NaN where they are not found."""
        p = np.asarray(p, float).reshape(-1, len(self.layer.parameters))
        return _solved(self._solving(), p, 0)[0]

    def jump(self, p: Float[np.ndarray, " p"]) -> float:
        """The largest |jump of u| at the points on the borders of its slabs; 0 without any."""
        rows = np.asarray(p, float)[None]
        c = self.coefficients(rows)
        self._check_found(rows, (c,))
        if c.shape[1] == 1:
            return 0.0
        across = np.asarray(_across(self._solving(), jnp.asarray(rows[0])))
        return float(np.abs(np.einsum("bqn,bjn->bjq", np.diff(c[0], axis=0), across)).max())

    def _solving(self) -> "Solving":
        return Solving(self.surrogate.pure(), self.layer, jax.random.key(self.key))

    def _check_found(self, p: np.ndarray, jets: Sequence[np.ndarray]) -> None:
        whole = np.all([np.isfinite(jet).reshape(len(p), -1).all(axis=1) for jet in jets], axis=0)
        if not whole.all():
            named = zip(self.layer.parameters, p[int(np.argmin(whole))], strict=True)
            at = ", ".join(f"{name} = {number:.6g}" for name, number in named)
            raise Diverged(
                f"the layer found no coefficients at {at}: no minimum of its residuals, or not to "
                "the last digits. Give it more points or a larger ridge, or train the basis longer."
            )


class Solving(eqx.Module):
    """A basis, a layer and the key of its points."""

    basis: Callable[[Float[Array, " d"]], Float[Array, " N"]]
    layer: LeastSquaresLayer
    key: PRNGKeyArray


def _solved(solving: Solving, p: Float[np.ndarray, "n p"], order: int) -> list[np.ndarray]:
    """c* and its derivatives in p, always so many at a time, to compile once."""
    some = [p[i : i + AT_ONCE] for i in range(0, len(p), AT_ONCE)]
    filled = [np.concatenate([each, np.repeat(each[-1:], AT_ONCE - len(each), 0)]) for each in some]
    found = [_coefficients(solving, jnp.asarray(each), order) for each in filled]
    return [np.concatenate(jet)[: len(p)] for jet in zip(*found, strict=True)]


@compiled(STEPS)
def _coefficients(solving: Solving, p: Float[Array, "n p"], order: int) -> tuple[Array, ...]:
    """One value after the other: solves end after different numbers of steps."""
    places = solving.layer.places(solving.key)
    of = [lambda row: solving.layer.coefficients(solving.basis, row, places)]
    for _ in range(order):
        of.append(jax.jacfwd(of[-1]))
    return jax.lax.map(lambda row: tuple(f(row) for f in of), p)


@compiled(STEPS)
def _at_rows(
    solving: Solving, x: Float[Array, "n d"], jets: tuple[Array, ...], order: int
) -> tuple[Array, ...]:
    """u and derivatives, c* in a Taylor series about the parameters of the row."""
    columns = solving.layer.columns

    def of_row(row: Float[Array, " d"], c: tuple[Array, ...]) -> tuple[Array, ...]:
        def u(x: Float[Array, " d"]) -> Float[Array, " q"]:
            off = x[columns] - row[columns]  # 0, and its derivative is not
            near = sum((_along(jet, off, k) for k, jet in enumerate(c)), start=jnp.zeros(()))
            return solving.layer.at(near, solving.basis, x)

        return orders(u, row, order)

    return jax.vmap(of_row)(x, jets)


def _along(jet: Array, off: Float[Array, " p"], k: int) -> Array:
    """The term of k-th order."""
    for j in range(k):
        jet = jet @ off / (j + 1)
    return jet


@compiled(STEPS)
def _across(solving: Solving, p: Float[Array, " p"]) -> Float[Array, "B j N"]:
    """The basis on the borders."""
    return solving.layer.seen(solving.basis, p, solving.layer.places(solving.key)).across[:, :, 0]
