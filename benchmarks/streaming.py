# Intel Xeon, 2 cores (another process on one), Python 3.11, JAX 0.9.2, 2026-11-21. The aim was a
# peak below 2 GiB.
#
# file 0.16 GiB, peak memory so far 0.20 GiB
# scaling of the whole file: 0.8 CPU s
# 2 passes: 5.7 CPU s, 3.53e+05 rows a CPU second, relative H1 error 1 -> 0.00492, peak memory 1.52 GiB
"""A million rows of ten inputs with their Jacobian, read from a file while they are trained on."""

import resource
import tempfile
import time
from pathlib import Path

import jax
import numpy as np

import sobolev as sb
from sobolev.data import write_parts

ROWS, INPUTS, PART = 1_000_000, 10, 65536


def responses(x):
    """Σ sin(c·x) over three fixed directions c, and its gradient."""
    c = np.random.default_rng(0).normal(size=(3, INPUTS)) / np.sqrt(INPUTS)
    z = x @ c.T
    return np.sin(z).sum(axis=1, keepdims=True), (np.cos(z) @ c)[:, None]


def parts():
    rng = np.random.default_rng(1)
    for start in range(0, ROWS, PART):
        x = rng.uniform(-2, 2, (min(PART, ROWS - start), INPUTS))
        yield sb.Dataset(x, *responses(x))


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main():
    jax.config.update("jax_enable_x64", True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.h5"
        write_parts(path, parts())
        print(f"file {path.stat().st_size / 2**30:.2f} GiB, peak memory so far {peak():.2f} GiB")
        source = sb.data.open_rows(path)
        x = np.random.default_rng(2).uniform(-2, 2, (2000, INPUTS))
        test = sb.Dataset(x, *responses(x))
        began, start = time.process_time(), sb.Surrogate.new(source, sb.networks.MLP((32, 32)))
        print(f"scaling of the whole file: {time.process_time() - began:.1f} CPU s")
        before = sb.evaluate(start, test).relative_h1
        fitted = sb.fit(
            start,
            source,
            optimiser=sb.optimisers.Adam(2e-3, batch_size=256),
            epochs=2,
            records=4,
            part=PART,
        )
        seconds = fitted.history.cpu_seconds[-1]
        print(
            f"2 passes: {seconds:.1f} CPU s, {2 * ROWS / seconds:.3g} rows a CPU second, relative "
            f"H1 error {before:.3g} -> {sb.evaluate(fitted.surrogate, test).relative_h1:.3g}, "
            f"peak memory {peak():.2f} GiB"
        )


if __name__ == "__main__":
    main()
