"""The plate with a hole, posed: two patches whose shape is a function of the semi-axes."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev import fem


def plate_model(problem) -> fem.Model:
    """The model; mesh coordinates (t, s): t outwards, s along the hole from y = 0 to x = 0."""
    n = problem.divisions
    grid = fem.grid((2 * n, n))
    # numbered along the hole first, as the bandwidth likes it: the directions change places, and
    # the cells are turned with them to keep determinants positive
    mesh = fem.Mesh(grid.points[:, ::-1], {"quad": grid.cells["quad"][:, [0, 3, 2, 1]]})
    mesh = (
        mesh.where("y = 0", lambda x: x[:, 1] == 0)
        .where("x = 0", lambda x: x[:, 1] == 1)
        .where("top", lambda x: (x[:, 0] == 1) & (x[:, 1] >= 0.5))
        .cells_where("ligament", lambda x: x[:, 1] < 1 / (2 * n))
    )
    law = {"svk": fem.SaintVenantKirchhoff, "linear": fem.LinearElastic}[problem.material]
    of = {name: name if name in problem.parameters else float(getattr(problem, name))
          for name in ("a", "b", "E", "nu")}  # fmt: skip
    return fem.Model(
        mesh,
        [fem.Body(fem.PlaneStress(law(of["E"], of["nu"])))],
        supports=[
            fem.Fixed("y = 0", 1), fem.Fixed("x = 0", 0),
            fem.Prescribed("top", 1, float(problem.displacement)),
        ],
        responses={"eta": fem.Mean(fem.triaxiality, "ligament")},
        parameters=problem.box,
        geometry=fem.Shape(plate_geometry, (of["a"], of["b"], float(problem.size))),
    )  # fmt: skip


def plate_geometry(X: Float[np.ndarray, "n 2"], a, b, size) -> Float[np.ndarray, "n 2"]:
    """Transfinite map: straight lines from the ellipse (angle s π/2) to the outer edges."""
    t, s = X.T
    angle = s * jnp.pi / 2
    hole = jnp.stack([a * jnp.cos(angle), b * jnp.sin(angle)], axis=1)
    edge = size * jnp.stack([jnp.minimum(1, 2 - 2 * s), jnp.minimum(1, 2 * s)], axis=1)
    return (1 - t)[:, None] * hole + t[:, None] * edge
