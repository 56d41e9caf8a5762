"""Tables of one response with exact slopes, and values that failed runs leave in them.

Slopes are by the complex step (J. N. Lyness, C. B. Moler, SIAM J. Numer. Anal. 4 (1967) 202), so
that a table of any shape costs nothing to make.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import qmc

from sobolev import Dataset

PI, STEP = np.pi, 1e-30


@dataclass(frozen=True)
class Response:
    """A function of rows `[n, d]` and its box `[d, 2]`; `least` rows that it takes to be seen."""

    name: str
    function: Callable
    box: np.ndarray
    least: int = 40


def _branin(x):
    a, b = x.T
    valley = (b - 5.1 / (4 * PI**2) * a**2 + 5 / PI * a - 6) ** 2
    return valley + 10 * (1 - 1 / (8 * PI)) * np.cos(a) + 10


def _ishigami(x):
    return np.sin(x[:, 0]) * (1 + 0.1 * x[:, 2] ** 4) + 7 * np.sin(x[:, 1]) ** 2


def _friedman(x):
    a, b, c, d, e = x.T
    return 10 * np.sin(PI * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e


def _piston(x):
    mass, area, volume, stiffness, pressure, gas = x.T
    force = pressure * area + 19.62 * mass - stiffness * volume / area
    stroke = area / (2 * stiffness) * (np.sqrt(force**2 + 4 * stiffness * gas) - force)
    return 2 * PI * np.sqrt(mass / (stiffness + area**2 * gas / stroke**2))


def _box(*bounds) -> np.ndarray:
    return np.array(bounds, float)


SMOOTH = (
    Response("oscillation", lambda x: np.exp(x[:, 0]) * np.sin(7 * x[:, 0]), _box((-1, 1))),
    Response("sin 2a + b²", lambda x: np.sin(2 * x[:, 0]) + x[:, 1] ** 2, _box((-1, 1), (-1, 1))),
    Response("Branin", _branin, _box((-5, 10), (0, 15))),
    Response(
        "beam",
        lambda x: 4 * x[:, 0] ** 3 / (x[:, 1] * x[:, 2] ** 3),
        _box((80, 120), (1.8e5, 2.4e5), (8, 12)),
    ),
    Response("Ishigami", _ishigami, _box(*[(-PI, PI)] * 3), 250),
    Response(
        "four",
        lambda x: x[:, 0] * np.exp(-x[:, 1]) + np.sin(2 * x[:, 2] * x[:, 3]),
        _box(*[(-1, 1)] * 4),
    ),
    Response("Friedman", _friedman, _box(*[(0, 1)] * 5)),
    Response(
        "piston",
        _piston,
        _box((30, 60), (0.005, 0.02), (0.002, 0.01), (1e3, 5e3), (9e4, 1.1e5), (5, 13)),
    ),
)
TWO, THREE = _box(*[(-1, 1)] * 2), _box(*[(-1, 1)] * 3)


def _kink(x):
    return _part(x[:, 0] > 0, x[:, 0], -x[:, 0]) + x[:, 1]


def _contact(x):
    return _part(x[:, 0] > x[:, 1], x[:, 0] - x[:, 1], 0 * x[:, 0])


def _peak(x):
    return np.exp(-200 * (x[:, 0] ** 2 + x[:, 1] ** 2)) + 0.3 * x[:, 0]


def _rastrigin(x):
    return np.sum(x**2 - 10 * np.cos(2 * PI * x), axis=1)


ROUGH = (
    Response("Rastrigin", _rastrigin, _box(*[(-1, 1.5)] * 2)),
    Response("kink", _kink, TWO),
    Response("jump", lambda x: x[:, 0] ** 2 + x[:, 1] + (x[:, 1] > 0.2), TWO),
    Response("contact", _contact, THREE),
    Response("steep", lambda x: np.tanh(20 * (x[:, 0] - x[:, 1])) + x[:, 1], TWO),
    Response("peak", _peak, TWO),
    Response("resonance", lambda x: 1 / (1e-3 + (x[:, 0] - 0.3) ** 2), _box((-1, 1))),
    Response("exponential", lambda x: np.exp(4 * x.sum(1)), THREE),
    Response("steps", lambda x: 0 * x[:, 0] + np.floor(3 * x[:, 0].real), TWO),
    Response("waves", lambda x: np.sin(40 * x[:, 0] + 30 * x[:, 1]), TWO),
    Response("corner", lambda x: np.sqrt(x[:, 0] + 1 + 1e-9) * x[:, 1], TWO),
)


def _part(mask, one, other):
    return np.where(mask, one, other)


DESIGNS = ("latin hypercube", "uniform", "Sobol", "grid", "clusters")


def points(design: str, rows: int, d: int, rng: np.random.Generator) -> np.ndarray:
    """About `rows` points of the unit cube; a grid has as many as its full levels."""
    if design == "latin hypercube":
        return qmc.LatinHypercube(d, seed=rng).random(rows)
    if design == "Sobol":
        return qmc.Sobol(d, seed=rng).random(2 ** int(np.ceil(np.log2(rows))))[:rows]
    if design == "grid":
        levels = max(2, round(rows ** (1 / d)))
        axes = np.meshgrid(*[np.linspace(0, 1, levels)] * d, indexing="ij")
        return np.stack([axis.ravel() for axis in axes], axis=1)[rng.permutation(levels**d)]
    if design == "clusters":
        centres = rng.random((5, d))
        near = centres[rng.integers(5, size=rows)] + 0.12 * rng.normal(size=(rows, d))
        return np.clip(near, 0, 1) * 0.98 + 0.02 * rng.random((rows, d))
    return rng.random((rows, d))


def table_of(
    response: Response, rows: int, seed: int, design: str = "latin hypercube", slopes: float = 1.0
) -> Dataset:
    """With the slopes of a share of the rows (0: none)."""
    rng = np.random.default_rng([seed, rows, len(response.box)])
    low, high = response.box.T
    x = low + (high - low) * points(design, rows, len(low), rng)
    d = x.shape[1]
    steps = [response.function(x + 1j * STEP * np.eye(d)[j]).imag / STEP for j in range(d)]
    jacobian = np.stack(np.broadcast_arrays(*steps), axis=1)[:, None]
    absent = rng.random(len(x)) >= slopes
    jacobian[absent] = np.nan
    y = response.function(x.astype(complex)).real[:, None]
    return Dataset(x, y, None if absent.all() else jacobian)


@dataclass(frozen=True)
class Wrong:
    """A table with wrong values in some `rows`; `same` when all hold the same stand-in."""

    data: Dataset
    rows: tuple[int, ...]
    same: bool = False


def with_wrong_values(data: Dataset, sizes, seed: int) -> Wrong:
    """Values off by so many standard deviations (one row each), up or down, at drawn rows."""
    rng = np.random.default_rng([seed, 5])
    rows, y = np.sort(rng.choice(len(data), len(sizes), replace=False)), data.y.copy()
    y[rows, 0] += np.asarray(sizes) * data.y.std() * rng.choice([-1.0, 1.0], len(sizes))
    return Wrong(replace(data, y=y), tuple(map(int, rows)))


STAND_INS = ("huge", "flag", "below", "zero")


def with_stand_ins(data: Dataset, kind: str, count: int, seed: int) -> Wrong:
    """The same value in `count` rows: 1e20, −999, a little below all others, 0 with zero slopes.

    Zero stands where the response is at least a tenth of its spread away from it.
    """
    rng = np.random.default_rng([seed, 6])
    y, spread = data.y.copy(), data.y.std()
    y = y + (0.7 * spread - y.min() if kind == "zero" else 0.0)
    value = {"huge": 1e20, "flag": -999.0, "below": y.min() - spread, "zero": 0.0}[kind]
    rows = np.sort(rng.choice(len(y), count, replace=False))
    y[rows] = value
    jacobian = data.jacobian
    if kind == "zero" and jacobian is not None:
        jacobian = jacobian.copy()
        jacobian[rows] = 0.0
    return Wrong(replace(data, y=y, jacobian=jacobian), tuple(map(int, rows)), True)


def with_bad_gradients(data: Dataset, count: int, seed: int) -> Wrong:
    """Gradients of other rows, off by at least the size of the right one, in `count` rows."""
    rng = np.random.default_rng([seed, 7])
    jacobian, unit = data.jacobian.copy(), data.x.std(axis=0)
    size = np.linalg.norm(jacobian[:, 0] * unit, axis=1)
    large = np.flatnonzero(size >= np.quantile(size, 0.25))
    rows = np.sort(rng.choice(large, count, replace=False))
    for row in rows:
        other = data.jacobian[rng.permutation(len(data)), 0]
        far = np.linalg.norm((other - data.jacobian[row, 0]) * unit, axis=1)
        enough = np.flatnonzero(far > size[row])
        jacobian[row, 0] = other[enough[0]] if len(enough) else -data.jacobian[row, 0]
    return Wrong(replace(data, jacobian=jacobian), tuple(map(int, rows)))
