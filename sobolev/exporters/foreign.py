"""A foreign runtime asked in a process of its own: whatever a written file does, this one lives."""

import importlib.util
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sobolev._base.atomic import refused
from sobolev._base.errors import ConfigError, OutputError


def asked(
    code: str, folder: Path, given: Mapping[str, np.ndarray], *words: str
) -> dict[str, np.ndarray]:
    """What a program finds: it reads `given.npz`, writes `found.npz` in the folder.

    The program is run there with `words`, without this package. Raises `OutputError` with the end
    of what it said.
    """
    with refused(folder / "given.npz"):
        np.savez(folder / "given.npz", **given)  # type: ignore[arg-type]
    # -P: what was made may be called as a module that Python or NumPy imports, math.so.
    command = [sys.executable, "-P", "-c", code, *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OutputError(
            f"the file that was made ended with code {done.returncode} where it was tried, so it "
            f"was not written: {done.stderr.strip()[-300:]} Please report this, with the model."
        )
    with np.load(folder / "found.npz") as found:
        return {what: found[what] for what in found.files}


def farthest(several: np.ndarray) -> np.ndarray:
    """Of an array that several functions gave, the one farthest from the first stands for all."""
    apart = np.abs(several - several[0]).reshape(len(several), -1).max(axis=1, initial=0.0)
    bad = ~np.isfinite(several).reshape(len(several), -1).all(axis=1)
    return several[int(np.argmax(np.where(bad, np.inf, apart)))]


def needed(module: str, what: str, extra: str) -> None:
    """Refuse without a package; `ConfigError` with the line that installs it."""
    if importlib.util.find_spec(module) is None:
        raise ConfigError(
            f"{what} needs {module}, which is not installed: pip install 'sobolev[{extra}]'."
        )
