"""Which weighting should `fit` take when none is named? Unweighted against static inverse energy.

Answer: inverse energy. Default network (24-24, swish) and optimiser (SSBroyden), 1000 epochs, 12
initialisations each; geometric mean of the relative errors of all terms on rows not trained on:
median (least .. largest), median of the ratio from the same initialisation, Wilcoxon's p.

    spread   unweighted 5.13e-03 (4.2e-04 .. 2.5e+01)  inverse energy 5.20e-04 (1.1e-04 .. 9.8e-04)  x0.09  p 0.002
    noisy    unweighted 2.67e-01 (2.5e-01 .. 3.0e-01)  inverse energy 1.86e-01 (1.4e-01 .. 2.1e-01)  x0.69  p 0.000
    plate    unweighted 4.54e-06 (3.4e-06 .. 8.4e-06)  inverse energy 4.91e-06 (2.4e-06 .. 9.4e-06)  x1.06  p 0.519

The errors do not depend on the load of the machine (2 cores, x86-64, 2026-11-21). The problems are
those of `sobolev study weighting`; on noisy data both are far from the noise-free slopes, as 1000
epochs follow the noise.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)

from sobolev import Surrogate, fit  # noqa: E402
from sobolev._paired import ratio, signed_rank  # noqa: E402
from sobolev.study.comparison.problems import PROBLEMS  # noqa: E402
from sobolev.weighting import InverseEnergy, Unweighted  # noqa: E402

SEEDS = range(12)


def error(problem, weighting, seed: int) -> float:
    """Geometric mean of the relative errors after the default training."""
    surrogate = Surrogate.new(problem.train, key=seed)
    fitted = fit(
        surrogate, problem.train, residuals=problem.residuals, weighting=weighting, seed=seed,
        records=1, keep="last", check=False,
    )  # fmt: skip
    return float(np.exp(np.mean(np.log(list(problem.errors(fitted.surrogate).values())))))


def main(names) -> None:
    """One line a problem."""
    with TemporaryDirectory() as folder:
        for name in names:
            problem = PROBLEMS[name](Path(folder))
            errors = [
                np.array([error(problem, weighting, seed) for seed in SEEDS])
                for weighting in (Unweighted(), InverseEnergy())
            ]
            plain, static = errors
            spread = [f"{np.median(e):.2e} ({e.min():.1e} .. {e.max():.1e})" for e in errors]
            print(
                f"{name:8s} unweighted {spread[0]}  inverse energy {spread[1]}  "
                f"x{ratio(static, plain):.2f}  p {signed_rank(static, plain):.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:] or ("plate", "spread", "noisy"))
