"""Noisy labels: declare the noise, weight the terms, or hold rows out?

Since 0.2 `fit` sees the noise and trains by the evidence, unless the weighting or the optimiser is named:
benchmarks/noisy_labels.py. Here both are: "default" is the default of 0.1, `InverseEnergy()` with the optimiser
that its cost chooses.

Answer: hold rows out or train with Adam, and declare what is known. The default optimiser of 0.1, which fits
whatever it is given, fits the noise: of its error without help ×0.31 and ×0.36 are left when a fifth of
the rows is held out (as the command line does), ×0.06 and ×0.32 when the noise is declared as well.
Adam has ×0.2 of it in any case. 1/L (`LogSum`) finds out by itself which labels are exact: where the
values are, it learns from them almost alone. `Uncertainty` moves only when an optimiser asks, every 50
steps here, and comes too late. Geometric mean of the relative errors of value and slopes on rows
without noise; median (least .. largest) of 12 initialisations, median ratio to the first line,
Wilcoxon's p (not corrected). 24-24 swish, 145 rows; 2 cores, x86-64, 2026-11-22.

    slopes 20 %              default                        0.1855 (0.1403 .. 0.2105)  x1.000  p 1.0000
    slopes 20 %              default, noise declared        0.0390 (0.0266 .. 0.0605)  x0.216  p 0.0005
    slopes 20 %              default, declared, unweighted  0.0287 (0.0225 .. 0.0745)  x0.172  p 0.0005
    slopes 20 %              default, a fifth held out      0.0546 (0.0419 .. 0.0814)  x0.307  p 0.0005
    slopes 20 %              default, declared, held out    0.0120 (0.0095 .. 0.0185)  x0.064  p 0.0005
    slopes 20 %              default, LogSum                0.00006 (0.00003 .. 0.0024)  x0.0003  p 0.0005
    slopes 20 %              default, LogSum, held out      0.0197 (0.0021 .. 0.0527)  x0.110  p 0.0005
    slopes 20 %              default, Uncertainty           0.2674 (0.2242 .. 0.3188)  x1.438  p 0.0005
    slopes 20 %              Adam                           0.0393 (0.0380 .. 0.0404)  x0.213  p 0.0005
    slopes 20 %              Adam, noise declared           0.0163 (0.0099 .. 0.0239)  x0.091  p 0.0005
    slopes 20 %              Adam, LogSum                   0.0154 (0.0101 .. 0.0181)  x0.089  p 0.0005
    slopes 20 %              Adam, Uncertainty              0.0195 (0.0136 .. 0.0286)  x0.111  p 0.0005
    values 5 %, slopes 10 %  default                        0.0830 (0.0615 .. 0.1077)  x1.000  p 1.0000
    values 5 %, slopes 10 %  default, noise declared        0.0717 (0.0479 .. 0.0801)  x0.850  p 0.0010
    values 5 %, slopes 10 %  default, declared, unweighted  0.0690 (0.0431 .. 0.1252)  x0.888  p 0.0923
    values 5 %, slopes 10 %  default, a fifth held out      0.0292 (0.0218 .. 0.0390)  x0.362  p 0.0005
    values 5 %, slopes 10 %  default, declared, held out    0.0267 (0.0227 .. 0.0327)  x0.320  p 0.0005
    values 5 %, slopes 10 %  default, LogSum                0.0594 (0.0503 .. 0.0907)  x0.770  p 0.0034
    values 5 %, slopes 10 %  default, LogSum, held out      0.0259 (0.0177 .. 0.0311)  x0.297  p 0.0005
    values 5 %, slopes 10 %  default, Uncertainty           0.1443 (0.1284 .. 0.1931)  x1.713  p 0.0005
    values 5 %, slopes 10 %  Adam                           0.0206 (0.0200 .. 0.0234)  x0.252  p 0.0005
    values 5 %, slopes 10 %  Adam, noise declared           0.0187 (0.0172 .. 0.0239)  x0.233  p 0.0005
    values 5 %, slopes 10 %  Adam, LogSum                   0.0178 (0.0165 .. 0.0186)  x0.216  p 0.0005
    values 5 %, slopes 10 %  Adam, Uncertainty              0.0178 (0.0166 .. 0.0192)  x0.221  p 0.0005
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

from sobolev import Dataset, Stop, Surrogate, evaluate, fit  # noqa: E402
from sobolev.optimisers import Adam  # noqa: E402
from sobolev.records.paired import ratio, signed_rank  # noqa: E402
from sobolev.studies.presets.weightings.preset import Cosine  # noqa: E402
from sobolev.studies.problems.built_in import noisy  # noqa: E402
from sobolev.weighting import InverseEnergy, LogSum, Uncertainty, Unweighted  # noqa: E402

SEEDS = range(12)
STEPS = 2000
# Standard deviation of the noise, in units of that of the values and of the rms of each slope.
CASES = {"slopes 20 %": (0.0, 0.2), "values 5 %, slopes 10 %": (0.05, 0.1)}
GRID, TRUTH = noisy()  # the second has no noise


def smooth(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values and slopes of sin 3a · exp(b/2)."""
    wave, growth = np.sin(3 * x[:, 0]), np.exp(x[:, 1] / 2)
    slopes = np.stack([3 * np.cos(3 * x[:, 0]) * growth, wave * growth / 2], axis=1)
    return (wave * growth)[:, None], slopes[:, None]


