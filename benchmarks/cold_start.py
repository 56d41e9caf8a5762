"""What a person waits: `sobolev fit` on 320 rows × 2 inputs with gradients, cold and again.

Answer (2 cores, quiet, three runs, 2026-11-21): 8.0 to 8.2 s wall and 10.7 to 11.0 CPU s cold, 4.7
to 4.8 s wall and 5.2 to 5.3 CPU s the second time, when the compiled code is found in the cache; the
limits are 15 s and 6 s. The choice between networks is part of it.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from sobolev import Dataset
from sobolev.data import write


def waits(folder: Path) -> tuple[float, float]:
    """Wall and CPU seconds of one command, from its start to the saved surrogate and its errors."""
    wall, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "sobolev.cli", "fit", "t.csv", "--out", "m.npz"],
        cwd=folder, env={**os.environ, "SOBOLEV_CACHE": str(folder / "cache")},
        check=True, capture_output=True,
    )  # fmt: skip
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return time.perf_counter() - wall, cpu


if __name__ == "__main__":
    x = np.random.default_rng(0).uniform([-1, 0], [2, 1], (320, 2))
    a, b = x.T
    y = np.sin(1.3 * a) + a * b**2
    dy = np.stack([1.3 * np.cos(1.3 * a) + b**2, 2 * a * b], axis=1)
    with tempfile.TemporaryDirectory() as name:
        write(Path(name) / "t.csv", Dataset(x, y[:, None], dy[:, None]))
        for which, limit in (("cold", 15), ("second time", 6)):
            wall, cpu = waits(Path(name))
            print(f"{which}: {wall:.1f} s wall (limit {limit} s), {cpu:.1f} CPU s")
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
