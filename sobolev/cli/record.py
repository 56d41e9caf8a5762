"""What a result was made with and from: written beside it, so that it can be made again."""

import hashlib
import time
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from sobolev._base import provenance
from sobolev._base.errors import OutputError
from sobolev.cli.config import RECORD
from sobolev.cli.toml import dumps

PACKAGES = "sobolev", "python", "jax", "jaxlib", "numpy", "scipy", "equinox", "optax"


class Clock:
    """When a verb began; asked at its end."""

    def __init__(self):
        self.started = datetime.now(UTC).isoformat(timespec="seconds")
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, object]:
        """Start, wall seconds and CPU seconds of this process, start-up of Python excluded."""
        return {
            "started": self.started,
            "seconds": round(time.perf_counter() - self._wall, 3),
            "cpu_seconds": round(time.process_time() - self._cpu, 3),
        }


def beside(result: Path, verb: str) -> Path:
    """`model.fit.toml` for `model.npz`; `OutputError` when somebody else has written that file."""
    path = result.with_suffix(f".{verb}.toml")
    if path.exists() and _command(path) != verb:
        raise OutputError(
            f"the settings would be written to {path}, which `sobolev {verb}` has not made: rename "
            "it, or choose another name for --out."
        )
    return path


def write_config(
    path: Path, verb: str, settings: Mapping[str, object], about: Mapping[str, object], clock: Clock
) -> None:
    """Write the resolved settings and under `[record]` versions, machine, `about` and times."""
    from sobolev._base.atomic import write_atomically

    head = (
        f"# Settings of `sobolev {verb}` as they were used; --config reads this file again, all "
        f"but [{RECORD}].\n"
    )
    record = {"command": verb, **about, **clock.read(), **versions(), **provenance.machine()}
    write_atomically(path, (head + dumps(settings, RECORD, record)).encode())


def versions() -> dict[str, str]:
    """Of sobolev, Python and the packages that decide the numbers."""
    return provenance.versions(*PACKAGES)


def sha256(path: Path) -> str:
    """Of a file's bytes; `DataError` when it cannot be read."""
    from sobolev._base.atomic import read_bytes

    return hashlib.sha256(read_bytes(path)).hexdigest()


def _command(path: Path) -> object:
    try:
        return tomllib.loads(path.read_text())[RECORD]["command"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
