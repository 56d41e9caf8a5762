"""JAX as the command line uses it: 64-bit, with compiled code kept from one command to the next."""

import contextlib
import os
import sys
import tempfile
import zlib
from pathlib import Path

from sobolev._base.provenance import instruction_set

LARGEST = 1 << 29  # bytes of compiled code that are kept; the oldest goes first


def start_jax() -> None:
    """Import JAX and make it compute in 64-bit, before anything else uses it.

    What it compiles is kept in the user's cache folder. The variable SOBOLEV_CACHE names another
    folder, or says "off". A folder that cannot be used costs a note and time, nothing else.
    """
    import jax

    jax.config.update("jax_enable_x64", True)
    chosen = getattr(jax.config, "jax_compilation_cache_dir", None)  # the user's own wins
    if chosen or os.environ.get("SOBOLEV_CACHE") == "off":
        return
    try:
        folder = _folder()
        _trim(folder)
    except (OSError, RuntimeError, ValueError) as error:
        from sobolev.cli.exit_codes import warn

        warn(f"compiled code is not kept, so every command compiles anew ({error}).")
        return
    import warnings

    # An entry that cannot be read is compiled anew: no business of the user's.
    warnings.filterwarnings("ignore", ".*persistent compilation cache.*")
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)


def _folder() -> Path:
    """An existing, writable folder for this kind of processor; `OSError` or `RuntimeError`."""
    folder = (_root() / f"compiled-{zlib.crc32(instruction_set().encode()):08x}").absolute()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryFile(dir=folder):
        return folder


def _root() -> Path:
    given = os.environ.get("SOBOLEV_CACHE")
    if given:
        return Path(given)
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"]) / "sobolev"
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"]) / "sobolev" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "sobolev"
    return Path.home() / ".cache" / "sobolev"


def _trim(folder: Path) -> None:
    files = [(entry.stat(), entry.path) for entry in os.scandir(folder) if entry.is_file()]
    size = sum(status.st_size for status, _ in files)
    for status, path in sorted(files, key=lambda file: file[0].st_mtime):
        if size <= LARGEST:
            return
        with contextlib.suppress(OSError):
            os.unlink(path)
        size -= status.st_size
