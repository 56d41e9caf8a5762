"""A network as a material: trained on energy, stress and tangent, and solved like any other law.

The strain energy is a network of invariants. Learnt from 200 strains of a neo-Hookean law with
stresses and tangents, it takes the place of that law in Cook's membrane, in ten load steps:
Newton's method goes the same way. Learnt from the three tests of Treloar's rubber, whose nominal
stresses are derivatives of the energy along a path, it follows all of them at once.
"""

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev import fem, networks
from sobolev.data import stack
from sobolev.function import of_jax
from sobolev.losses import Group
from sobolev.optimisers import LevenbergMarquardt
from sobolev.problems import TRELOAR

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "Newton iterations against those of the exact law, the largest difference of a step": (0, 0),
    "tip displacement over that of the exact law": (1.0, 1e-3),
    "R² of uniaxial tension": (1.0, 0.005),
    "R² of pure shear": (1.0, 0.005),
    "R² of equibiaxial tension": (1.0, 0.005),
}
STRAINS = "E11", "E22", "E33", "2E23", "2E13", "2E12"
GRADIENT = tuple(f"H{i}{j}" for i in "123" for j in "123")
TENSOR = np.array([[0, 5, 4], [5, 1, 3], [4, 3, 2]])
LAW = fem.NeoHooke(E=208.5, nu=0.3)


def energy(law: fem.Energy) -> sb.Function:
    """The energy of a law as a function of Green's strain: stress and tangent are its slopes."""

    def W(x):
        C = jnp.eye(3) + x[TENSOR] * (1 + np.eye(3))
        # any F with FᵀF = C will do, since a law does not see rotations
        return law.density(jnp.linalg.cholesky(C).T - np.eye(3))[None]

    return of_jax(W, STRAINS, ("W",), ("MPa",))


def strains(count: int, seed: int = 0, stretches: tuple[float, float] = (0.75, 1.35)) -> np.ndarray:
    """Green's strains of principal stretches in this range, in random directions."""
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.normal(size=(count, 3, 3)))[0]
    squares = rng.uniform(*stretches, (count, 3)) ** 2
    E = (Q @ (squares[..., None] * Q.swapaxes(1, 2)) - np.eye(3)) / 2
    pairs = (0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)
    return np.stack([(1 if i == j else 2) * E[:, i, j] for i, j in pairs], 1)


def labelled(law: fem.Energy, x: np.ndarray) -> sb.Dataset:
    """Energy W, stress S and tangent ∂S/∂E at these strains."""
    W, S, tangent = energy(law).derivatives(x, 2)
    return sb.Dataset(
        x, W, jacobian=S, hessian=tangent, inputs=STRAINS, outputs=("W",), output_units=("MPa",)
    )


def trained(
    data: sb.Dataset, network: networks.Architecture, order: int = 2, seed: int = 0, steps: int = 60
) -> sb.Surrogate:
    """A surrogate of the labels up to this order; each order has a weight of its own."""
    return sb.fit(
        sb.Surrogate.new(data, network, key=seed), data,
        loss=sb.SobolevLoss.of(data, order=order, group="by_order"),
        optimiser=LevenbergMarquardt(), epochs=steps, records=1, check=False,
    ).surrogate  # fmt: skip


def panel(X):
    """The unit square as Cook's membrane."""
    x, y = X[:, 0], X[:, 1]
    return jnp.stack([48 * x, 44 * x + y * (44 - 28 * x)], 1)


def membrane(law: fem.Law, cells: int = 6) -> fem.Model:
    """Clamped at the left, sheared at the right by 100 N/mm in ten load steps; plane strain."""
    return fem.Model(
        fem.grid((cells, cells), "quad9").at("middle", (1.0, 0.5)),
        bodies=[fem.Body(fem.PlaneStrain(law))],
        supports=[fem.Fixed("left")],
        loads=[fem.TotalForce("right", (0.0, 100.0))],
        responses={"deflection": fem.Displacement("middle", 1)},
        geometry=fem.Shape(panel),
        path=fem.Path(tuple(np.linspace(0, 1, 11)[1:])),
    )


def followed(law: fem.Law) -> tuple[list[tuple[tuple[float, ...], ...]], float]:
    """Newton's residuals in each load step, and the deflection at the end."""
    model = membrane(law)
    found = fem.solutions(model, np.zeros(0))
    return [each.residuals for each in found], float(found[-1].u[model.mesh.nodes("middle")[0], 1])


def counts(residuals: list) -> np.ndarray:
    """Iterations in each load step, those of halved ones together."""
    return np.array([sum(map(len, step)) for step in residuals])


