# 2 cores shared with other work, Python 3.11, JAX 0.9.2, one thread, 2026-11-21; errors do not
# depend on the load. The lowest frequency is best in both families here; from 0.1 to 0.3 Fourier
# features lose a factor of 18, from 2 to 10 a sine network one of 75. Whole run: 91 CPU s.
#
# family    frequency   relative H1 error, median of 5 seeds (smallest, largest)
# fourier      0.03     0.0049 (0.004, 0.0061)
# fourier      0.1      0.052 (0.035, 0.061)
# fourier      0.3      0.96 (0.86, 1)
# fourier      1.0      4.5 (4.4, 5.1)
# sine         0.5      0.0019 (0.0015, 0.0026)
# sine         2.0      0.0032 (0.0016, 0.0038)
# sine        10.0      0.24 (0.035, 0.38)
# sine        30.0      5.1 (4.6, 5.6)
"""How much a too high frequency costs: Fourier features and sine networks on a smooth function.

y = exp(b/2) sin(1.3 a) + a c² − d cos(b) on [−1, 1]⁴, 50 points of a Latin hypercube with slopes,
two hidden layers of 16, 1000 epochs of the optimiser that `fit` chooses. Relative H1 error on 1000
other points, of value and slopes together; `keep_best=False`, so that no validation chooses.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# ruff: noqa: E402 - the number of threads is read when NumPy and JAX are imported
import argparse
import time

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import qmc

import sobolev as sb

jax.config.update("jax_enable_x64", True)

CASES = {"fourier": (0.03, 0.1, 0.3, 1.0), "sine": (0.5, 2.0, 10.0, 30.0)}


def response(x):
    a, b, c, d = x
    return jnp.exp(b / 2) * jnp.sin(1.3 * a) + a * c**2 - d * jnp.cos(b)


def table(x: np.ndarray) -> sb.Dataset:
    y, slopes = jax.vmap(jax.value_and_grad(response))(jnp.asarray(x))
    return sb.Dataset(x, np.asarray(y)[:, None], np.asarray(slopes)[:, None])


def error(kind: str, frequency: float, seed: int) -> float:
    rng = np.random.default_rng(seed)
    train = table(2 * qmc.LatinHypercube(4, rng=rng).random(50) - 1)
    unseen = table(rng.uniform(-1, 1, (1000, 4)))
    network = sb.networks.ARCHITECTURES[kind]((16, 16), frequency=frequency)
    start = sb.Surrogate.new(train, network, key=seed)
    fitted = sb.fit(start, train, stop=sb.Stop(keep_best=False), records=1, check=False)
    return sb.evaluate(fitted.surrogate, unseen).relative_h1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    print("family    frequency   relative H1 error, median (smallest, largest)   CPU s")
    for kind, frequencies in CASES.items():
        for frequency in frequencies:
            began = time.process_time()
            errors = [error(kind, frequency, seed) for seed in range(options.seeds)]
            spread = f"{np.median(errors):.2g} ({min(errors):.2g}, {max(errors):.2g})"
            print(f"{kind:8} {frequency:8} {spread:>45} {time.process_time() - began:9.0f}")
