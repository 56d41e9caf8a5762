"""The two eigenproblems A φ = λ B φ of a structure: their forms, and what assembles them.

K is the tangent. Vibration about the solution u: A = K(u), B = M; linear buckling: A = -K_σ(u) and
B = K(0), of which λ = 1/Λ is the inverse of the factor. Mass and stress stiffness act on every
component alike, and so a cell has one number for each pair of its nodes,

    M_ab = ∫ ρ N_a N_b dV,        (K_σ)_ab = ∫ ∂N_a · S · ∂N_b dV,

with the stress S of the law linearised at rest: of a law of small strain that of the solution.
"""

import abc
from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Float, Int

from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.elements.reference import reference
from sobolev.fem.elements.tables import tables
from sobolev.fem.kernel.cell import kinematics
from sobolev.fem.kernel.space import CHUNK, Parts
from sobolev.fem.responses.fields import At, Fields
from sobolev.fem.responses.response import one

Cells = Mapping[int, Int[AnyArray, " m"]]  # numbers of all cells of each piece
Modes = Float[AnyArray, "k n c"]
Form = Float[AnyArray, "k k"]


class Eigenproblem(abc.ABC):
    """A φ = λ B φ at a solution: one of the two is the tangent, the other one O is linear in ρ, S.

    `at_rest`: the tangent is that at rest, else that at the solution; `mass`: the bodies need
    densities; `inverted`: the tangent is A, and modes of least λ come first; else it is B, and
    those of greatest λ do; `nothing`: what to say where O is zero.
    """

    at_rest: bool
    mass: bool
    inverted: bool
    nothing: str

    @abc.abstractmethod
    def check(self, parts: Parts, components: int, dimension: int) -> None:
        """Raise `ConfigError` for laws and loads of which it makes no sense."""

    @abc.abstractmethod
    def other_form(self, fields: Fields, cells: Cells, modes: Modes) -> Form:
        """φ_i · O φ_j."""

    @abc.abstractmethod
    def other_values(self, fields: Fields, cells: Cells) -> Float[AnyArray, " nnz"]:
        """The stored entries of O, in the pattern of the tangent."""

    def mean(self, fields: Fields, cells: Cells, modes: Modes) -> Float[AnyArray, ""]:
        """T = tr((Φᵀ B Φ)⁻¹ Φᵀ A Φ) / k, with all cells of each piece."""
        A, B = self.forms(fields, cells, modes)
        if len(A) == 1:
            return A[0, 0] / B[0, 0]
        return jnp.trace(jnp.linalg.solve(B, A)) / len(A)

    def forms(self, fields: Fields, cells: Cells, modes: Modes) -> tuple[Form, Form]:
        """`(φ_i · A φ_j, φ_i · B φ_j)`, in a form that may be differentiated."""
        u = jnp.zeros_like(fields.u) if self.at_rest else fields.u
        stiff = jax.vmap(lambda mode: jax.jvp(fields.internal_at, (u,), (mode,))[1])(modes)
        tangent = jnp.einsum("inc,jnc->ij", modes, stiff)
        other = self.other_form(fields, cells, modes)
        return (tangent, other) if self.inverted else (other, tangent)


@dataclass(frozen=True)
class Vibration(Eigenproblem):
    """K(u) φ = λ M φ with the consistent mass matrix, λ = ω²."""

    at_rest = False
    mass = True
    inverted = True
    nothing = "no part of the structure has mass: give densities above zero."

    def check(self, parts: Parts, components: int, dimension: int) -> None:
        """Any law vibrates."""

    def other_form(self, fields: Fields, cells: Cells, modes: Modes) -> Form:
        """∫ ρ φ_i · φ_j dV."""
        total = jnp.zeros((len(modes), len(modes)))
        for number, chosen in cells.items():
            shapes, weights = _weighed(fields, number, chosen)
            nodes = jnp.asarray(fields.space.cells[number].nodes)[chosen]
            values = jnp.einsum("qa,imac->imqc", shapes, modes[:, nodes])
            total = total + jnp.einsum("mq,imqc,jmqc->ij", weights, values, values)
        return total

    def other_values(self, fields: Fields, cells: Cells) -> Float[AnyArray, " nnz"]:
        """Of M."""

        def of(number, chosen):
            shapes, weights = _weighed(fields, number, chosen)
            return _by_cells(lambda w: jnp.einsum("q,qa,qb->ab", w, shapes, shapes), weights)

        return _assembled(fields, cells, of)


