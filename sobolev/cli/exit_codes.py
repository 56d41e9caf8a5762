"""From an exception to one sentence on stderr and an exit code.

0 done; 1 unexpected; 2 something that the user can put right; 3 a training that ended badly;
130 interrupted, 143 asked to end; 141 the reader of a pipe went away.
"""

import os
import signal
import sys
import traceback
from collections.abc import Iterator

from sobolev._base.errors import OutputError, Remedy, SobolevError, Traced, in_options

_NOTHING_KEPT = "nothing was written, the same command starts anew."


class NotConverged(Exception):
    """A training that ended badly, and what was done with it."""


def explain(error: BaseException, debug: bool = False) -> int:
    """Print what went wrong as one sentence on stderr; return the exit code."""
    if isinstance(error, BrokenPipeError):
        _silence()
        return 141
    if debug:
        traceback.print_exception(error)
    code, sentence = _described(error)
    print(one_line(sentence), file=sys.stderr)
    return code


def warn(sentence: str) -> None:
    """One line on stderr about something that does not stop the work."""
    print(one_line(f"warning: {sentence}"), file=sys.stderr)


def flush_stdout() -> None:
    """Write what was printed; `OutputError` when standard output cannot take it."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _silence()
        raise OutputError(f"cannot write to standard output: {error.strerror}.") from error


def one_line(text: str) -> str:
    """The text without line breaks and control characters."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))


def _described(error: BaseException) -> tuple[int, str]:
    """Exit code and sentence; remedies in words of the command line."""
    notes = " ".join(_notes(error))
    if isinstance(error, SobolevError):
        return 2, f"error: {_without_traceback(error.in_options())} {notes}"
    said = _without_traceback(_message(error))
    if isinstance(error, KeyboardInterrupt):
        code = 128 + getattr(error, "signal", signal.SIGINT)
        return code, f"interrupted: {said or _NOTHING_KEPT}"
    if isinstance(error, NotConverged):
        return 3, f"error: {said}"
    if isinstance(error, OSError) and error.filename is not None:
        return 2, f"error: {error.strerror}: {error.filename}. Check the path. {notes}"
    if hasattr(error, "format_message"):  # a usage error of typer, or of click below it
        return 2, f"error: {_usage(error)}"
    name = type(error).__name__
    return 1, (
        f"error: unexpected {name}: {said or 'no message'}. {notes} "
        "For the traceback put --debug after `sobolev`, or set SOBOLEV_DEBUG=1."
    )


def _message(error: BaseException) -> str:
    remedy = error.args[0] if error.args and isinstance(error.args[0], Remedy) else str(error)
    return in_options(remedy)


def _notes(error: BaseException) -> Iterator[str]:
    """What was noted for users."""
    for note in getattr(error, "__notes__", ()):
        if not isinstance(note, Traced):
            yield in_options(note)


def _usage(error) -> str:
    context = getattr(error, "ctx", None)
    hint = f" See `{context.command_path} --help`." if context is not None else ""
    return f"{error.format_message().rstrip('.')}.{hint}"


def _without_traceback(text: str) -> str:
    """Of a traceback inside the message of somebody else's error only the last line is kept."""
    before, traced, after = text.partition("Traceback (most recent call last)")
    return f"{before}{after.strip().splitlines()[-1]}" if traced else text


def _silence() -> None:
    """Nobody reads any more: else Python complains once more when it closes stdout."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
