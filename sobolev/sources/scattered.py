"""States of a gas beside given ones: what an integrator tries, and what a surrogate leads to."""

import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import finite, positive
from sobolev._base.errors import ConfigError, DataError
from sobolev.sources.kinetics import Kinetics

STEPS, SMALL = 100, 1e-13


def scattered(
    gas: Kinetics,
    states: Float[np.ndarray, "n d"],
    spread: tuple[float, float] = (0.5, 2.0),
    warmer: float = 50.0,
    seed: int = 0,
) -> Float[np.ndarray, "n d"]:
    """A copy of each state with other mass fractions, the same elements, and another temperature.

    Y_k exp(σ n_k), n_k ~ N(0, 1) and one σ for a state, evenly drawn from `spread`; then each
    element is put back by factors, Y exp(aᵀλ), the least change in the sense of entropy; T ±
    `warmer` K, evenly. Trajectories are thin tubes, which Newton's stages leave, and a surrogate's
    own errors: learn from both. What is absent stays so. Raises `ConfigError`, `DataError` for
    negative mass fractions.

    ```python
    beside = scattered(gas, run.states)
    ```
    """
    low, high = (positive("the spread", number) for number in spread)
    if low > high:
        raise ConfigError(f"spread is (smallest, largest): got {spread}.")
    states = np.asarray(states, float)
    if states.ndim != 2 or states.shape[1] != len(gas.inputs) or not np.isfinite(states).all():
        raise DataError(
            f"states are rows of {len(gas.inputs)} finite numbers, the mass fractions and the "
            f"temperature: got shape {states.shape}."
        )
    Y, held = states[:, :-1], gas.elements()[:, :-1]
    if (Y < 0).any():
        row, k = np.argwhere(Y < 0)[0]
        raise DataError(
            f"the mass fraction of {gas.inputs[k]} in row {row} is {Y[row, k]:.3g}: give fractions "
            "that are not negative."
        )
    rng = np.random.default_rng(seed)
    σ = rng.uniform(low, high, (len(Y), 1))
    moved = Y * np.exp(σ * rng.normal(size=Y.shape))
    T = states[:, -1:] + finite("warmer", warmer) * rng.uniform(-1, 1, (len(Y), 1))
    back = [_with_elements(a, b, held) for a, b in zip(moved, Y @ held.T, strict=True)]
    return np.hstack([np.reshape(back, Y.shape), T])


def _with_elements(
    Y: Float[np.ndarray, " s"], wanted: Float[np.ndarray, " e"], held: Float[np.ndarray, "e s"]
) -> Float[np.ndarray, " s"]:
    """Y exp(heldᵀλ) that holds so much of each element, by Newton's method in λ."""
    atoms = held / held.max(axis=1, keepdims=True)  # λ without a unit
    λ = np.zeros(len(held))
    for _ in range(STEPS):
        found = Y * np.exp(atoms.T @ λ)
        off = wanted - held @ found
        if np.abs(off).max() < SMALL * np.abs(wanted).max():
            return found
        step = np.linalg.lstsq(held * found @ atoms.T, off, rcond=1e-13)[0]
        λ += step / max(1.0, float(np.abs(atoms.T @ step).max()))  # by a factor e at most
    raise DataError("a state could not be given its elements back: take a smaller spread.")
