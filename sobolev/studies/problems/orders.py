"""Five orders of derivatives: the public benchmark of inverse-Dirichlet weighting, made smaller."""

import jax
import jax.numpy as jnp
import numpy as np

from sobolev.data.dataset import Dataset
from sobolev.losses import Equation, derivatives_along
from sobolev.networks.families.sine import SineNetwork
from sobolev.studies.problems.problem import Problem
from sobolev.surrogate import Surrogate

SIDE = 16  # points along each side of the square
WAVES = 20
# Costly: not all of them, but one of each kind.
SCHEMES = (
    "unweighted", "inverse_norm", "config", "rate_annealing", "inverse_dirichlet", "log_sum",
    "relobralo_balanced", "cosine_sum_exp", "mgda_balanced", "multi_adam",
)  # fmt: skip
NAMES = "1st order", "2nd order", "3rd order", "4th order"


def orders() -> Problem:
    """u on [0, 2π]² from u, (∂x+∂y)u, Δu, (∂x³+∂y³)u and (∂x⁴+∂y⁴)u: energies over 3·10⁴.

    u = Σ a cos(k_x x + φ) b sin(k_y y + ψ) over the 20 waves that the script of Maddu et
    al. draws for its first function; 128 points of a checkerboard to train on and 128 to validate,
    in place of its 8192, and a sine network 24-24 in place of 64×5. Source: Maddu, Sturm, Müller &
    Sbalzarini, arXiv 2107.00940, and the script `sobolev/sobolev.py` of its repository.
    """
    axis = 2 * np.pi * (np.arange(SIDE) + 0.5) / SIDE
    x = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    even = np.indices((SIDE, SIDE)).sum(axis=0).ravel() % 2 == 0
    labels = exact(x)
    train = Dataset(x[even], labels[even, :1], inputs=("x", "y"), outputs=("u",))
    # In the unit of u, as its values are: else those would be nothing beside the fourth order.
    unit = float(np.std(train.y))
    equations = Equation(NAMES, operators, x[even], labels[even, 1:], order=4, scale=unit)
    held, wanted = jnp.asarray(x[~even]), labels[~even]

    def errors(surrogate: Surrogate) -> dict[str, float]:
        u = surrogate.as_function()
        found = jax.jit(jax.vmap(lambda p: jnp.concatenate([u(p), operators(u, p)])))(held)
        off = np.sqrt(np.mean((np.asarray(found) - wanted) ** 2, axis=0))
        relative = off / np.sqrt(np.mean(wanted**2, axis=0))
        return dict(zip(("u", *NAMES), relative.tolist(), strict=True))

    return Problem(
        train, errors, _sine, (equations,), hidden=(24, 24), steps=800,
        rates=(3e-3, 1e-2, 3e-2), variants=("plain", "β₂ = 0.99"), schemes=SCHEMES,
    )  # fmt: skip


def operators(u, point):
    """Orders 1 to 4: ∂x^k u + ∂y^k u."""
    x, y = (derivatives_along(u, point, unit, 4)[1:, 0] for unit in jnp.eye(2))
    return x + y


def exact(x: np.ndarray) -> np.ndarray:
    """u and its four operators at points `[n, 2]`: `[n, 5]`."""
    draw = np.random.RandomState(3)
    waves = np.array([_wave(draw) for _ in range(WAVES)]).T
    a, b, φ, ψ, k_x, k_y = waves
    along, across = k_x * x[:, :1] + φ, k_y * x[:, 1:] + ψ
    quarter = np.pi / 2  # each derivative turns a wave by a quarter

    def order(k):
        by_x = k_x**k * np.cos(along + k * quarter) * np.sin(across)
        by_y = k_y**k * np.cos(along) * np.sin(across + k * quarter)
        return np.sum(a * b * (by_x + by_y), axis=1) / (2 if k == 0 else 1)

    return np.stack([order(k) for k in range(5)], axis=1)


def _wave(draw: np.random.RandomState) -> tuple:
    """Amplitudes, phases, wave numbers, in the order in which the script draws them."""
    a, b = 10 * draw.rand() - 5, 10 * draw.rand() - 5
    φ, ψ = 2 * np.pi * draw.rand(), 2 * np.pi * draw.rand()
    return a, b, φ, ψ, draw.randint(1, 5), draw.randint(1, 5)


def _sine(data: Dataset, hidden: tuple[int, ...], seed: int) -> Surrogate:
    return Surrogate.new(data, SineNetwork(hidden), key=seed)