@dataclass(frozen=True)
class Buckling(Eigenproblem):
    """-K_σ(u) φ = λ K(0) φ with the stress stiffness K_σ, λ = 1/Λ."""

    at_rest = True
    mass = False
    inverted = False
    nothing = "nothing is stressed, and nothing buckles: give the model loads."

    def check(self, parts: Parts, components: int, dimension: int) -> None:
        """Of displacements alone, under loads that keep their direction."""
        wrong = [piece.law for piece in parts.pieces if piece.law.traits().uses_value]
        if wrong or components != dimension:
            name = type((wrong or [parts.pieces[0].law])[0]).__name__
            raise ConfigError(
                f"buckling is of displacements in two or three dimensions, and {name} is not of "
                "them alone (of a ring the modes around it would be missed): take a law of "
                "mechanics in space or in the plane."
            )
        if parts.followers:
            load = type(parts.followers[0].load).__name__
            raise ConfigError(
                f"{load} follows the structure, and its stiffness is not part of linear buckling: "
                "take a dead load, or look at Eigenvalue(1) along a growing load."
            )

    def other_form(self, fields: Fields, cells: Cells, modes: Modes) -> Form:
        """-∫ S : (∂φ_iᵀ ∂φ_j) dV."""
        total = jnp.zeros((len(modes), len(modes)))
        for number, chosen in cells.items():
            S, volumes = fields.at_each(_stress, number, chosen)

            def slopes(mode, number=number, chosen=chosen):
                return fields._replace(u=mode).at_each(_gradient, number, chosen)[0]

            H = jax.vmap(slopes)(modes)
            total = total - jnp.einsum("mq,mqde,imqcd,jmqce->ij", volumes, S, H, H)
        return total

    def other_values(self, fields: Fields, cells: Cells) -> Float[AnyArray, " nnz"]:
        """Of -K_σ."""

        def of(number, chosen):
            piece = fields.space.cells[number]
            S, volumes = fields.at_each(_stress, number, chosen)

            def of_cell(X, S, w):
                G, _ = kinematics(X, piece.tables.gradients)
                return -jnp.einsum("q,qad,qde,qbe->ab", w, G, S, G)

            return _by_cells(of_cell, fields.case.X[jnp.asarray(piece.nodes)[chosen]], S, volumes)

        return _assembled(fields, cells, of)


def _weighed(fields: Fields, number: int, chosen):
    """`(shape functions, ρ dV)` at points that integrate their products: one point has no rank."""
    element = reference(fields.parts.pieces[number].element)
    table = tables(element.name, max(element.exact, 2 * element.degree + 1))
    _, volumes = fields.of_piece(one, number, chosen, table)
    return table.shapes, volumes * fields.density(number, chosen, table)


def _gradient(at: At) -> Float[AnyArray, "c d"]:
    return at.gradient


def _stress(at: At) -> Float[AnyArray, "d d"]:
    d = at.gradient.shape[1]
    return at.linear_stress[:d, :d]


def _by_cells(function, *arrays) -> Float[AnyArray, "m a a"]:
    """One matrix of each cell, by chunks: at the points of all cells at once they would not fit."""
    return jax.lax.map(lambda each: function(*each), arrays, batch_size=CHUNK)


def _assembled(fields: Fields, cells: Cells, of) -> Float[AnyArray, " nnz"]:
    """The sum over all cells of matrices that act on every component alike."""
    nnz, c = len(fields.space.pattern.indices), fields.u.shape[1]
    values = jnp.zeros(nnz + 1)
    for number, chosen in cells.items():
        matrices = of(number, chosen)
        slots = jnp.asarray(fields.space.cells[number].slots)[chosen]
        for k in range(c):
            values = values.at[slots[:, k::c, k::c]].add(matrices)
    return values[:nnz]
