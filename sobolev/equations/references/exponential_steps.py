"""Stiff equations in modes: exact in the linear part, fourth order in the rest."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Shaped

CIRCLE = 32  # points of the contour


def exponential_steps(
    start: Shaped[np.ndarray, " m"],
    linear: Float[np.ndarray, " m"],
    nonlinear: Callable[[np.ndarray], np.ndarray],
    duration: float,
    steps: int,
    every: int,
) -> Shaped[np.ndarray, "k m"]:
    """v of v' = λ v + N(v) in modes, at 0 and after each `every` of the `steps`: ETDRK4.

    **Arguments:** `start` v(0); `linear` λ, real; `nonlinear` N from modes to modes. The factors
    (e^z − 1)/z and its kin lose all digits at small z; they are means over a circle around z.
    Source: Cox & Matthews, J. Comput. Phys. 176 (2002) 430; Kassam & Trefethen, SIAM J. Sci.
    Comput. 26 (2005) 1214.
    """
    h = duration / steps
    whole, half, Q, f1, f2, f3 = _factors(linear, h)
    v, kept = start, [start]
    for step in range(1, steps + 1):
        here = nonlinear(v)
        a = half * v + Q * here
        at_a = nonlinear(a)
        b = half * v + Q * at_a
        at_b = nonlinear(b)
        at_c = nonlinear(half * a + Q * (2 * at_b - here))
        v = whole * v + f1 * here + 2 * f2 * (at_a + at_b) + f3 * at_c
        if step % every == 0:
            kept.append(v)
    return np.stack(kept)


def _factors(linear: np.ndarray, h: float) -> tuple[np.ndarray, ...]:
    z = h * linear
    around = z[:, None] + np.exp(1j * np.pi * (np.arange(CIRCLE) + 0.5) / CIRCLE)
    e = np.exp(around)

    def mean(values: np.ndarray) -> np.ndarray:
        return h * np.mean(values, axis=1).real  # the other half of the circle is its conjugate

    return (
        np.exp(z),
        np.exp(z / 2),
        mean((np.exp(around / 2) - 1) / around),
        mean((-4 - around + e * (4 - 3 * around + around**2)) / around**3),
        mean((2 + around + e * (-2 + around)) / around**3),
        mean((-4 - 3 * around - around**2 + e * (4 - around)) / around**3),
    )
