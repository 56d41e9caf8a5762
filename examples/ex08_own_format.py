"""A file format of your own: values and slopes as lines of JSON.

One line a row, `{"x": […], "y": […], "jacobian": [[…]]}`, after one with the names. Registered
under its suffix, it is read and written by `sb.read`, `sb.write` and the command line like all.
"""

import json
import os
import tempfile
from pathlib import Path

import jax
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb

jax.config.update("jax_enable_x64", True)

EXPECTED = {"cases passed": (1.0, 1e-12), "rows that came back": (20.0, 1e-12)}
NAMES = "inputs", "outputs", "input_units", "output_units"


def write_lines(path, data):
    """Written beside its place and renamed: whole or not there."""
    if data.noise or data.estimated or set(data.labels()) - {"y", "jacobian"}:
        raise sb.errors.DataError("JSON lines hold values and Jacobians only: write an .npz.")
    rows = [{"x": x.tolist(), "y": y.tolist()} for x, y in zip(data.x, data.y, strict=True)]
    if data.jacobian is not None:
        rows = [{**row, "jacobian": J.tolist()} for row, J in zip(rows, data.jacobian, strict=True)]
    lines = [{name: getattr(data, name) for name in NAMES}, *rows]
    beside = f"{path}.part"
    try:
        Path(beside).write_text("".join(json.dumps(line) + "\n" for line in lines))
        os.replace(beside, path)
    except OSError as error:
        raise sb.errors.OutputError(f"{path} cannot be written: {error.strerror}.") from error
    return Path(path)


def read_lines(path):
    """Raises `DataError` for what is no such file."""
    try:
        names, *rows = [json.loads(line) for line in Path(path).read_text().splitlines()]
        columns = [[row[k] for row in rows] for k in ("x", "y", "jacobian") if k in rows[0]]
        return sb.Dataset(*map(np.array, columns), **{k: tuple(names[k]) for k in NAMES})
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise sb.errors.DataError(f"{path} is no table of JSON lines: {error}.") from error


JSON_LINES = sb.data.Format(
    "JSON lines", (".jsonl",), read_lines, write_lines, kinds=("y", "jacobian")
)


def main() -> dict[str, float]:
    """Whether it conforms, and how many rows come back through `sb.write` and `sb.read`."""
    found = sb.data.conforms(JSON_LINES)
    print(found)
    sb.data.register(JSON_LINES)
    data = beam()
    with tempfile.TemporaryDirectory() as folder:
        again = sb.read(sb.write(Path(folder) / "beam.jsonl", data))
    rows = int(np.sum(np.all(again.jacobian == data.jacobian, axis=(1, 2))))
    print(f"{rows} of {len(data)} rows came back to the bit")
    return {"cases passed": float(found.good), "rows that came back": float(rows)}


def beam() -> sb.Dataset:
    """Twenty rows of a beam's deflection."""
    return sb.generate(sb.problems.BeamDeflection(), sb.designs.latin_hypercube(20, seed=0))


def figure() -> Figure:
    """The rows that were written."""
    data, made = beam(), Figure(figsize=(5, 3), layout="constrained")
    axes = made.subplots()
    axes.plot(data.x[:, 0], data.y[:, 0], "o")
    axes.set(xlabel="L", ylabel="w")
    return made


if __name__ == "__main__":
    main()
