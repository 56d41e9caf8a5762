"""Kill a process that writes a ledger, at random instants, and count what was lost.

    python tests/system/faults/kill_ledger.py --kills 10000

No solver and no training: the store is what is killed, some milliseconds a kill. A piece counts as
acknowledged once `add` has returned and one byte was written elsewhere. Exit code 1 when an
acknowledged piece is missing, differs, is there twice, or the file cannot be read.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from sobolev.work.ledger import Kind, Ledger

KIND = Kind(
    "notebook", 1, lambda key, value: {"piece": key, "value": value.tolist()},
    lambda line: (line["piece"], np.array(line["value"])),
)  # fmt: skip
TASK = {"what": "a kill loop"}


def value(n):
    """From a few bytes to some pages of a disk."""
    return np.random.default_rng(n).normal(size=1 + 37 * (n % 40))


def write(path, acknowledged):
    with Ledger(path, KIND, TASK) as ledger:
        while True:
            n = len(ledger.found)
            ledger.add(n, value(n))
            os.write(acknowledged, b".")


def experiment(kills, seed):
    rng = np.random.default_rng(seed)
    counts = dict.fromkeys(("kills", "pieces", "acknowledged lost", "different", "unreadable"), 0)
    with tempfile.TemporaryDirectory() as name:
        path, told = Path(name) / "kept", Path(name) / "told"
        for number in range(kills):
            if number % 50 == 0:  # anew, so that first lines are killed too
                path.unlink(missing_ok=True)
                told.unlink(missing_ok=True)
            acknowledged = os.open(told, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
            child = os.fork()
            if child == 0:
                try:
                    write(path, acknowledged)
                finally:
                    os._exit(1)
            os.close(acknowledged)
            time.sleep(rng.uniform(0, 0.004))
            os.kill(child, signal.SIGKILL)
            counts["kills"] += os.WIFSIGNALED(os.waitpid(child, 0)[1])
            try:
                with Ledger(path, KIND, TASK) as ledger:
                    found = ledger.found
            except Exception:
                counts["unreadable"] += 1
                raise
            counts["acknowledged lost"] += len(told.read_bytes()) > len(found)
            counts["different"] += list(found) != list(range(len(found))) or any(
                value(n).tobytes() != kept.tobytes() for n, kept in found.items()
            )
            counts["pieces"] += len(found)
    return counts


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    counts = experiment(options.kills, options.seed)
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    lost = any(c for what, c in counts.items() if what not in ("kills", "pieces"))
    sys.exit(lost or counts["kills"] < options.kills or not counts["pieces"])
