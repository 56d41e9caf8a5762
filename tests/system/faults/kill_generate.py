"""Kill `generate` at random instants, continue, and count what was lost (experiment R2).

    python tests/system/faults/kill_generate.py --kills 1000
    python tests/system/faults/kill_generate.py --kills 100 --workers 2

Each kill is a SIGKILL of a forked process; a row counts as acknowledged once `progress` was called
for it. Exit code 1 when anything was lost, computed twice after it was kept, or differs by a bit.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sobolev import Box
from sobolev.designs import latin_hypercube
from sobolev.function import Derivatives
from sobolev.generation import generate


@dataclass(frozen=True)
class SlowProblem:
    """3 ms a row; notes every row that it starts, and has no solution here and there."""

    log: str
    name = "slow"
    box = Box(("a", "b"), (0.1, -3), (2, 7), ("mm", ""))
    outputs = ("u", "v")
    output_units = ("mm", "")

    def __repr__(self):
        return "SlowProblem()"

    def solve(self, x, order=1):
        note(self.log, x[0].hex())
        time.sleep(0.003)
        a, b = x
        value = np.array([a * np.sin(b), np.exp(-a) / 3])
        jacobian = np.array([[np.sin(b), a * np.cos(b)], [-np.exp(-a) / 3, -0.0]])
        return Derivatives(value if b < 6.5 else value * np.nan, jacobian)


def note(log, text):
    descriptor = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.write(descriptor, f"{text}\n".encode())
    os.close(descriptor)


def run(folder, workers, acknowledged=None):
    def progress(now):
        if acknowledged:
            note(acknowledged, str(now.done))

    return generate(
        SlowProblem(str(folder / "solved")), latin_hypercube(40), journal=folder / "journal",
        workers=workers, progress=progress, on_diverged="absent",
    )  # fmt: skip


def killed(folder, workers, delay):
    """Whether a run was killed before its end; one that ends first is not a kill."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        run(folder, workers, folder / "acknowledged")
        os._exit(0)
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def rows(journal):
    """Row numbers of the whole lines, read by eye rather than by the code under test."""
    if not journal.exists():
        return []
    lines = journal.read_bytes().split(b"\n")[1:-1]
    return [int(line.split(b'"row": ')[1].split(b",")[0]) for line in lines]


def last(path):
    lines = path.read_text().split() if path.exists() else []
    return int(lines[-1]) if lines else 0


def same(ours, theirs):
    return ours.x.tobytes() == theirs.x.tobytes() and all(
        array.tobytes() == theirs.labels()[name].tobytes() for name, array in ours.labels().items()
    )


def experiment(kills, workers, seed):
    rng, counts = np.random.default_rng(seed), dict.fromkeys(
        ("kills", "runs", "acknowledged lost", "kept lost", "kept rows solved again", "repeated",
         "different data", "files left"), 0
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "whole").mkdir()
        whole = run(Path(name) / "whole", 1)
        longest = 0.2 if workers == 1 else 1.5
        while counts["kills"] < kills:
            folder = Path(tempfile.mkdtemp(dir=name))
            journal, solved = folder / "journal", folder / "solved"
            kept = []
            for _ in range(min(4, kills - counts["kills"])):
                before = solved.read_text().split() if solved.exists() else []
                counts["kills"] += killed(folder, workers, rng.uniform(0, longest))
                time.sleep(0 if workers == 1 else 0.05)  # orphans end with their row
                started = (solved.read_text().split() if solved.exists() else [])[len(before) :]
                counts["kept rows solved again"] += len(
                    {whole.x[r, 0].hex() for r in kept} & set(started)
                )
                counts["kept lost"] += rows(journal)[: len(kept)] != kept
                kept = rows(journal)
                counts["acknowledged lost"] += max(0, last(folder / "acknowledged") - len(kept))
            final = run(folder, workers)
            counts["runs"] += 1
            counts["repeated"] += len(rows(journal)) - len(set(rows(journal)))
            counts["kept lost"] += sorted(rows(journal)) != list(range(len(whole)))
            counts["different data"] += not same(final, whole)
            known = {"journal", "solved", "acknowledged"}
            counts["files left"] += len(set(os.listdir(folder)) - known)
    return counts


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    counts = experiment(options.kills, options.workers, options.seed)
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    sys.exit(any(count for what, count in counts.items() if what not in ("kills", "runs")))
