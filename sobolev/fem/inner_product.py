"""Inner products of the fields on a mesh: ∫ u v, ∫ ∇u · ∇v and what is between."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Int

from sobolev._base.arguments import not_negative, shown, whole
from sobolev._base.errors import ConfigError
from sobolev.fem.conditions.supports import Fixed, place_supports
from sobolev.fem.meshes.mesh import Mesh
from sobolev.fem.scalar_forms import mass as mass_of
from sobolev.fem.scalar_forms import measured, of_mass
from sobolev.fem.scalar_forms import stiffness as stiffness_of
from sobolev.inner_products.inner_product import InnerProduct
from sobolev.inner_products.sparse import Sparse


def inner_product(
    mesh: Mesh,
    mass: float = 1.0,
    stiffness: float = 0.0,
    fixed: Sequence[str | Fixed] = (),
    components: int = 1,
) -> "OfMesh":
    """(u, v) = mass ∫ u·v dX + stiffness ∫ ∇u:∇v dX of fields that are zero where they are fixed.

    | norm | `mass` | `stiffness` |
    |---|---|---|
    | L2 | 1 | 0 |
    | H¹ in units of the length l; smoothing (Helmholtz) over l | 1 | l² |
    | energy of Laplace's equation, H¹₀; its dual is H⁻¹ | 0 | 1, with some nodes `fixed` |

    A field is the vector of its values at all nodes, `u.ravel()` of `u [n, c]`; where it is fixed
    its numbers do not count, and are zero in whatever is made. The Riesz map of a gradient by nodal
    values is a field that does not depend on how fine the mesh is where. The `dual` sees a function
    of one component by its values at points of integration, `dual.points`.

    **Arguments:** `mesh`, where it is (`mesh.moved`); `mass` and `stiffness` ≥ 0; `fixed`: names of
    boundaries and sets, or `Fixed("axis", 1)` for some components; `components` of the field.
    Raises `ConfigError`, also where nothing keeps a field from being any constant.

    ```python
    smooth = fem.inner_product(mesh, stiffness=0.1**2, components=2)
    step = -smooth.riesz(gradient.ravel()).reshape(-1, 2)
    ```
    """
    if not isinstance(mesh, Mesh):
        raise ConfigError(f"an inner product of fields is on a mesh: got {shown(mesh)}.")
    m, k = not_negative("the mass", mass), not_negative("the stiffness", stiffness)
    c = whole("the number of components of a field", components, 1)
    if isinstance(fixed, str):
        raise ConfigError(f"parts are fixed by name, fixed=('boundary',): got {fixed!r}.")
    held = [Fixed(part) if isinstance(part, str) else part for part in fixed]
    free = np.flatnonzero(~place_supports(mesh, held, c).fixed.ravel())
    if not m + k or not len(free):
        raise ConfigError("an inner product needs a mass or a stiffness, and nodes that are free.")
    if not m and len(free) == len(mesh.points) * c:
        raise ConfigError(
            "the stiffness alone does not see a constant field: fix some nodes, such as "
            "fixed=('boundary',), or give a mass."
        )
    one = m * mass_of(mesh) if m else sp.csr_array((len(mesh.points),) * 2)
    one = one + k * stiffness_of(mesh) if k else one
    whole_matrix = sp.csr_array(sp.kron(one, sp.eye_array(c), format="csr"))
    of = Sparse(whole_matrix[free][:, free])
    return OfMesh(of, free, len(mesh.points) * c, mesh if c == 1 else None)


class Cells(NamedTuple):
    """The cells of one element: nodes `[m, a]`, ω N_a at the points of integration `[m, q, a]`."""

    nodes: Int[Any, "m a"]
    shares: Float[Any, "m q a"]


class OfMesh(InnerProduct):
    """An inner product of fields on a mesh, which `fem.inner_product` makes."""

    of: InnerProduct
    free: Int[Any, " f"]
    total: int = eqx.field(static=True)
    mesh: Mesh | None = eqx.field(static=True)
    cells: tuple[Cells, ...]
    places: Float[Any, "q d"] | None
    more: int = eqx.field(static=True)

    def __init__(
        self,
        of: InnerProduct,
        free: Int[np.ndarray, " f"],
        total: int,
        mesh: Mesh | None,
        more: int = 0,
    ):
        self.of, self.free, self.total, self.mesh, self.more = of, free, total, mesh, more
        self.cells, self.places = (), None
        if mesh is not None:
            found = list(measured(mesh, lambda kind: of_mass(kind) + more))
            self.cells = tuple(
                Cells(c.nodes, c.volumes[:, :, None] * c.shapes[None]) for c in found
            )
            self.places = np.concatenate([c.places.reshape(-1, mesh.dimension) for c in found])

    @property
    def size(self) -> int:
        """Values of all components at all nodes."""
        return self.total

    @property
    def points(self) -> Float[Any, "n d"] | None:
        """The nodes, of a field of one component."""
        return None if self.mesh is None else self.mesh.points

    @property
    def rule(self) -> Float[Any, "q d"] | None:
        """The points of integration, of a field of one component."""
        return self.places

    def acting(self, values: Float[Any, "q *k"]) -> Float[Any, "n *k"]:
        """∫ r N_a of all nodes."""
        if not self.cells:
            return super().acting(values)
        total, start = None, 0
        for nodes, shares in self.cells:
            m, q, _ = shares.shape
            r = values[start : start + m * q].reshape(m, q, *values.shape[1:])
            start += m * q
            xp = r.__array_namespace__()
            each = xp.einsum("mqa,mq...->ma...", xp.asarray(shares), r)
            part = _added(self.total, nodes.reshape(-1), each.reshape(-1, *values.shape[1:]))
            total = part if total is None else total + part
        return total

    def finer_rule(self) -> "OfMesh | None":
        """With a rule of integration of some degrees more, the next that shares no point."""
        taken = {tuple(x) for x in np.asarray(self.places).tolist()}
        for more in range(self.more + 1, self.more + 9):
            found = OfMesh(self.of, self.free, self.total, self.mesh, more)
            if not any(tuple(x) in taken for x in np.asarray(found.places).tolist()):
                return found
        return None

    def within_jax(self) -> "OfMesh":
        """With a full matrix."""
        return eqx.tree_at(lambda i: i.of, self, self.of.within_jax())

    def _gram(self, v: Float[Any, "n *k"]) -> Float[Any, "n *k"]:
        return _added(self.total, self.free, self.of.gram(v[self.free]))

    def _riesz(self, g: Float[Any, "n *k"]) -> Float[Any, "n *k"]:
        return _added(self.total, self.free, self.of.riesz(g[self.free]))

    def _root(self, v: Float[Any, "n *k"]) -> Float[Any, "f *k"]:
        return self.of.root(v[self.free])

    def _dual_root(self, g: Float[Any, "n *k"]) -> Float[Any, "f *k"]:
        return self.of.dual_root(g[self.free])


def _added(total: int, places: Any, parts: Any) -> Any:
    """`parts` added up at their places among zeros."""
    if isinstance(parts, np.ndarray):
        whole_vector = np.zeros((total, *parts.shape[1:]))
        np.add.at(whole_vector, places, parts)
        return whole_vector
    return jnp.zeros((total, *parts.shape[1:]), parts.dtype).at[places].add(parts)
