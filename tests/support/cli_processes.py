"""The command line in a process of its own."""

import subprocess
import sys

COMMAND = [sys.executable, "-m", "sobolev.cli"]


def start(*arguments, **options):
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def finish(*arguments, **options):
    process = start(*arguments, **options)
    output, errors = process.communicate(timeout=120)
    assert "Traceback" not in errors, errors
    return process.returncode, output, errors
