"""The cantilever, posed: a rectangle that is clamped at one end and loaded at the other."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev import fem


def cantilever_model(problem) -> fem.Model:
    """Build the model; the force is a uniform traction over the end, the response its work."""
    n = problem.divisions
    law = {"svk": fem.SaintVenantKirchhoff, "linear": fem.LinearElastic}[problem.material]
    names = ("E", "nu", "length", "height")
    E, nu, length, height = (
        name if name in problem.parameters else float(getattr(problem, name)) for name in names
    )
    return fem.Model(
        fem.grid((2 * n, n)),
        [fem.Body(fem.PlaneStress(law(E, nu)))],
        supports=[fem.Fixed("left")],
        loads=[fem.TotalForce("right", (0.0, float(problem.force)))],
        responses={"deflection": fem.BoundaryMean("right", 1)},
        parameters=problem.box,
        geometry=fem.Shape(rectangle, (length, height)),
    )


def rectangle(X: Float[np.ndarray, "n 2"], length, height) -> Float[np.ndarray, "n 2"]:
    """The unit square stretched."""
    return X * jnp.stack([length, height])[None]
