"""A law read out of noisy labels: a few terms of ten, and what slopes do for their coefficients.

Duffing's oscillator, x'' + 0.1 x' + x + x³ = 0, from its acceleration at states (x, v), with 5 %
noise on every label. Each value is a row Θ(x) ξ = y of a regression, each slope a row ∂Θ/∂x ξ = ∂y,
and each kind counts as much as its own residuals allow. Terms that carry less than 2 % go. The same
call reads any surrogate of such labels, as precisely as it is right. A motion whose x is measured,
not known, is made smooth first, by kriging; with the measured velocity as slope of x(t) its second
derivative is good enough to be read.
"""

from functools import cache
from typing import Any

import jax
import numpy as np
from matplotlib.figure import Figure
from scipy.integrate import solve_ivp

import sobolev as sb
from sobolev.identification import Identified, identify

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "terms of both rates, from values": (4.0, 1e-12),
    "error of the coefficients, from 512 values": (0.0194, 0.2),
    "and with their slopes": (0.008, 0.2),
    "read from a surrogate of 64 of them": (0.0226, 0.3),
    "read from motions whose x and velocity are measured": (0.0478, 0.3),
}
NAMES: dict[str, Any] = {"inputs": ("x", "v"), "outputs": ("dx/dt", "dv/dt")}
TRUE = {(0, "v"): 1.0, (1, "x"): -1.0, (1, "v"): -0.1, (1, "x^3"): -1.0}


def labels(n: int, seed: int = 0) -> sb.Dataset:
    """Rates and slopes at states drawn evenly, with 5 % of noise."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-2, 2, (n, 2))
    y = np.stack([x[:, 1], -0.1 * x[:, 1] - x[:, 0] - x[:, 0] ** 3], axis=1)
    slopes = np.zeros((n, 2, 2))
    slopes[:, 0, 1], slopes[:, 1, 0], slopes[:, 1, 1] = 1, -1 - 3 * x[:, 0] ** 2, -0.1
    y = y + 0.05 * y.std(axis=0) * rng.standard_normal(y.shape)
    size = np.sqrt(np.mean(slopes**2, axis=0))
    slopes = slopes + 0.05 * size * rng.standard_normal(slopes.shape)
    return sb.Dataset(x, y, jacobian=slopes, **NAMES)


def values(data: sb.Dataset) -> sb.Dataset:
    """The same without slopes."""
    return sb.Dataset(data.x, data.y, **NAMES)


@cache
def of_surrogate() -> Identified:
    """The law of kriging of 64 states with values and slopes, read at others."""
    return identify(sb.generate(sb.GEK.of(labels(64)), sb.designs.sobol(256), order=1))


@cache
def of_motions() -> Identified:
    """The law of three free motions, 125 instants each."""
    rng, t, rows = np.random.default_rng(0), np.linspace(0, 25, 126)[1:], []
    for start in (2.0, 1.5, 1.0):
        x, v = solve_ivp(
            lambda t, z: [z[1], -0.1 * z[1] - z[0] - z[0] ** 3], (0, 25), [start, 0.0], t_eval=t,
            rtol=1e-10, atol=1e-12,
        ).y  # fmt: skip
        x, v = (a + 0.05 * a.std() * rng.standard_normal(len(t)) for a in (x, v))
        smooth = sb.GEK.of(sb.Dataset(t[:, None], x[:, None], jacobian=v[:, None, None]))
        parts = smooth.derivatives(np.linspace(0.5, 24.5, 400)[:, None], 2)
        rows.append(np.stack([part.reshape(-1) for part in parts], axis=1))
    found = np.concatenate(rows)
    groups = np.repeat(np.arange(3), 400)
    return identify(sb.Dataset(found[:, :2], found[:, 1:], **NAMES), groups=groups)


def error(law: Identified) -> float:
    """Of the worst of the four coefficients."""
    found = {key: law.coefficients[key[0], law.terms.index(key[1])] for key in TRUE}
    return max(abs(found[key] / TRUE[key] - 1) for key in TRUE)


def main() -> dict[str, float]:
    """What is shown."""
    data = labels(512)
    laws = identify(values(data)), identify(data), of_surrogate(), of_motions()
    print(laws[1])
    shown = np.count_nonzero(laws[0].coefficients), *map(error, laws)
    for name, number in zip(EXPECTED, shown, strict=True):
        print(f"{name}: {number:.4g}")
    return dict(zip(EXPECTED, map(float, shown), strict=True))


def figure() -> Figure:
    """The error over the number of states, five draws each; and the terms with their intervals."""
    picture = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = picture.subplots(1, 2)
    sizes = 2 ** np.arange(5, 14)
    for name, part, colour in (("values", values, "C1"), ("values and slopes", lambda d: d, "C0")):
        errors = [[error(identify(part(labels(n, seed)))) for n in sizes] for seed in range(5)]
        left.loglog(sizes, np.transpose(errors), ".", color=colour, alpha=0.4)
        left.loglog(sizes, np.median(errors, axis=0), color=colour, label=name)
    left.axhline(0.01, color="k", lw=0.8, ls="--")
    left.set(xlabel="states with labels", ylabel="error of the worst coefficient")
    left.legend(frameon=False)
    data = labels(512)
    for shift, law, colour in ((-0.15, identify(values(data)), "C1"), (0.15, identify(data), "C0")):
        place = [(q, law.terms.index(term)) for q, term in TRUE]
        true = np.array(list(TRUE.values()))
        found = np.array([law.coefficients[p] for p in place]) / true - 1
        spread = 1.96 * np.array([law.deviations[p] for p in place]) / np.abs(true)
        right.errorbar(np.arange(4) + shift, 100 * found, 100 * spread, fmt="o", color=colour)
    right.axhline(0, color="k", lw=0.8)
    right.set_xticks(range(4), [f"{NAMES['outputs'][q]}: {term}" for q, term in TRUE])
    right.set(xlabel="term, with its 95 % interval", ylabel="error (%)")
    return picture


if __name__ == "__main__":
    main()
