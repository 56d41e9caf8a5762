"""Kill a process that writes a ledger or an archive, at random instants, and count what was lost.

    python tests/system/faults/kill_store.py --kills 10000
    python tests/system/faults/kill_store.py --kills 10000 --store archive

No solver and no training: the store is what is killed, some milliseconds a kill. A ledger gets
piece after piece; an archive, as a checkpoint is, is replaced by the next one again and again. A
piece counts as acknowledged once the call that keeps it has returned and one byte was written
elsewhere. Exit code 1 when an acknowledged piece is missing, differs, is there twice, when the file
cannot be read, or when anything else is left beside it.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from sobolev._base.atomic import sweep
from sobolev._base.checksummed import read_archive, write_archive
from sobolev.work.ledger import Kind, Ledger

KIND = Kind(
    "notebook", 1, lambda key, value: {"piece": key, "value": value.tolist()},
    lambda line: (line["piece"], np.array(line["value"])),
)  # fmt: skip
TASK = {"what": "a kill loop"}
HARMLESS = "kills", "pieces"


def value(n):
    """From a few bytes to some pages of a disk."""
    return np.random.default_rng(n).normal(size=1 + 37 * (n % 40))


def write_ledger(path, acknowledged):
    with Ledger(path, KIND, TASK) as ledger:
        while True:
            n = len(ledger.found)
            ledger.add(n, value(n))
            os.write(acknowledged, b".")


def kept_in_ledger(path):
    with Ledger(path, KIND, TASK) as ledger:
        return ledger.found


def write_archives(path, acknowledged):
    n = len(kept_in_archive(path))
    while True:
        write_archive(path, "notebook", 1, {"pieces": n + 1}, {str(n): value(n)})
        n += 1
        os.write(acknowledged, b".")


def kept_in_archive(path):
    """All pieces up to the one that is there, whose bits are checked."""
    sweep(path)  # as the next save does
    if not path.exists():
        return {}
    header, arrays = read_archive(path, "notebook", 1)
    n = header["pieces"]
    return {k: value(k) for k in range(n - 1)} | {n - 1: arrays[str(n - 1)]}


STORES = {"ledger": (write_ledger, kept_in_ledger), "archive": (write_archives, kept_in_archive)}


def experiment(kills, seed, store):
    write, kept = STORES[store]
    rng = np.random.default_rng(seed)
    counts = dict.fromkeys(
        (*HARMLESS, "acknowledged lost", "different", "unreadable", "files left"), 0
    )
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
                found = kept(path)
            except Exception:
                counts["unreadable"] += 1
                raise
            counts["acknowledged lost"] += len(told.read_bytes()) > len(found)
            counts["different"] += list(found) != list(range(len(found))) or any(
                value(n).tobytes() != kept.tobytes() for n, kept in found.items()
            )
            counts["pieces"] += len(found)
            counts["files left"] += len(set(os.listdir(name)) - {"kept", "told"})
    return counts


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--store", choices=STORES, default="ledger")
    options = parser.parse_args()
    counts = experiment(options.kills, options.seed, options.store)
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    lost = any(count for what, count in counts.items() if what not in HARMLESS)
    sys.exit(lost or counts["kills"] < options.kills or not counts["pieces"])
