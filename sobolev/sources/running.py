"""A program in a folder of its own: started, waited for, and ended with all that it has started."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sobolev._base.errors import ConfigError

OUT, ERR = "stdout.txt", "stderr.txt"
SHOWN = 200  # letters of what a program said last


@dataclass(frozen=True)
class Ended:
    """How a program ended: its exit `code`, None where patience was over, and its last line.

    `left`: whether it left others running, that it had started; they were ended.
    """

    code: int | None
    last: str
    left: bool = False

    @property
    def why(self) -> str:
        """What happened in half a sentence; empty when all was well."""
        said = f" and said: {self.last}" if self.last else ", without a word"
        if self.code is None:
            return f"did not end in time and was killed{said}"
        if self.code < 0:
            named = next((s.name for s in signal.Signals if s == -self.code), "")
            memory = ", often a lack of memory" if named == "SIGKILL" else ""
            return f"was ended by signal {-self.code} ({named}{memory}){said}"
        return f"ended with code {self.code}{said}" if self.code else ""


def run(words: Sequence[str], folder: Path, patience: float, keep: bool = True) -> Ended:
    """Run a command in `folder`, where what it says is written to `stdout.txt` and `stderr.txt`.

    After `patience` seconds it is killed with its children, as also when this process is
    interrupted or dies. Children that outlive it are killed: its folder goes away, which
    unless `keep` is also removed when this process dies. Raises `ConfigError` for a command that
    cannot be started.
    """
    with (folder / OUT).open("wb") as out, (folder / ERR).open("wb") as err:
        process = _started(words, folder, out, err)
    with _killed_with_us(process, None if keep else folder):
        try:
            code = process.wait(None if np.isinf(patience) else patience)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            left = _kill(process)
    last = _last_line(folder / ERR) or _last_line(folder / OUT)
    return Ended(code, last, left and code is not None)


def _started(words: Sequence[str], folder: Path, out, err) -> subprocess.Popen:
    try:
        return subprocess.Popen(
            words,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,  # a group of its own, so that its children can be told as well
        )
    except FileNotFoundError as error:
        raise ConfigError(
            f"the command '{words[0]}' does not exist (or what its first line '#!' names): install "
            "it, or give its whole path."
        ) from error
    except PermissionError as error:
        raise ConfigError(
            f"the command '{words[0]}' may not be executed: give it permission (chmod +x)."
        ) from error
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"the command '{words[0]}' cannot be started ({what}): a script begins with '#!' and "
            "its interpreter."
        ) from error


@contextlib.contextmanager
def _killed_with_us(process: subprocess.Popen, folder: Path | None) -> Iterator[None]:
    """A worker that is killed takes its program along, which would else go on for hours.

    And its `folder`: a campaign of rows that hang would else fill the disk.

    A shell waits at a pipe that ends with this process, in whatever way it ends.
    """
    if os.name != "posix":
        yield
        return
    script = 'read -r well || { kill -s KILL -- "-$0"; [ -z "$1" ] || rm -rf -- "$1"; }'
    guard = subprocess.Popen(
        ["/bin/sh", "-c", script, str(process.pid), str(folder or "")],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            guard.communicate(b"well\n")


def _kill(process: subprocess.Popen) -> bool:
    """End it and all of its group; whether there was anybody."""
    there = process.returncode is None
    if os.name == "posix":  # its number is not given anew as long as the group has a member
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
            there = True
    process.kill()
    process.wait()
    return there


def _last_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4096))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return last if len(last) <= SHOWN else f"{last[:SHOWN]}..."
