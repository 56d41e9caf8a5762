"""Where to sample: recipes that turn a `Box` into points."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sobolev._base.arguments import whole
from sobolev._base.errors import ConfigError
from sobolev._base.types import Points
from sobolev.box import Box


@dataclass(frozen=True)
class Design:
    """A recipe for sampling: `design(box)` returns `(points [n, d], group [n] or None)`.

    `group` holds "train" or "valid" for designs that say which point is for what.
    """

    name: str
    unit: Callable[[int], tuple[np.ndarray, np.ndarray | None]]

    def __call__(self, box: Box) -> tuple[Points, np.ndarray | None]:
        """Sample the box."""
        unit, group = self.unit(box.dimension)
        return box.from_unit(unit), group


def grid(n: int) -> Design:
    """Full factorial design: n evenly spaced points along each axis, `n**d` points.

    ```python
    points, _ = grid(25)(box)
    ```
    """
    n = whole("grid", n, 2)
    return Design(f"grid({n})", lambda d: (_lattice(n, d) / (n - 1), None))


def staggered_grid(n: int, train: int | None = None) -> Design:
    """Evenly spaced grid, split like a chessboard: validation points lie between training points.

    Points with an even index sum are for training, and so are the corners of the box; the others
    are for validation. Every validation point has a training neighbour on both sides along at least
    one axis. With `train` the number of training points is raised to `train` by moving validation
    points, spread evenly over the grid, which leaves the property intact.
    `staggered_grid(25, train=320)` in two dimensions is the data of the talk: 625 points, 320 for
    training and 305 for validation. Raises `ConfigError`.
    """
    n = whole("staggered_grid", n, 3)
    if train is not None:
        train = whole("train of staggered_grid", train, 1)

    def unit(d: int):
        index = _lattice(n, d)
        corner = ((index == 0) | (index == n - 1)).all(axis=1)  # no neighbours on both sides there
        training = (index.sum(axis=1) % 2 == 0) | corner
        wanted = int(training.sum()) if train is None else train
        extra = wanted - int(training.sum())
        candidates = np.flatnonzero(~training)
        if not 0 <= extra < len(candidates):
            raise ConfigError(
                f"staggered_grid({n}) in {d} dimensions can have from {training.sum()} to "
                f"{n**d - 1} training points: got train={train}."
            )
        # the middles of `extra` equal stretches of the list of candidates
        moved = ((2 * np.arange(extra) + 1) * len(candidates)) // (2 * extra) if extra else []
        training[candidates[moved]] = True
        return index / (n - 1), np.where(training, "train", "valid")

    return Design(f"staggered_grid({n}, train={train})", unit)


def latin_hypercube(n: int, seed: int = 0) -> Design:
    """Latin hypercube: n points, one in each of n slices of every axis (McKay et al., 1979)."""
    n = whole("latin_hypercube", n, 1)
    seed = whole("seed of latin_hypercube", seed)

    def unit(d: int):
        from scipy.stats import qmc  # half a second, for those who need it

        return qmc.LatinHypercube(d, rng=np.random.default_rng(seed)).random(n), None

    return Design(f"latin_hypercube({n}, seed={seed})", unit)


def sobol(n: int, seed: int = 0) -> Design:
    """Scrambled Sobol' points; n must be a power of two, else the sequence loses its balance."""
    n = whole("sobol", n, 1)
    seed = whole("seed of sobol", seed)
    if n & (n - 1):
        raise ConfigError(f"a Sobol' design needs a power of two: got n={n}.")

    def unit(d: int):
        from scipy.stats import qmc

        return qmc.Sobol(d, rng=np.random.default_rng(seed)).random(n), None

    return Design(f"sobol({n}, seed={seed})", unit)


def _lattice(n: int, d: int) -> np.ndarray:
    if n**d > 10**8:
        raise ConfigError(
            f"a grid of {n} points along each of {d} axes has {float(n) ** d:.1e} points: take "
            "fewer, or latin_hypercube or sobol, which do not grow with the dimension."
        )
    return np.stack(np.unravel_index(np.arange(n**d), (n,) * d), axis=1)
