"""Small vibrations of atoms around a minimum: frequencies, shapes, and how they change."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize

from sobolev._base.arrays import points
from sobolev._base.errors import ConfigError, DataError, Diverged
from sobolev.function.function import Function, required

STILL = 1e-6  # of the largest curvature × the size of the atoms: forces that count as none


@dataclass(frozen=True, eq=False)
class NormalModes:
    """λ v = M^(−1/2) H M^(−1/2) v of N atoms, without moving and turning as a whole.

    `squares [m]` are λ = ω², rising; `shapes [m, 3N]` the v, orthonormal in mass-weighted
    coordinates √M x; `masses [3N]`.
    """

    squares: Float[np.ndarray, " m"]
    shapes: Float[np.ndarray, "m d"]
    masses: Float[np.ndarray, " d"]

    @property
    def frequencies(self) -> Float[np.ndarray, " m"]:
        """√λ `[m]`, angular, in the units of √(energy/mass)/length; −√−λ where it is unstable."""
        return np.sign(self.squares) * np.sqrt(np.abs(self.squares))

    def changes(
        self, by: Float[np.ndarray, "... d d"], alike: float = 1e-6
    ) -> Float[np.ndarray, "... m"]:
        """dλ = vᵀ M^(−1/2) dH M^(−1/2) v of each mode, for changes dH of the Hessian.

        Of modes whose λ are one within `alike` of the largest, only the mean changes smoothly: each
        of the group gets it. dω = dλ/2ω. Raises `DataError` for other shapes.

        ```python
        modes.changes((hessian(x, p + h) - hessian(x, p - h)) / (2 * h))
        ```
        """
        dH, d = np.asarray(by, float), len(self.masses)
        if dH.shape[-2:] != (d, d):
            raise DataError(f"changes of a Hessian are [..., {d}, {d}]: got {dH.shape}.")
        v = self.shapes / np.sqrt(self.masses)
        each = np.einsum("mi,...ij,mj->...m", v, dH, v)
        gaps = np.diff(self.squares) > alike * np.abs(self.squares).max(initial=0.0)
        group = np.concatenate([[0], np.cumsum(gaps)])
        members = (group[:, None] == group).astype(float)
        return each @ (members / members.sum(axis=0))


def normal_modes(
    function: Function,
    x: Float[np.ndarray, " d"],
    masses: Float[np.ndarray, " N"] | float = 1.0,
) -> NormalModes:
    """The vibrations of a function of 3N coordinates, an energy, around its minimum x `[3N]`.

    Moving and turning as a whole are projected out: 6 modes, 5 of atoms on a line. x has to be a
    minimum of *this* function, `relaxed(function, x)`: at that of another one, forces that are left
    turn up as curvatures.

    **Arguments:** `masses`: of each atom, or of all. Raises `ConfigError` for other functions and
    masses, `DataError` where forces are left.

    Source: E. B. Wilson, J. C. Decius, P. C. Cross, Molecular Vibrations (1955), chapter 2.

    ```python
    modes = dynamics.normal_modes(surrogate, dynamics.relaxed(surrogate, x))
    modes.frequencies, modes.changes(dH)
    ```
    """
    x, m = _of_atoms(function, x), np.asarray(masses, float)
    if m.shape not in ((), (len(x) // 3,)) or not (np.isfinite(m) & (m > 0)).all():
        raise ConfigError(f"masses are one positive number, or one for each atom: got {masses!r}.")
    m = np.repeat(np.broadcast_to(m, len(x) // 3), 3)
    _, slopes, hessian = function.derivatives(x, 2)
    left, size = np.abs(slopes[0]).max(), np.abs(hessian[0]).max() * np.ptp(x)
    if left > STILL * size:
        raise DataError(
            f"a force of {left:.1e} is left at x: frequencies belong to a minimum, take "
            "dynamics.relaxed(function, x) first."
        )
    inside = _inside(x.reshape(-1, 3), np.sqrt(m))
    weighted = hessian[0] / np.sqrt(np.outer(m, m))
    squares, found = np.linalg.eigh(inside.T @ weighted @ inside)
    return NormalModes(squares, (inside @ found).T, m)


def relaxed(function: Function, x: Float[np.ndarray, " d"]) -> Float[np.ndarray, " d"]:
    """The minimum of an energy of 3N coordinates next to x `[3N]`, by Newton's steps.

    In a trust region; moving and turning as a whole cost nothing and are not done. Raises
    `Diverged` where there is none: forces are left, or the atoms leave each other; `ConfigError`
    for other functions.

    ```python
    minimum = dynamics.relaxed(fitted.surrogate, x)
    ```
    """
    start = _of_atoms(function, x)

    inside = _inside(start.reshape(-1, 3), np.ones(len(start)))

    def energy(z: np.ndarray) -> tuple[float, np.ndarray]:
        y, slopes = function.derivatives(start + inside @ z, 1)
        return float(y[0]), slopes[0] @ inside

    def hessian(z: np.ndarray) -> np.ndarray:
        return inside.T @ function.hessian(start + inside @ z)[0] @ inside

    none = np.zeros(inside.shape[1])
    scale = np.abs(hessian(none)).max() * np.ptp(start)
    found = minimize(
        energy, none, jac=True, hess=hessian, method="trust-exact",
        options={"gtol": 1e-4 * STILL * scale, "maxiter": 200},
    )  # fmt: skip
    x = start + inside @ found.x
    left = np.abs(function.jacobian(x)).max()
    if not left <= STILL * scale:
        raise Diverged(
            f"there is no minimum near x: after {found.nit} steps a force of {left:.1e} is left."
        )
    return x


def _of_atoms(function: Function, x: Float[np.ndarray, " d"]) -> Float[np.ndarray, " d"]:
    required("function", function)
    d, q = len(function.inputs), len(function.outputs)
    if d % 3 or d < 6 or q != 1:
        raise ConfigError(
            "vibrations are those of an energy, one output, of three coordinates for each of two "
            f"atoms or more: got {d} inputs and {q} outputs."
        )
    row, single = points("x", x, function.inputs)
    if not single:
        raise DataError(f"x is one configuration [{d}]: got {row.shape}.")
    return row[0]


def _inside(places: Float[np.ndarray, "N 3"], root: Float[np.ndarray, " d"]) -> np.ndarray:
    """An orthonormal basis `[3N, m]` of what neither moves nor turns the whole."""
    middle = (root[::3] ** 2) @ places / np.sum(root[::3] ** 2)
    moved = [np.tile(axis, len(places)) for axis in np.eye(3)]
    turned = [np.cross(axis, places - middle).ravel() for axis in np.eye(3)]
    rigid = np.stack(moved + turned, axis=1) * root[:, None]
    u, s, _ = np.linalg.svd(rigid)
    return u[:, np.sum(s > 1e-8 * s[0]) :]
