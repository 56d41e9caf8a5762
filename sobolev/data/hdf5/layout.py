"""Where things lie in an HDF5 file: Dakota's groups, and one of our own beside them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from sobolev._base.errors import DataError, Remedy

X = "variables/continuous"
RESPONSES = {
    "y": "responses/functions",
    "jacobian": "responses/gradients",
    "hessian": "responses/hessians",
}
HEADER = "sobolev/header"
ASV_BITS = {"y": 1, "jacobian": 2, "hessian": 4}
PROPERTIES = "properties", "metadata"  # the second before Dakota 6.16
BESIDE = "noise", "estimated"


def place(name: str) -> str:
    """The path in the file of the array `name`, such as "jacobian" or "noise/y"."""
    return X if name == "x" else RESPONSES.get(name, f"sobolev/{name}")


def evaluations(file: Any, group: str | None) -> str:
    """The group of an HDF5 file that holds variables and responses, "" for the file itself."""
    if group is not None:
        if f"{group}/{X}" not in file:
            raise DataError(f"there is no '{group}/{X}' in the file: name another group.")
        return group
    if X in file:
        return ""
    found = [g for g in _groups(file) if f"{g}/{X}" in file and f"{g}/responses" in file]
    models = [g for g in found if g.startswith("models/")]
    if len(models) == 1 or len(found) == 1:
        return (models if len(models) == 1 else found)[0]
    if not found:
        raise DataError(
            f"there is no '{X}' with 'responses' in the file, as Dakota writes them: ask Dakota "
            "for evaluations (results_output, hdf5), or write the arrays under these names."
        )
    raise DataError(
        f"there are evaluations in {', '.join(found)}:",
        Remedy(
            "say which with read_hdf5(path, group=...).",
            option="this command takes a file with one of them, copy it into one of its own.",
        ),
    )


def _groups(file: Any) -> list[str]:
    return [
        f"{top}/{kind}/{name}"
        for top in ("models", "interfaces")
        for kind in file.get(top, ())
        for name in file[top][kind]
    ]


def labels(dataset: Any, axis: int) -> list[str] | None:
    """The texts attached to an axis as a dimension scale; None when there are none."""
    for _, scale in _scales(dataset, axis):
        if scale.dtype.kind in "OS" and scale.shape == (dataset.shape[axis],):
            return [cell.decode() if isinstance(cell, bytes) else str(cell) for cell in scale[()]]
    return None


def numbers(dataset: Any, axis: int, name: str) -> np.ndarray | None:
    """The integers attached to an axis as the dimension scale `name`; None when there are none."""
    for label, scale in _scales(dataset, axis):
        if label == name and scale.dtype.kind in "iu":
            return np.asarray(scale[()])
    return None


def _scales(dataset: Any, axis: int) -> Iterator[tuple[str, Any]]:
    """Label and dataset of the dimension scales of an axis."""
    listed = dataset.attrs.get("DIMENSION_LIST", ())
    for reference in listed[axis] if len(listed) == dataset.ndim else ():
        scale = dataset.file[reference]
        name = scale.attrs.get("NAME", b"")
        yield (name.decode() if isinstance(name, bytes) else str(name)), scale
