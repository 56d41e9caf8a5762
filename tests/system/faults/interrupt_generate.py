"""A long run with two processes, to be interrupted by a test."""

import signal
import sys
from pathlib import Path

from kill_generate import SlowProblem

from sobolev.designs import grid
from sobolev.generation import generate

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` would ignore it
    journal = Path(sys.argv[1])
    try:
        generate(SlowProblem(f"{journal}.log"), grid(40), journal=journal, workers=2)
    except KeyboardInterrupt as stop:
        print(stop)
