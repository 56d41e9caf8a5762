"""From an exception to one sentence on stderr and an exit code.

0 done; 1 unexpected; 2 something that the user can put right; 3 a training that ended badly;
130 interrupted, 143 asked to end; 141 the reader of a pipe went away.
"""

import os
import signal
import sys
import traceback

from sobolev._base.errors import OutputError, SobolevError

# The library says what to write in Python; here its words for the same thing are options.
PHRASES = {
    "declare both inputs=... and outputs=...": "declare both --inputs and --outputs",
    "declare inputs=... and outputs=...": "declare --inputs and --outputs, such as --inputs a,b",
    "leave out inputs, outputs and columns": "leave out --inputs, --outputs and [columns]",
    "columns={output: {input: column}}": "columns = {output = {input = 'column'}} in --config",
    "split(fraction=0.3)": "--fraction 0.3",
    "on_diverged='absent'": "--on-diverged absent",
    "take workers=1": "give --workers 1",
    "Name another file, or delete this one to start anew": "Give --restart to start anew",
    "name another checkpoint": "name another file for --out",
    "give valid=..., or leave patience out": "give --fraction, or leave --patience out",
    "make the same call again": "give the same command again",
}

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
    said = _without_traceback(str(error))
    if isinstance(error, KeyboardInterrupt):
        code = 128 + getattr(error, "signal", signal.SIGINT)
        return code, f"interrupted: {_as_options(said) or _NOTHING_KEPT}"
    notes = " ".join(n for n in getattr(error, "__notes__", ()) if "Traceback" not in n)
    if isinstance(error, SobolevError):
        return 2, f"error: {_as_options(f'{said} {notes}')}"
    if isinstance(error, NotConverged):
        return 3, f"error: {said}"
    if isinstance(error, OSError) and error.filename is not None:
        return 2, f"error: {error.strerror}: {error.filename}. Check the path. {notes}"
    if hasattr(error, "format_message"):  # a usage error of typer, or of click below it
        return 2, f"error: {_usage(error)}"
    name = type(error).__name__
    return 1, (
        f"error: unexpected {name}: {said or 'no message'}. {_as_options(notes)} "
        "For the traceback put --debug after `sobolev`, or set SOBOLEV_DEBUG=1."
    )


def _usage(error) -> str:
    context = getattr(error, "ctx", None)
    hint = f" See `{context.command_path} --help`." if context is not None else ""
    return f"{error.format_message().rstrip('.')}.{hint}"


def _as_options(text: str) -> str:
    for python, option in PHRASES.items():
        text = text.replace(python, option)
    return text


def _without_traceback(text: str) -> str:
    """Of a traceback inside a message only the last line is kept."""
    before, traced, after = text.partition("Traceback (most recent call last)")
    return f"{before}{after.strip().splitlines()[-1]}" if traced else text


def _silence() -> None:
    """Nobody reads any more: else Python complains once more when it closes stdout."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
