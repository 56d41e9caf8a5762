# 2-core AMD EPYC, Python 3.11, JAX 0.9.2, JENN 2.1.1, one thread, 2026-11-21, quiet machine.
# A training takes a fifth of JENN's CPU time; the first one of a process has to be compiled and
# takes nine times as much as JENN's.
#
# n = 7; median, smallest .. largest
#          CPU seconds             error of values               error of gradients
# sobolev    0.07   0.07 ..  0.07      5.28%   3.87% ..  7.29%      6.93%   5.95% ..  8.08%
# jenn       0.35   0.35 ..  0.35      8.41%   4.06% .. 20.74%      9.20%   6.32% .. 17.88%
# jenn / sobolev: 4.9 times the CPU time
# first call of sobolev, with compilation: 3.04 CPU seconds
"""CPU time of 1,000 Sobolev training steps, beside JENN 2.1.1 in the same run.

The same 320 points of Rastrigin's function on [−1, 1.5]² with gradients, the same network (12-12,
tanh), the same optimiser (Adam, rate 0.05, β = 0.9 and 0.99, all rows in each step), the same
number of steps; initial weights and scaling by each library's own rule. Alternating; process CPU
seconds of the whole call; relative errors on a 50 × 50 grid that neither has seen.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

# ruff: noqa: E402 - the number of threads is read when NumPy and JAX are imported
import argparse
import time

import jax
import jenn
import numpy as np

import sobolev as sb

jax.config.update("jax_enable_x64", True)

BOX = sb.Box(("a", "b"), (-1.0, -1.0), (1.5, 1.5))
STEPS, RATE = 1000, 0.05


def rastrigin(x: np.ndarray) -> sb.Dataset:
    y = 20 + np.sum(x**2 - 10 * np.cos(2 * np.pi * x), axis=1)
    slopes = 2 * x + 20 * np.pi * np.sin(2 * np.pi * x)
    return sb.Dataset(x, y[:, None], slopes[:, None, :], inputs=BOX.names, outputs=("f",))


def ours(train: sb.Dataset, test: sb.Dataset, seed: int) -> tuple[float, float, float]:
    """CPU seconds, and the relative errors of values and of gradients."""
    begin = time.process_time()
    start = sb.Surrogate.mlp(train, hidden=(12, 12), key=seed)
    adam = sb.optimisers.Adam(RATE, batch_size=None, b2=0.99)
    fitted = sb.fit(start, train, optimiser=adam, epochs=STEPS, records=1)
    seconds = time.process_time() - begin
    assert fitted.history.step[-1] == STEPS
    return seconds, *errors(test, *fitted.surrogate.derivatives(test.x))


def theirs(train: sb.Dataset, test: sb.Dataset, seed: int) -> tuple[float, float, float]:
    begin = time.process_time()
    network = jenn.NeuralNet([2, 12, 12, 1])
    network.fit(
        train.x.T, train.y.T, np.moveaxis(train.jacobian, 0, -1), is_normalize=True, alpha=RATE,
        beta2=0.99, max_iter=STEPS, random_state=seed, epsilon_absolute=0, epsilon_relative=0,
    )  # fmt: skip
    seconds = time.process_time() - begin
    y, slopes = network(test.x.T)
    return seconds, *errors(test, y.T, np.moveaxis(slopes, -1, 0))


def errors(test: sb.Dataset, y: np.ndarray, slopes: np.ndarray) -> tuple[float, float]:
    centred = test.y - test.y.mean()
    value = np.linalg.norm(y - test.y) / np.linalg.norm(centred)
    return value, np.linalg.norm(slopes - test.jacobian) / np.linalg.norm(test.jacobian)


def line(name: str, rows: np.ndarray) -> None:
    seconds, value, slope = rows.T
    print(
        f"{name:8s} {np.median(seconds):6.2f}  {seconds.min():5.2f} .. {seconds.max():5.2f}    "
        f"{np.median(value):7.2%}  {value.min():6.2%} .. {value.max():6.2%}    "
        f"{np.median(slope):7.2%}  {slope.min():6.2%} .. {slope.max():6.2%}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=7)
    repetitions = parser.parse_args().repetitions
    train = rastrigin(BOX.from_unit(np.random.default_rng(0).uniform(size=(320, 2))))
    test = rastrigin(sb.designs.grid(50)(BOX)[0])
    first = ours(train, test, seed=0)[0]
    pairs = [(ours(train, test, s), theirs(train, test, s)) for s in range(repetitions)]
    rows = np.array(pairs).transpose(1, 0, 2)
    print(f"n = {repetitions}; median, smallest .. largest")
    print("         CPU seconds             error of values               error of gradients")
    line("sobolev", rows[0])
    line("jenn", rows[1])
    ratio = np.median(rows[1, :, 0] / rows[0, :, 0])
    print(f"jenn / sobolev: {ratio:.1f} times the CPU time")
    print(f"first call of sobolev, with compilation: {first:.2f} CPU seconds")


if __name__ == "__main__":
    main()
