"""Which weighting should `fit` take when none is named? Unweighted against static inverse energy.

Answer: inverse energy: much better on two problems of six, nowhere clearly worse. Default network
(24-24, swish), 1000 epochs of the default optimiser, 12 initialisations each; geometric mean of the
relative errors of all terms on rows not trained on: median (least .. largest), median of the ratio
from the same initialisation, Wilcoxon's p (not corrected for six).

    spread   unweighted 5.1e-03 (4e-04 .. 3e+01)  inverse energy 5.2e-04 (1e-04 .. 1e-03)  x0.09  p 0.002
    noisy    unweighted 2.7e-01 (3e-01 .. 3e-01)  inverse energy 1.9e-01 (1e-01 .. 2e-01)  x0.69  p 0.0005
    plate    unweighted 4.5e-06 (3e-06 .. 8e-06)  inverse energy 4.9e-06 (2e-06 .. 9e-06)  x1.06  p 0.52
    waves    unweighted 3.9e-01 (2e-01 .. 2e+00)  inverse energy 2.9e-01 (4e-02 .. 1e+00)  x0.95  p 0.42
    beam     unweighted 5.1e-05 (2e-05 .. 1e-04)  inverse energy 3.3e-05 (1e-05 .. 1e-04)  x0.76  p 0.15
    ishigami unweighted 1.3e-02 (4e-03 .. 6e-02)  inverse energy 1.5e-02 (2e-03 .. 3e-01)  x1.28  p 0.68

Errors do not depend on the load of the machine (2 cores, x86-64, 2026-11-21). The first three
problems are those of `sobolev study weighting`; on the noisy one both follow the noise of the
training slopes for 1000 epochs. One of the 12 unweighted trainings on spread was useless.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)

from sobolev import Dataset, Stop, Surrogate, designs, fit, generate  # noqa: E402
from sobolev.networks.defaults import DEFAULT  # noqa: E402
from sobolev.problems import BeamDeflection, Ishigami  # noqa: E402
from sobolev.records.paired import ratio, signed_rank  # noqa: E402
from sobolev.studies.problems.built_in import PROBLEMS  # noqa: E402
from sobolev.studies.problems.problem import Problem, of_data  # noqa: E402
from sobolev.weighting import InverseEnergy, Unweighted  # noqa: E402

SEEDS = range(12)


def waves(rows: int, seed: int) -> Dataset:
    """cos 3πa + cos 3πb: with 60 rows there are hardly enough."""
    x = np.random.default_rng(seed).uniform(-1, 1, (rows, 2))
    y = np.cos(3 * np.pi * x).sum(axis=1, keepdims=True)
    return Dataset(x, y, -3 * np.pi * np.sin(3 * np.pi * x)[:, None])


def posed(name: str, folder: Path) -> Problem:
    """The problem of this name."""
    if name == "waves":
        return of_data(waves(60, 0), waves(500, 1))
    if name in ("beam", "ishigami"):
        problem, rows = (BeamDeflection(), 32) if name == "beam" else (Ishigami(), 128)
        train = generate(problem, designs.sobol(rows, seed=0))
        return of_data(train, generate(problem, designs.sobol(512, seed=1)))
    return PROBLEMS[name](folder)


def error(problem: Problem, weighting, seed: int) -> float:
    """Geometric mean of the relative errors after the default training."""
    like = problem.network(problem.train, (1,), 0)  # its frame, not its network
    surrogate = Surrogate.framed(
        DEFAULT, like.scaling, like.inputs, like.outputs, like.input_units, like.output_units,
        key=seed,
    )  # fmt: skip
    fitted = fit(
        surrogate, [problem.train, *problem.equations], weighting=weighting, seed=seed,
        records=1, stop=Stop(keep_best=False), check=False,
    )  # fmt: skip
    return float(np.exp(np.mean(np.log(list(problem.errors(fitted.surrogate).values())))))


def main(names) -> None:
    """One line a problem."""
    with TemporaryDirectory() as folder:
        for name in names:
            problem = posed(name, Path(folder))
            plain, static = (
                np.array([error(problem, weighting, seed) for seed in SEEDS])
                for weighting in (Unweighted(), InverseEnergy())
            )
            says = [f"{np.median(e):.1e} ({e.min():.0e} .. {e.max():.0e})" for e in (plain, static)]
            print(
                f"{name:8s} unweighted {says[0]}  inverse energy {says[1]}  "
                f"x{ratio(static, plain):.2f}  p {signed_rank(static, plain):.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:] or ("spread", "noisy", "plate", "waves", "beam", "ishigami"))
