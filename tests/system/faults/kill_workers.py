"""Workers that die, stop and answer with garbage while `generate` runs (experiment R16).

    python tests/system/faults/kill_workers.py --faults 200 --executor dask
    python tests/system/faults/kill_workers.py --faults 200 --executor processes

A fault is planned for a row and a try; the worker that solves this row does it to itself: SIGKILL,
SIGSTOP, an exit code, no memory, an answer of a wrong shape or kind, an answer with a flipped bit
or with half of its bytes. A row has up to three. Exit code 1 when a row was lost, is there twice,
was tried oftener than its faults explain, or when the data differ from a serial run by a bit.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sobolev import Box
from sobolev.designs import latin_hypercube
from sobolev.function import Derivatives
from sobolev.generation import failures, generate
from sobolev.work import EXECUTORS, Retries, sealed

KINDS = "kill", "stop", "exit", "shape", "words", "memory", "damage", "cut"


@dataclass(frozen=True)
class Faulty:
    """Some milliseconds a row; has no solution here and there, and does what is planned.

    `faults[row]` are the faults of the row's tries, one after another; `log` is a folder, to which
    each fault adds a line, and each try as well.
    """

    log: str
    faults: tuple = ()
    seconds: float = 0.003
    name = "faulty"
    box = Box(("a", "b"), (0.1, -3), (2, 7), ("mm", ""))
    outputs = ("u", "v")
    output_units = ("mm", "")

    def __repr__(self):
        return "Faulty()"

    def solve(self, x, order=1):
        planned = dict(self.faults).get(x[0].hex(), ())
        tries = note(self.log, x[0].hex())
        if tries <= len(planned) and (fault := planned[tries - 1]):
            note(self.log, f"fault-{fault}")
            found = commit(fault)
            if found is not None:
                return found
        time.sleep(self.seconds)
        a, b = x
        value = np.array([a * np.sin(b), np.exp(-a) / 3])
        jacobian = np.array([[np.sin(b), a * np.cos(b)], [-np.exp(-a) / 3, -0.0]])
        return Derivatives(value if b < 6.5 else value * np.nan, jacobian)


def note(folder, name):
    """How often this was noted, this time included."""
    path = Path(folder) / name
    descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.write(descriptor, b".")
    os.close(descriptor)
    return path.stat().st_size


def commit(fault):
    """Do it; what is returned is the answer of the solver."""
    me = os.getpid()
    if fault == "kill":
        os.kill(me, signal.SIGKILL)
        time.sleep(60)
    if fault == "stop":
        os.kill(me, signal.SIGSTOP)
    if fault == "exit":
        os._exit(3)
    if fault == "shape":
        return Derivatives(np.ones(3), np.ones((3, 2)))
    if fault == "words":
        return "all well"
    if fault == "memory":
        raise MemoryError
    if fault in ("damage", "cut"):
        damage_next_answer(cut=fault == "cut")
    return None


def damage_next_answer(cut):
    """The next message of this worker has a bit flipped, or half of its bytes."""
    seal = sealed.seal

    def damaged(thing):
        put(seal)
        whole = bytearray(seal(thing))
        whole[len(whole) // 2] ^= 1
        return bytes(whole[: len(whole) // 2] if cut else whole)

    put(damaged)


def put(seal):
    """Everybody in this worker who seals messages does it in this way."""
    for name, module in list(sys.modules.items()):
        if name.startswith("sobolev.work.") and "seal" in vars(module):
            module.seal = seal


def plan(points, faults, rng):
    """`faults` of all kinds, up to three a row; the first rows, which decide a beginning, none."""
    kinds = list(rng.permutation(np.resize(KINDS, faults)))
    planned = {}
    for row in rng.permutation(np.arange(8, len(points))):
        many = min(len(kinds), int(rng.choice([1, 2, 3])))
        planned[points[row, 0].hex()] = tuple(map(str, kinds[:many]))
        del kinds[:many]
        if not kinds:
            return tuple(planned.items())
    raise ValueError(f"too few rows for {faults} faults")


def experiment(faults, executor, seed):
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("serial", "log"):
            (Path(folder) / name).mkdir()
        whole = generate(
            Faulty(f"{folder}/serial", seconds=0), latin_hypercube(max(40, faults)),
            on_diverged="absent",
        )  # fmt: skip
        planned, log, journal = plan(whole.x, faults, rng), Path(folder) / "log", f"{folder}/j"
        begun = time.perf_counter()
        data = generate(
            Faulty(str(log), planned), latin_hypercube(len(whole)), journal=journal,
            executor=EXECUTORS[executor](2), retries=Retries(patience=4), on_diverged="absent",
        )  # fmt: skip
        seconds = time.perf_counter() - begun
        counts = {"faults": 0} | dict.fromkeys(KINDS, 0)
        for kind in KINDS:
            path = log / f"fault-{kind}"
            counts[kind] = path.stat().st_size if path.exists() else 0
            counts["faults"] += counts[kind]
        lines = Path(journal).read_bytes().splitlines()[1:]
        rows = Counter(json.loads(line)["row"] for line in lines)
        due = dict.fromkeys([x.hex() for x in whole.x[:, 0]], 1)
        due |= {row: 1 + len(kinds) for row, kinds in planned}
        tries = {row: (log / row).stat().st_size for row in due}
        same = [
            getattr(data, k).tobytes() == getattr(whole, k).tobytes() for k in ("y", "jacobian")
        ]
        failed = [f for f in failures(journal).values() if f.why.value != "diverged"]
        return (
            counts
            | {
                "faults not done": faults - counts["faults"],
                "rows lost": len(whole) - len(rows),
                "rows doubled": sum(count > 1 for count in rows.values()),
                "rows failed": len(failed),
                "rows tried oftener than their faults and one neighbour's explain": sum(
                    tries[row] > due[row] + 1 for row in due
                ),
                "different data": 2 - sum(same),
            },
            seconds,
            sum(tries[row] - due[row] for row in due),
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--executor", default="processes", choices=list(EXECUTORS)[1:])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    counts, seconds, more = experiment(options.faults, options.executor, options.seed)
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    print(f"{seconds:.0f} s; {more} tries beside those that the faults explain")
    sys.exit(any(count for what, count in counts.items() if what not in ("faults", *KINDS)))
