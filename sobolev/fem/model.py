"""A parametrised boundary-value problem: what depends on the parameters, and what is asked."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
from jaxtyping import Float

from sobolev._base.precision import require_x64
from sobolev.fem._arrays import AnyArray
from sobolev.fem.assembly import Case, Space
from sobolev.fem.default_solver import default_solver
from sobolev.fem.linear_solvers import LinearSolver, Prepared
from sobolev.fem.materials import Material
from sobolev.fem.newton import Newton


class Laws(NamedTuple):
    """The functions of a model. They are the static argument of every compiled kernel, so models
    that share them, and the shapes of their arrays, share the compiled code.

    `describe(p [d], data) -> Case`; `response(u [n, 2], case, space, data) -> [q]`.
    """

    material: Material
    describe: Callable[[Float[AnyArray, " d"], Any], Case]
    response: Callable[[Float[AnyArray, "n 2"], Case, Space, Any], Float[AnyArray, " q"]]


@dataclass(frozen=True, eq=False)
class Model:
    """Find u with R(u, p) = 0 and give the responses y(u(p), p) and their exact derivatives.

    **Arguments:** `laws`, plain functions defined at module level (compiled code is shared between
    models with equal laws); `space`; `data`, a pytree of arrays that is handed to the laws;
    `responses`, the number q of them; `newton` settings; `solver`, by default the fastest at hand.
    Needs 64-bit JAX (`PrecisionError`).

    ```python
    model = Model(Laws(SVK, describe, response), make_space(mesh, fixed), data)
    answer = solve(model, p, order=1)
    ```
    """

    laws: Laws
    space: Space
    data: Any = None
    responses: int = 1
    newton: Newton = field(default_factory=Newton)
    solver: LinearSolver | None = None

    def __post_init__(self):
        require_x64("a finite-element model")

    @functools.cached_property
    def prepared(self) -> Prepared:
        """The linear solver, with the work done that depends on the pattern only."""
        return (self.solver or default_solver(self.space.pattern)).prepare(self.space.pattern)


@functools.partial(jax.jit, static_argnums=0)
def describe(laws: Laws, data: Any, p: Float[AnyArray, " d"]) -> Case:
    """The case at the parameters p, compiled."""
    return laws.describe(p, data)
