"""What a campaign costs beside its solves: 10⁴ cheap rows, serial and under Dask.

    python benchmarks/campaign_overhead.py

Two cores, Python 3.11, Dask 2026.8.0, 2026-11-26; one run on a quiet machine, in brackets one beside other
work, where a sync took 40 times as long. Milliseconds a row after the first result, and memory of the
driver at the start and at the end:

| executor | a row | processor of the driver | memory |
|---|---|---|---|
| one line written and synced | 0.058 ms (2.48) | | |
| `Serial`, with a journal | 0.074 ms (2.78) | 0.035 ms | 128 to 130 MiB |
| `Serial`, without | 0.014 ms (0.035) | 0.014 ms | 130 MiB |
| `Dask(2)`, with a journal | 0.061 ms (0.103) | 0.028 ms | 131 to 135 MiB |

Where the disk is busy it is the sync that costs. Under Dask the results of a message are synced
together, so a row costs less than a sync, and nothing is told before it is on disk. The driver grows by the results it holds.
"""

import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from sobolev import Box, generate
from sobolev.designs import latin_hypercube
from sobolev.problems import FunctionProblem
from sobolev.work import Dask, Serial

ROWS = 10_000
PAGE = resource.getpagesize() / 2**20


def cheap(x):
    return np.array([x @ x]), 2 * x[None]


def resident():
    """MiB of this process, now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def campaign(executor, folder, journal=True):
    problem = FunctionProblem(cheap, Box(tuple("abc"), (0,) * 3, (1,) * 3), ("y",))
    memory, marks, begun = [], [], [0.0, 0.0]

    def seen(now):
        if not begun[0] and now.done:
            begun[:] = time.perf_counter(), time.process_time()
            marks.append(now.done)
        if now.done >= len(memory) * ROWS / 10:
            memory.append(resident())

    data = generate(
        problem, latin_hypercube(ROWS), executor=executor, progress=seen,
        journal=folder / f"journal-{type(executor).__name__}" if journal else None,
    )  # fmt: skip
    rows = ROWS - marks[0]
    wall, cpu = time.perf_counter() - begun[0], time.process_time() - begun[1]
    return data, 1e3 * wall / rows, 1e3 * cpu / rows, memory


def syncs(folder, count=300):
    """Milliseconds of one line that is written and synced."""
    import os

    with open(folder / "syncs", "ab", buffering=0) as file:
        begun = time.perf_counter()
        for _ in range(count):
            file.write(b"x" * 200)
            os.fsync(file.fileno())
        return 1e3 * (time.perf_counter() - begun) / count


def main():
    with TemporaryDirectory(dir=".") as name:
        folder = Path(name)
        print(f"one line written and synced: {syncs(folder):.3f} ms")
        whole = None
        for executor, journal in [(Serial(), True), (Serial(), False), (Dask(2), True)]:
            data, wall, cpu, memory = campaign(executor, folder, journal)
            whole = whole or data
            same = data.y.tobytes() == whole.y.tobytes()
            print(
                f"{type(executor).__name__}{'' if journal else ', no journal'}: {wall:.3f} ms a row"
                f" ({cpu:.3f} ms of the driver's processor), same bits: {same}; MiB of the driver "
                f"at each tenth: {' '.join(f'{m:.0f}' for m in memory)}"
            )


if __name__ == "__main__":
    main()
