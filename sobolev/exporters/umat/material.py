"""What a strain energy says to a solver: stress and tangent in the frame that it wants."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

# Components of Green's strain as energies here take them, 11 22 33 23 13 12, shears twice …
GREEN = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
# … and of stresses as the interface has them, 11 22 33 12 13 23.
UMAT = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
# … but 11 22 33 12 23 31 in Abaqus/Explicit, of stretches too.
EXPLICIT = ((0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (0, 2))


class Material(NamedTuple):
    """ψ = W + κ/2 ((J² - 1)/2 - ln J) of a reference volume; W of 6 or of 9 inputs."""

    energy: Callable
    inputs: int
    kappa: float | None

    def spatial(
        self, F: Float[Array, "3 3"]
    ) -> tuple[Float[Array, ""], Float[Array, " 6"], Float[Array, "6 6"]]:
        """(ψ, τ, Jc): Kirchhoff's stress and the tangent of its Truesdell rate, times J.

        Of W(E): τ_ij = F_iA S_AB F_jB and Jc_ijkl = F_iA F_jB F_kC F_lD ∂S_AB/∂E_CD; of W(H):
        τ = P Fᵀ and Jc_ijkl = F_jJ F_lL ∂P_iJ/∂F_kL - τ_jl δ_ik.
        """
        tangent = self._tangent_of_green(F) if self.inputs == 6 else self._tangent_of_gradient(F)
        if self.kappa is not None:
            tangent = tangent + _volumetric_tangent(F, self.kappa)
        return *self.stress(F), tangent

    def stress(self, F: Float[Array, "3 3"]) -> tuple[Float[Array, ""], Float[Array, " 6"]]:
        """(ψ, τ), for who needs no tangent."""
        psi, tau = self._of_green(F) if self.inputs == 6 else self._of_gradient(F)
        if self.kappa is None:
            return psi, tau
        more, pressure = _volumetric(F, self.kappa)
        return psi + more, tau + pressure

    def _psi(self, x):
        return self.energy(x)[0]

    def _of_green(self, F):
        x = _green(F)
        return self._psi(x), _pushed(F) @ jax.grad(self._psi)(x)

    def _tangent_of_green(self, F):
        push = _pushed(F)
        return push @ jax.hessian(self._psi)(_green(F)) @ push.T

    def _of_gradient(self, F):
        h = _gradient(F)
        return self._psi(h), _vector(_symmetric(self._tau(F)))

    def _tau(self, F):
        return jnp.reshape(jax.grad(self._psi)(_gradient(F)), (3, 3)) @ F.T

    def _tangent_of_gradient(self, F):
        A = jnp.reshape(jax.hessian(self._psi)(_gradient(F)), (3,) * 4)
        moved = jnp.einsum("jJ,iJkL,lL->ijkl", F, A, F)
        full = moved - jnp.einsum("jl,ik->ijkl", self._tau(F), np.eye(3))
        # of an energy that is not quite objective: the part that is symmetric
        full = (full + full.transpose(1, 0, 2, 3)) / 2
        full = (full + full.transpose(0, 1, 3, 2)) / 2
        return jnp.stack([_vector(full[i, j]) for i, j in UMAT])


def of_jaumann(material: Material, f: Float[Array, " 9"]) -> tuple:
    """(ψ, σ, D) of F column by column: D is the Jaumann rate of τ by the rate of stretching, / J.

    D_ijkl = c_ijkl + (σ_ik δ_jl + σ_jk δ_il + σ_il δ_jk + σ_jl δ_ik) / 2.
    """
    F = jnp.reshape(f, (3, 3)).T
    psi, tau, tangent = material.spatial(F)
    J = _determinant(F)
    return psi, tau / J, (tangent + _turning(tau)) / J


def of_truesdell(material: Material, u: Float[Array, " 9"]) -> tuple:
    """(ψ, σ, Jc) of the stretch U: CalculiX turns both by R, and wants its tangent without 1/J."""
    U = jnp.reshape(u, (3, 3)).T
    psi, tau, tangent = material.spatial(U)
    return psi, tau / _determinant(U), tangent


def of_stretch(material: Material, u: Float[Array, " 6"]) -> tuple:
    """(ψ, σ) in the frame that R turns, of U as Abaqus/Explicit has it: J⁻¹ U S U = Rᵀ σ R."""
    at = {pair: n for n, pair in enumerate(EXPLICIT)}
    U = jnp.stack([jnp.stack([u[at[min(i, j), max(i, j)]] for j in range(3)]) for i in range(3)])
    psi, tau = material.stress(U)
    return psi, tau[np.array([UMAT.index(pair) for pair in EXPLICIT])] / _determinant(U)


def _green(F):
    E = 0.5 * (F.T @ F - jnp.eye(3))
    return jnp.stack([E[a] if a[0] == a[1] else 2 * E[a] for a in GREEN])


def _gradient(F):
    return jnp.reshape(F - jnp.eye(3), -1)


def _pushed(F):
    return jnp.stack([jnp.stack([_push(F, ij, ab) for ab in GREEN]) for ij in UMAT])


def _symmetric(tensor):
    return (tensor + tensor.T) / 2


def _push(F, ij: tuple[int, int], ab: tuple[int, int]):
    (i, j), (a, b) = ij, ab
    return F[i, a] * F[j, b] if a == b else F[i, a] * F[j, b] + F[i, b] * F[j, a]


def _volumetric(F, kappa: float):
    """p̂ = κ/2 (J² - 1): τ = p̂ 1."""
    J = _determinant(F)
    energy = kappa / 2 * ((J**2 - 1) / 2 - jnp.log(J))
    return energy, kappa / 2 * (J**2 - 1) * np.array([1.0, 1, 1, 0, 0, 0])


def _volumetric_tangent(F, kappa: float):
    """Jc = κ J² 1⊗1 - 2 p̂ I."""
    J = _determinant(F)
    one = np.array([1.0, 1, 1, 0, 0, 0])
    half = np.diag([1.0, 1, 1, 0.5, 0.5, 0.5])
    return kappa * J**2 * np.outer(one, one) - kappa * (J**2 - 1) * half


def _turning(tau):
    """(τ_ik δ_jl + τ_jk δ_il + τ_il δ_jk + τ_jl δ_ik) / 2."""
    at = {pair: n for n, pair in enumerate(UMAT)}

    def entry(i: int, j: int, k: int, m: int):
        four = (i, k, j, m), (j, k, i, m), (i, m, j, k), (j, m, i, k)
        found = [tau[at[min(a, b), max(a, b)]] for a, b, c, d in four if c == d]
        return sum(found, start=jnp.zeros(())) / 2

    return jnp.stack([jnp.stack([entry(*ij, *kl) for kl in UMAT]) for ij in UMAT])


def _vector(tensor):
    return jnp.stack([tensor[pair] for pair in UMAT])


def _determinant(F):
    return (
        F[0, 0] * (F[1, 1] * F[2, 2] - F[1, 2] * F[2, 1])
        - F[0, 1] * (F[1, 0] * F[2, 2] - F[1, 2] * F[2, 0])
        + F[0, 2] * (F[1, 0] * F[2, 1] - F[1, 1] * F[2, 0])
    )
