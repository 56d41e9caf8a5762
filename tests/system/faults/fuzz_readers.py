"""Damage files of every format at random and read them: a data set, or one sentence.

    python tests/system/faults/fuzz_readers.py --count 1000000
    python tests/system/faults/fuzz_readers.py --count 2000 --formats .csv foreign.h5

Cut, flipped, spliced, repeated and swapped bytes, digits and words; every file starts whole. Exit
code 1 when a reader raises anything but `DataError`, or a sentence without the file's name, when it
crashes or does not end, and, for formats with a checksum, when another data set than the one that
was written comes back.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from data_sets import assert_same, everything

from sobolev import write
from sobolev.data import (
    Dataset,
    read,
    read_dakota,
    read_results,
    write_results,
    write_tabular,
)
from sobolev.errors import DataError

BATCH, LIMIT = 2000, 300
# The HDF5 library itself does not end in some damaged files (measured: one of the first 300), and
# only what we wrote has a checksum that is looked at before it. Ask for it with --formats.
NOT_BY_DEFAULT = {"foreign.h5"}
CHECKED = ".npz", ".h5", ".parquet"


def whole_files(folder):
    """`{format: (content, how to read it, what it holds)}`"""
    table = everything(0, ("y", "jacobian", "hessian"), table=True)
    found = {}
    for suffix, data in ((".csv", table), (".parquet", table), (".npz", everything(0)),
                         (".h5", everything(0)), (".xyz", atoms())):  # fmt: skip
        path = write(folder / f"whole{suffix}", data)
        found[suffix] = path.read_bytes(), read, data
    found["foreign.h5"] = foreign_hdf5(folder / "foreign.h5"), read, None
    found["foreign.parquet"] = foreign_parquet(folder / "foreign.parquet"), read, None
    full = Dataset(np.ones((2, 2)), np.ones((2, 1)), np.ones((2, 1, 2)), np.ones((2, 1, 2, 2)))
    points = write_tabular(folder / "points.dat", full).read_bytes()
    found["points.dat"] = points, lambda p: read_dakota(p, inputs=("x1", "x2")), None
    results = write_results(folder / "results.1", full, 0).read_bytes()
    found["results.1"] = results, read_results, None
    found[".sql"] = recorder(folder / "whole.sql"), read, None
    return found


def atoms():
    names = tuple(f"{s}{i + 1}.{c}" for i, s in enumerate("OHH") for c in "xyz")
    rng = np.random.default_rng(0)
    return Dataset(
        rng.normal(size=(3, 9)), rng.normal(size=(3, 1)), rng.normal(size=(3, 1, 9)),
        inputs=names, outputs=("energy",), input_units=("Å",) * 9, output_units=("eV",),
    )  # fmt: skip


def foreign_hdf5(path):
    import h5py

    with h5py.File(path, "w") as file:
        for name, shape in (("variables/continuous", (4, 2)), ("responses/functions", (4, 1)),
                            ("responses/gradients", (4, 1, 2))):  # fmt: skip
            file[f"models/simulation/m/{name}"] = np.ones(shape)
        group = file["models/simulation/m"]
        group["properties/active_set_vector"] = np.full((4, 1), 3)
        file["names"] = ["a", "b"]
        file["names"].make_scale("variables")
        group["variables/continuous"].dims[1].attach_scale(file["names"])
    return path.read_bytes()


def foreign_parquet(path):
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"a": [1.0, 2.0], "u": [1, 2], "du/da": [3.0, None]}), path)
    return path.read_bytes()


def recorder(path):
    """What OpenMDAO writes, without OpenMDAO: enough of its tables."""
    import io
    import json
    import sqlite3
    import zlib

    pack = lambda value: zlib.compress(json.dumps(value).encode())  # noqa: E731
    settings = {name: dict(source=name, global_size=1, indices=None) for name in "xf"}
    settings["f"]["type"] = "obj"
    blob = io.BytesIO()
    np.save(blob, np.zeros(1, [("f!x", float, (1, 1))]))
    database = sqlite3.connect(path)
    with database:
        database.execute("create table metadata(var_settings BLOB, abs2meta BLOB)")
        meta = {name: {"units": None} for name in "xf"}
        database.execute("insert into metadata values (?, ?)", (pack(settings), pack(meta)))
        database.execute("create table driver_iterations(id INTEGER PRIMARY KEY, counter INT, "
                         "iteration_coordinate TEXT, outputs TEXT, success INT)")  # fmt: skip
        values = json.dumps({"x": [1.0], "f": [2.0]})
        rows = [(1, 1, "rank0:D|0", values, 1), (2, 2, "rank0:D|1", values, 1)]
        database.executemany("insert into driver_iterations values (?, ?, ?, ?, ?)", rows)
        database.execute("create table driver_derivatives(id INTEGER PRIMARY KEY, counter INT, "
                         "derivatives BLOB)")  # fmt: skip
        database.execute("insert into driver_derivatives values (1, 1, ?)", (blob.getvalue(),))
    database.close()
    return path.read_bytes()


def damaged(content, rng):
    """`content` with one to four changes."""
    for _ in range(rng.integers(1, 5)):
        content = CHANGES[rng.integers(len(CHANGES))](content, rng)
    return content


def _flip(content, rng):
    if not content:
        return rng.bytes(2)
    at = int(rng.integers(8 * len(content)))
    return content[: at // 8] + bytes([content[at // 8] ^ 1 << at % 8]) + content[at // 8 + 1 :]


def _cut(content, rng):
    return content[: int(rng.integers(len(content) + 1))]


def _between(content, rng):
    first, last = sorted(rng.integers(len(content) + 1, size=2).tolist())
    return first, last


def _drop(content, rng):
    first, last = _between(content, rng)
    return content[:first] + content[min(last, first + int(rng.integers(1, 40))) :]


def _repeat(content, rng):
    first, last = _between(content, rng)
    part = content[first : min(last, first + 200)]
    return content[:last] + part + content[last:]


def _bytes(content, rng):
    at = int(rng.integers(len(content) + 1))
    return content[:at] + rng.bytes(int(rng.integers(1, 9))) + content[at + 8 :]


def _word(content, rng):
    words = (
        b"nan",
        b"inf",
        b"1e999",
        b"-",
        b"",
        b",",
        b'"',
        b"\n",
        b"\0",
        b"[",
        b"99999999",
        b"u",
        b"\xff",
    )
    at = int(rng.integers(len(content) + 1))
    return content[:at] + words[rng.integers(len(words))] + content[at + int(rng.integers(3)) :]


def _number(content, rng):
    """Another little-endian count or offset, as lengths in headers are."""
    value = int(rng.choice([0, 1, 255, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1]))
    at = int(rng.integers(len(content) + 1))
    size = int(rng.choice([1, 2, 4, 8]))
    return content[:at] + (value % 2 ** (8 * size)).to_bytes(size, "little") + content[at + size :]


CHANGES = _flip, _flip, _cut, _drop, _repeat, _bytes, _word, _number


def work(name, seed, count, folder):
    """Read `count` damaged files; prints one line for each failure, and how many were read."""
    warnings.simplefilter("ignore")
    content, reader, data = whole_files(folder)[name]
    reader(next(p for p in folder.iterdir() if p.read_bytes() == content))  # the whole one is read
    rng, path = np.random.default_rng([seed, len(name)]), folder / f"fuzz{Path(f'x{name}').suffix}"
    accepted = failures = 0
    for number in range(count):
        changed = damaged(content, rng)
        path.write_bytes(changed)
        start = time.process_time()
        try:
            found = reader(path)
            accepted += 1
            if name in CHECKED and changed != content:
                assert_same(found, data)
            problem = None
        except DataError as error:
            problem = None if path.name in str(error) else f"a sentence without the file: {error}"
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        seconds = time.process_time() - start
        if seconds > 5:
            problem = f"{seconds:.0f} s"
        if problem:
            failures += 1
            print(f"FAIL {name} seed {seed} number {number}: {problem}"[:400])
    print(f"read {accepted} failures {failures}")
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=10_000, help="files in all")
    parser.add_argument("--formats", nargs="*")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.worker:
            name, seed, count = options.worker
            work(name, int(seed), int(count), Path(folder))
            return 0
        names = options.formats or [n for n in whole_files(Path(folder)) if n not in NOT_BY_DEFAULT]
    each = -(-options.count // len(names))
    bad = 0
    for name in names:
        accepted = failures = 0
        for batch in range(-(-each // BATCH)):
            count = min(BATCH, each - batch * BATCH)
            worker = [name, str(options.seed + batch), str(count)]
            command = [sys.executable, __file__, "--worker", *worker]
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
            except subprocess.TimeoutExpired:
                failures += 1
                print(f"HANG {' '.join(worker)}: more than {LIMIT} s", flush=True)
                continue
            *lines, last = done.stdout.splitlines() or [""]
            print(*lines, sep="\n", end="\n" if lines else "", flush=True)
            if done.returncode or not last.startswith("read"):
                failures += 1
                print(f"CRASH {' '.join(worker)}: exit {done.returncode}: {done.stderr[-300:]}")
            else:
                accepted += int(last.split()[1])
                failures += int(last.split()[3])
        bad += failures
        print(f"{name:16} {each} damaged, {accepted} still read, {failures} failures", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
