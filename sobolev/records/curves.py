"""The arrays that a study leaves: curves over the epochs, and surfaces to look at."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sobolev._base.checksummed import write_archive
from sobolev._base.errors import DataError

HISTORIES, SURFACES = "histories.npz", "surfaces.npz"
_KINDS = {HISTORIES: ("study histories", 1), SURFACES: ("study surfaces", 1)}

# A curve is called in the file what it was called in the first version of the study; in the code it
# has the name of the field of a training's `History` that it is.
CURVES = {
    "epoch": "epoch",  # [T], common to all initialisations
    "loss": "loss",  # [S, T, K], as all others but the last
    "weight": "weight",
    "weight_step": "step",
    "gradient_norm": "grad_norm",
    "valid_error": "valid_h1",  # [S, T]
}


def curve_key(network: str, scheme: str, curve: str) -> str:
    """Under which name a curve of `CURVES` is in `histories.npz`."""
    return f"{network}/{scheme}/{CURVES[curve]}"


def write_arrays(folder: Path, name: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Write `histories.npz` or `surfaces.npz`; raises `OutputError`."""
    write_archive(folder / name, *_KINDS[name], {}, arrays)


def read_arrays(folder: Path, name: str) -> dict[str, np.ndarray]:
    """Read one of them, nothing when it is not there; raises `DataError` for a damaged one.

    Archives that were not written by a study are read, too: a checksum is not asked for.
    """
    path = folder / name
    if not path.exists():
        return {}
    try:
        # From memory: given a path, numpy leaves a damaged file open.
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"{path} is cut off or is not an .npz archive ({error}): run the study again, or "
            "remove the file to get a report without these figures."
        ) from error
