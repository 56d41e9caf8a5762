"""The block of equations that are solved by a layer, looked at where they were not solved."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.compiled import SELDOM, compiled
from sobolev._base.errors import ConfigError
from sobolev.losses.block import Block, scaled
from sobolev.losses.equations.drawn import Drawn
from sobolev.losses.equations.points import Fixed, Points
from sobolev.losses.solved.least_squares_layer import LeastSquaresLayer, Places
from sobolev.losses.view import ScalingArrays, View


class Solving(NamedTuple):
    """For each value of the parameters: where to solve, and where to look.

    `x [n, d]`: one of the points, which has the parameters of its row.
    """

    x: Float[Array, "n d"]
    solve: Places
    look: Places
    weight: Float[Array, " n"]
    attention: Float[Array, "n E"] | None = None


class SolvedEquations(Block):
    """L_k = ½ mean over p of the mean square of equation k, at c*(p) and at points beside.

    What is trained is the basis: so that the coefficients with which `layer` meets the equations at
    its points meet them at others, too, which have no part in the solve. The derivative of the loss
    goes through the solve. A row is a value of the parameters, and its residuals are all those of
    the layer: so rows are independent, and any optimiser takes them; a step costs a solve for each.
    Where the layer finds no coefficients its residuals are NaN, and the step is not taken.

    **Arguments:** `layer`; `parameters`: a rule over a box of the layer's parameters, `Sobol(Box(
    ("a",), (0.0,), (1.0,)), 8)`, with which all points of the layer are drawn anew, or an array
    `[n, p]` for which all points stay. Raises `ConfigError`, `DataError`.

    ```python
    fit(Surrogate.on(box, basis), SolvedEquations(layer, Uniform(of_a, 8)))
    ```
    """

    layer: LeastSquaresLayer
    points: Points

    def __init__(self, layer: LeastSquaresLayer, parameters: Points | Float[np.ndarray, "n p"]):
        if not isinstance(layer, LeastSquaresLayer):
            raise ConfigError(f"SolvedEquations are those of a LeastSquaresLayer: got {layer!r}.")
        self.layer, self.names, self.order = layer, layer.names, layer.order
        self.points = parameters if isinstance(parameters, Points) else Fixed(parameters)
        if not isinstance(self.points, Drawn | Fixed):
            raise ConfigError(
                "parameters are drawn evenly, by Uniform, Sobol or LatinHypercube, or an array: "
                f"got {type(self.points).__name__}."
            )

    @property
    def every(self) -> int:
        """That of the parameters."""
        return self.points.every

    @property
    def rows(self) -> int:
        """As many as values of the parameters."""
        return self.points.count

    @property
    def term_of(self) -> np.ndarray:
        """That of the layer."""
        return self.layer.term_of

    @property
    def alike(self) -> np.ndarray:
        """Each of its own."""
        return np.arange(len(self.names))

    @property
    def remedy(self) -> str:
        """More of all."""
        return "Give the layer more points, or draw more parameters: Uniform(box, 16, every=1)."

    def draw(self, key: PRNGKeyArray | None = None, view: View | None = None) -> Solving:
        """Parameters, and for each of them points of both kinds."""
        del view
        return _drawn(self, jax.random.key(0) if key is None or not self.every else key)

    def elsewhere(self, key: PRNGKeyArray, view: View | None = None) -> Solving | None:
        """Other parameters, solved for and looked at in other places; as many."""
        del view
        return _elsewhere(self, key)

    def places(self, scaling: ScalingArrays | None) -> Float[np.ndarray, "n d"]:
        """One point for each row."""
        return scaled(np.asarray(self.draw().x), scaling)

    def check(self, inputs: tuple[str, ...]) -> None:
        """Refuse other inputs, and other parameters than those of the layer."""
        self.layer.check(inputs)
        self.points.check(f"'{self.names[0]}'", self.layer.parameters)

    def raw_residuals(self, view: View, batch: Solving) -> Float[Array, "E n"]:
        """All of each solution."""
        return _residuals(self.layer, view, batch)

    def targets(self, batch: Solving) -> Float[Array, "E n"]:
        """Zeros."""
        return jnp.zeros((len(self.term_of), len(batch.weight)), batch.x.dtype)

    def at_parameters(
        self, p: Float[Array, "n p"], solve: PRNGKeyArray, look: PRNGKeyArray
    ) -> Solving:
        """These parameters, each with points of its own."""
        n = len(p)
        many = [jax.vmap(self.layer.places)(jax.random.split(key, n)) for key in (solve, look)]
        x = many[0].at[0].x[:, 0].at[:, self.layer.columns].set(p)
        return Solving(x, many[0], many[1], jnp.ones(n, x.dtype))


# Each in one program: points of many kinds are many small ones.


@compiled(SELDOM)
def _drawn(block: SolvedEquations, key: PRNGKeyArray) -> Solving:
    own, solve, look = jax.random.split(key, 3)
    return block.at_parameters(block.points.draw(own, _unseen).x, solve, look)


@compiled(SELDOM)
def _elsewhere(block: SolvedEquations, key: PRNGKeyArray) -> Solving | None:
    own, solve, look = jax.random.split(jax.random.fold_in(key, 1), 3)
    p = block.points.elsewhere(own, block.rows)
    return None if p is None else block.at_parameters(p, solve, look)


@compiled(SELDOM)
def _residuals(layer: LeastSquaresLayer, view: View, batch: Solving) -> Float[Array, "E n"]:
    """Of each row what its own coefficients leave in the places where it is looked at."""
    basis, columns = view.physical, layer.columns

    def of_one(x: Float[Array, " d"], solve: Places, look: Places) -> Float[Array, " E"]:
        c = layer.coefficients(basis, x[columns], solve)
        return layer.residuals(c, layer.seen(basis, x[columns], look))

    return jax.vmap(of_one)(batch.x, batch.solve, batch.look).T


def _unseen(x: Float[Array, "m d"]) -> Float[Array, " m"]:
    raise NotImplementedError  # nobody who draws evenly asks