def rubber_data() -> dict[str, sb.Dataset]:
    """Treloar's tests: derivatives of the energy along their paths; and no energy at rest."""
    found = {}
    for name, test in TRELOAR.items():
        x, along = test.path()
        slopes = (test.faces * test.stress)[:, None, None]
        found[name] = sb.Dataset(
            x, jvp=slopes, directions=along[:, None], inputs=GRADIENT, outputs=("W",),
            output_units=("MPa",),
        )  # fmt: skip
    at = np.zeros((1, 9)), np.zeros((1, 1))
    rest = sb.Dataset(*at, inputs=GRADIENT, outputs=("W",), output_units=("MPa",))
    return found | {"at rest": rest}


def rubber(
    network: networks.Architecture,
    seed: int = 0,
    steps: int = 400,
    parts: Sequence[Group] = (),
) -> sb.Surrogate:
    """An energy of rubber from all three tests; `parts` of them with weights of their own."""
    data = stack(*rubber_data().values())
    start = sb.Surrogate.new(data, networks.Potential(network, networks.Isochoric()), key=seed)
    return sb.fit(
        start, parts or data, optimiser=LevenbergMarquardt(), epochs=steps,
        records=1, check=False,
    ).surrogate  # fmt: skip


def stress(surrogate: sb.Surrogate, name: str, stretch: np.ndarray | None = None) -> np.ndarray:
    """The nominal stress in a test: of an incompressible body, from the energy along its path."""
    test = TRELOAR[name]
    return surrogate.jvp(*test.path(stretch))[1][:, 0] / test.faces


def ogden(name: str, stretch: np.ndarray) -> np.ndarray:
    """Ogden's law with three terms, refitted to the same tables, all three tests weighted alike."""
    e = {"uniaxial": -0.5, "pure shear": -1.0, "equibiaxial": -2.0}[name]
    terms = zip((0.414233, 1.891294e-5, -5.307016e-3), (1.765898, 7.043219, -2.244682), strict=True)
    return sum(μ * (stretch ** (α - 1) - stretch ** (e * α - 1)) for μ, α in terms)


def determination(found: np.ndarray, measured: np.ndarray) -> float:
    """R² = 1 - Σ (error)² / Σ (deviation from the mean)²."""
    return 1 - np.sum((found - measured) ** 2) / np.sum((measured - measured.mean()) ** 2)


@functools.cache
def material() -> sb.Surrogate:
    """The potential of the neo-Hookean law."""
    network = networks.Potential(networks.MLP((12,), networks.softplus))
    return trained(labelled(LAW, strains(200)), network)


@functools.cache
def treloar() -> sb.Surrogate:
    """The potential of Treloar's rubber."""
    return rubber(networks.MLP((8,), networks.softplus))


def main() -> dict[str, float]:
    """A learnt law in the place of the one that it was learnt from, and one of measurements."""
    (exact, tip), (ours, reached) = followed(LAW), followed(fem.Hyperelastic(material()))
    print(f"deflection {reached:.5f} mm, of the exact law {tip:.5f} mm")
    print("residuals in the last step:", *(f"{r:.1e}" for r in ours[-1][-1]))
    print("         of the exact law: ", *(f"{r:.1e}" for r in exact[-1][-1]))
    found = {
        "Newton iterations against those of the exact law, the largest difference of a step": int(
            np.abs(counts(ours) - counts(exact)).max()
        ),
        "tip displacement over that of the exact law": reached / tip,
    }
    names = ("uniaxial tension", "pure shear", "equibiaxial tension")
    for called, (name, test) in zip(names, TRELOAR.items(), strict=True):
        found[f"R² of {called}"] = determination(stress(treloar(), name), test.stress)
    return found


def figure() -> Figure:
    """How Newton's method converges, and the stresses of rubber."""
    made = Figure(figsize=(9, 4), layout="constrained")
    left, right = made.subplots(1, 2)
    for law, style, label in (
        (LAW, "ko", "exact law"), (fem.Hyperelastic(material()), "C0-", "network"),
    ):  # fmt: skip
        at, heights = [], []
        for step, residuals in enumerate(followed(law)[0]):
            for each in residuals:
                at += [*(step + np.arange(len(each)) / len(each)), np.nan]
                heights += [*each, np.nan]
        left.semilogy(at, heights, style, label=label, ms=4, mfc="none")
    left.set(xlabel="load step", ylabel="relative residual")
    left.legend()
    for colour, (name, test) in zip(("C0", "C1", "C2"), TRELOAR.items(), strict=True):
        λ = np.linspace(1.001, test.stretch.max(), 200)
        right.plot(test.stretch, test.stress, "o", color=colour, ms=3, label=name)
        right.plot(λ, stress(treloar(), name, λ), "-", color=colour)
        right.plot(λ, ogden(name, λ), ":", color=colour)
    right.set(xlabel="stretch; lines: network, dotted: Ogden, three terms",
              ylabel="nominal stress in MPa")  # fmt: skip
    right.legend()
    return made


if __name__ == "__main__":
    for name, value in main().items():
        print(f"{name}: {value:.6g}")
