"""Kill a training at random instants, continue, and count what was lost (experiment R1).

    python tests/system/faults/kill_fit.py --kills 1000

Each kill is a SIGKILL of a process of its own. An epoch counts as acknowledged once `progress` said
that a checkpoint holds it. Every second training has trained weights and mini-batches, every other
one is Levenberg–Marquardt. Exit code 1 when a checkpoint could not be read, anything acknowledged
was lost, the end differs by a bit from an uninterrupted run, or a file was left over.
"""

import argparse
import hashlib
import os
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # the cache talks of its machine at length
import jax
import numpy as np

from sobolev import Checkpoint, Dataset, Surrogate, fit
from sobolev.optimisers import Adam, LevenbergMarquardt
from sobolev.weighting import CosineDistance

JOBS = "adam", "lm"


def train(job, folder=None):
    """About half a second of training with a save after each of 60 records."""
    x = np.random.default_rng(0).uniform(-1, 1, (24, 2))
    a, b = x.T
    y, dy = np.sin(2 * a) * b, np.stack([2 * np.cos(2 * a) * b, np.sin(2 * a)], axis=1)
    data = Dataset(x, y[:, None], dy[:, None])
    how = (
        {"optimiser": Adam(1e-3, 5), "weighting": CosineDistance("sum"), "epochs": 3000}
        if job == "adam"
        else {"optimiser": LevenbergMarquardt(), "epochs": 600}
    )

    def progress(now):
        with open(folder / "acknowledged", "a") as file:
            file.write(f"{now.saved}\n")

    kept = (
        {}
        if folder is None
        else {"checkpoint": Checkpoint(folder / "c.npz", 0), "progress": progress}
    )
    train, valid = data.rows(np.arange(16)), data.rows(np.arange(16, 24))
    return fit(Surrogate.mlp(data, (6, 5)), train, valid, records=60, **how, **kept)


def fingerprint(fitted):
    """Of every bit of the result but the clocks."""
    history = fitted.history
    names = [
        n for n in history.__dataclass_fields__ if n not in ("terms", "seconds", "cpu_seconds")
    ]
    arrays = [getattr(history, name) for name in names]
    arrays += jax.tree.leaves(fitted.surrogate.network)
    said = fitted.result, fitted.rejected, fitted.best_epoch
    content = b"".join(np.asarray(a).tobytes() for a in arrays) + repr(said).encode()
    return hashlib.sha256(content).hexdigest()


def child(job, folder, cache):
    """One process that trains from where the checkpoint is."""
    pid = os.fork()
    if pid == 0:
        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_compilation_cache_dir", str(cache))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
        code = 1
        try:
            (folder / "digest").write_text(fingerprint(train(job, folder)))
            code = 0
        finally:
            os._exit(code)
    return pid


def begun(folder, pid, before):
    """Wait until the training itself goes on; whether it did before the process ended."""
    while acknowledged(folder)[1] <= before:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return False
        time.sleep(0.002)
    return True


def killed(job, folder, cache, rng):
    """Whether a run was killed before its end; one that ends first is not a kill."""
    before = acknowledged(folder)[1]
    pid = child(job, folder, cache)
    if rng.random() < 0.15:
        time.sleep(rng.uniform(0, 1.5))  # any time: import, compilation, first save
    elif not begun(folder, pid, before):
        return False
    else:
        time.sleep(rng.uniform(0, 0.25))
    os.kill(pid, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


def acknowledged(folder):
    """`(epoch, lines)` of what the training said is safe."""
    path = folder / "acknowledged"
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return (max(map(int, lines)) if lines else -1), len(lines)


def kept(folder):
    """The epoch in the checkpoint, read by NumPy rather than by the code under test."""
    if not (folder / "c.npz").exists():
        return -1
    with np.load(folder / "c.npz") as file:
        return int(file["state.epoch"])


def experiment(kills, seed, cache):
    rng, counts = np.random.default_rng(seed), dict.fromkeys(
        ("kills", "runs", "unreadable", "acknowledged lost", "different bits", "files left"), 0
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        whole = {}
        for job in JOBS:
            folder = Path(tempfile.mkdtemp(dir=name))
            os.waitpid(child(job, folder, cache), 0)
            whole[job] = (folder / "digest").read_text()
        while counts["kills"] < kills:
            job, folder = JOBS[counts["runs"] % 2], Path(tempfile.mkdtemp(dir=name))
            for _ in range(min(6, kills - counts["kills"])):
                counts["kills"] += killed(job, folder, cache, rng)
                try:
                    counts["acknowledged lost"] += kept(folder) < acknowledged(folder)[0]
                except Exception:
                    counts["unreadable"] += 1
            os.waitpid(child(job, folder, cache), 0)
            counts["runs"] += 1
            digest = folder / "digest"
            counts["different bits"] += not digest.exists() or digest.read_text() != whole[job]
            known = {"c.npz", "acknowledged", "digest"}
            counts["files left"] += len(set(os.listdir(folder)) - known)
    return counts


if __name__ == "__main__":
    warnings.filterwarnings("ignore", "os.fork")  # nothing of JAX runs before the fork
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        counts = experiment(options.kills, options.seed, cache)
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    sys.exit(any(count for what, count in counts.items() if what not in ("kills", "runs")))
