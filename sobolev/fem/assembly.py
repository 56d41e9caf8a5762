"""From elements to the global system: a fixed sparsity pattern and a slot for every entry."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.elements import Element, element_state, energy, q4
from sobolev.fem.materials import Material
from sobolev.fem.mesh import Mesh


class Pattern(NamedTuple):
    """Compressed sparse rows of the symmetric tangent of the free degrees of freedom."""

    indptr: Int[np.ndarray, " nf+1"]
    indices: Int[np.ndarray, " nnz"]

    @property
    def size(self) -> int:
        """Number of free degrees of freedom."""
        return len(self.indptr) - 1

    @property
    def rows(self) -> Int[np.ndarray, " nnz"]:
        """Row of every stored entry."""
        return np.repeat(np.arange(self.size), np.diff(self.indptr))


class Space(NamedTuple):
    """Arrays that describe the discretisation; they enter jitted functions as arguments.

    Captured index arrays would become constants and compile three to four times slower.
    `free [nf]` numbers the unknowns in the full vector (node i, direction k -> 2 i + k);
    `slots [m, 8, 8]` says where an element entry goes in the values of the tangent (nnz = nowhere).
    """

    cells: Int[np.ndarray, "m 4"]
    element: Element
    free: Int[np.ndarray, " nf"]
    slots: Int[np.ndarray, "m 8 8"]
    pattern: Pattern


class Case(NamedTuple):
    """One instance of the boundary-value problem: all that may depend on the parameters.

    Node coordinates `X [n, 2]`, material parameters `theta [k]`, dead nodal loads `force [n, 2]`
    per unit thickness, and prescribed values `displacement [n, 2]` (read where a degree of freedom
    is fixed).
    """

    X: Float[AnyArray, "n 2"]
    theta: Float[AnyArray, " k"]
    force: Float[AnyArray, "n 2"]
    displacement: Float[AnyArray, "n 2"]


def make_space(mesh: Mesh, fixed: Bool[np.ndarray, "n 2"]) -> Space:
    """Number the free degrees of freedom and lay out the tangent, once per mesh and supports.

    **Arguments:** `fixed [n, 2]` marks prescribed degrees of freedom. Raises `ConfigError` when
    nothing is free or its shape differs from that of the nodes.
    """
    if fixed.shape != mesh.points.shape or fixed.all():
        raise ConfigError(
            f"`fixed` must have the shape {mesh.points.shape} and leave something free: got shape "
            f"{fixed.shape} with {int((~fixed).sum())} free."
        )
    free = np.flatnonzero(~fixed.ravel())
    number = np.full(fixed.size, -1)
    number[free] = np.arange(len(free))
    dofs = number[(2 * mesh.cells[:, :, None] + np.arange(2)).reshape(len(mesh.cells), 8)]
    pattern, slots = _layout(dofs, len(free))
    return Space(mesh.cells, q4(), free, slots, pattern)


def _layout(dofs: Int[np.ndarray, "m 8"], size: int) -> tuple[Pattern, Int[np.ndarray, "m 8 8"]]:
    rows, columns = np.broadcast_arrays(dofs[:, :, None], dofs[:, None, :])
    kept = (rows >= 0) & (columns >= 0)
    keys, inverse = np.unique(rows[kept] * size + columns[kept], return_inverse=True)
    slots = np.full(rows.shape, len(keys))
    slots[kept] = inverse
    indptr = np.searchsorted(keys, np.arange(size + 1) * size)
    return Pattern(indptr.astype(np.int32), (keys % size).astype(np.int32)), slots


class System(NamedTuple):
    """The linearised equilibrium at one state.

    `residual [nf]` = internal minus external force plus the tangent times the pending increment of
    the prescribed displacements; `values [nnz]` of the tangent; `scale`, the norm of all element
    forces before they cancel and of the loads; the least det(∂X/∂ξ) and the least det F.
    """

    residual: Float[AnyArray, " nf"]
    values: Float[AnyArray, " nnz"]
    scale: Float[AnyArray, ""]
    least_J: Float[AnyArray, ""]
    least_F: Float[AnyArray, ""]


@functools.partial(jax.jit, static_argnums=0)
def linearise(
    material: Material,
    space: Space,
    case: Case,
    u: Float[AnyArray, "n 2"],
    increment: Float[AnyArray, "n 2"],
) -> System:
    """Assemble residual and tangent at `u`, with `increment` of prescribed displacement pending."""
    state = jax.vmap(
        lambda u, X: element_state(material, space.element, u, X, case.theta),
    )(u[space.cells], case.X[space.cells])
    pending = jnp.einsum("eaibk,ebk->eai", state.tangent, increment[space.cells])
    internal = jnp.zeros_like(u).at[space.cells].add(state.force + pending)
    nnz = len(space.pattern.indices)
    tangent = state.tangent.reshape(space.slots.shape)
    values = jnp.zeros(nnz + 1).at[space.slots].add(tangent)[:nnz]
    scale = jnp.sqrt(jnp.sum(state.force**2) + jnp.sum(case.force**2))
    residual = (internal - case.force).reshape(-1)[space.free]
    return System(residual, values, scale, state.least_J.min(), state.least_F.min())


def insert(space: Space, case: Case, z: Float[AnyArray, " nf"]) -> Float[AnyArray, "n 2"]:
    """Full displacement `[n, 2]` from the free values `z [nf]` and the prescribed ones."""
    shape = case.displacement.shape
    return jnp.asarray(case.displacement).reshape(-1).at[space.free].set(z).reshape(shape)


def potential(
    material: Material, space: Space, case: Case, u: Float[AnyArray, "n 2"]
) -> Float[AnyArray, ""]:
    """Potential energy Π: strain energy minus the work of the dead loads."""
    energies = jax.vmap(
        lambda u, X: energy(material, space.element, u, X, case.theta),
    )(u[space.cells], case.X[space.cells])
    return jnp.sum(energies) - jnp.sum(case.force * u)


def residual(
    material: Material, space: Space, case: Case, z: Float[AnyArray, " nf"]
) -> Float[AnyArray, " nf"]:
    """R = ∂Π/∂z of the free degrees of freedom, in a form that may be differentiated again."""
    return jax.grad(lambda z: potential(material, space, case, insert(space, case, z)))(z)