def rows(case: str, declared: bool) -> Dataset:
    """The 145 training rows of the comparison with noise, and with its levels if they are told."""
    y, slopes = smooth(GRID.x)
    sizes = y.std(), np.sqrt(np.mean(slopes**2, axis=0))
    σ_y, σ_s = (level * size for level, size in zip(CASES[case], sizes, strict=True))
    draw = np.random.default_rng(0)
    slopes = slopes + σ_s * draw.normal(size=slopes.shape)
    y = y + σ_y * draw.normal(size=y.shape)
    σ = {"y": σ_y + 0 * y, "jacobian": σ_s + 0 * slopes} if declared else {}
    return Dataset(GRID.x, y, slopes, noise=σ)


def adam(rate: float) -> Adam:
    """As in `sobolev study weighting`: a cosine to 1 %."""
    return Adam(Cosine(jnp.asarray(rate), jnp.asarray(float(STEPS))), None)


HELD = {"stop": Stop(patience=100)}
# Whether the noise is told, the share of rows that is held out, and what `fit` is told.
WAYS = {
    "default": (False, 0, {}),
    "default, noise declared": (True, 0, {}),
    "default, declared, unweighted": (True, 0, {"weighting": Unweighted()}),
    "default, a fifth held out": (False, 0.2, HELD),
    "default, declared, held out": (True, 0.2, HELD),
    "default, LogSum": (False, 0, {"weighting": LogSum()}),
    "default, LogSum, held out": (False, 0.2, {"weighting": LogSum()} | HELD),
    "default, Uncertainty": (False, 0, {"weighting": Uncertainty()}),
    "Adam": (False, 0, {"optimiser": adam(1e-3)}),
    "Adam, noise declared": (True, 0, {"optimiser": adam(1e-2)}),
    "Adam, LogSum": (False, 0, {"weighting": LogSum(), "optimiser": adam(3e-3)}),
    "Adam, Uncertainty": (False, 0, {"weighting": Uncertainty(), "optimiser": adam(1e-2)}),
}


def error(case: str, way: str, seed: int) -> float:
    """Geometric mean of the relative errors of value and slopes on 144 rows without noise."""
    declared, fraction, how = WAYS[way]
    data = rows(case, declared)
    train, held = data.split(fraction, seed) if fraction else (data, None)
    how = {"weighting": InverseEnergy()} | how | ({"epochs": STEPS} if "optimiser" in how else {})
    surrogate = Surrogate.new(train, key=seed)
    fitted = fit(
        surrogate, train, held, **({"stop": Stop(keep_best=False)} | how), seed=seed, check=False
    )
    errors = [term.relative for term in evaluate(fitted.surrogate, TRUTH).terms]
    return float(np.exp(np.mean(np.log(errors))))


def main(cases) -> None:
    """One line a way."""
    for case in cases:
        first = None
        for way in WAYS:
            errors = np.array([error(case, way, seed) for seed in SEEDS])
            first = errors if first is None else first
            print(
                f"{case:24s} {way:30s} {np.median(errors):.1e} "
                f"({errors.min():.0e} .. {errors.max():.0e})  x{ratio(errors, first):.2g}  "
                f"p {signed_rank(errors, first):.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:] or CASES)
