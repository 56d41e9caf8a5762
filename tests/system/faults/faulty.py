"""Workers that die, stop, and answer with garbage, by what is written in a file of faults.

A fault is planned for a row and a try; the worker that solves this row does it to itself. Each is
noted before, so that what was done can be counted.
"""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sobolev import Box
from sobolev.function import Derivatives

KINDS = "kill", "stop", "exit", "shape", "words", "memory", "damage", "cut"


@dataclass(frozen=True)
class Faulty:
    """Some milliseconds a row; has no solution here and there, and does what is planned.

    `faults[row]` are the faults of the row's tries, one after another; `log` is a folder, to which
    each fault adds a line, and each try as well.
    """

    log: str
    faults: tuple = ()
    seconds: float = 0.003
    name = "faulty"
    box = Box(("a", "b"), (0.1, -3), (2, 7), ("mm", ""))
    outputs = ("u", "v")
    output_units = ("mm", "")

    def __repr__(self):
        return "Faulty()"

    def solve(self, x, order=1):
        planned = dict(self.faults).get(x[0].hex(), ())
        tries = note(self.log, x[0].hex())
        if tries <= len(planned) and (fault := planned[tries - 1]):
            note(self.log, f"fault-{fault}")
            found = commit(fault)
            if found is not None:
                return found
        time.sleep(self.seconds)
        a, b = x
        value = np.array([a * np.sin(b), np.exp(-a) / 3])
        jacobian = np.array([[np.sin(b), a * np.cos(b)], [-np.exp(-a) / 3, -0.0]])
        return Derivatives(value if b < 6.5 else value * np.nan, jacobian)


def note(folder, name):
    """How often this was noted, this time included."""
    path = Path(folder) / name
    descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.write(descriptor, b".")
    os.close(descriptor)
    return path.stat().st_size


def commit(fault):
    """Do it; what is returned is the answer of the solver."""
    me = os.getpid()
    if fault == "kill":
        os.kill(me, signal.SIGKILL)
        time.sleep(60)
    if fault == "stop":
        os.kill(me, signal.SIGSTOP)
    if fault == "exit":
        os._exit(3)
    if fault == "shape":
        return Derivatives(np.ones(3), np.ones((3, 2)))
    if fault == "words":
        return "all well"
    if fault == "memory":
        raise MemoryError
    if fault in ("damage", "cut"):
        damage_next_answer(cut=fault == "cut")
    return None


def damage_next_answer(cut):
    """The next message of this worker has a bit flipped, or half of its bytes."""
    from sobolev.work import sealed

    seal = sealed.seal

    def damaged(thing):
        put(seal)
        whole = bytearray(seal(thing))
        whole[len(whole) // 2] ^= 1
        return bytes(whole[: len(whole) // 2] if cut else whole)

    put(damaged)


def put(seal):
    """Everybody in this worker who seals messages does it in this way."""
    import sys

    for name, module in list(sys.modules.items()):
        if name.startswith("sobolev.work.") and "seal" in vars(module):
            module.seal = seal
