"""Sources small enough for every test: a driver by Dakota's convention, and what it should say."""

import atexit
import contextlib
from pathlib import Path

import numpy as np
from model_server import EVERY, Served, serving

from sobolev import Box, sources
from sobolev.function import of_callable
from sobolev.sources.before import Question

DRIVER = Path(__file__).parent / "source_driver.sh"
BOX = Box(("a", "b"), (0.5, 1.0), (2.0, 3.0), ("mm", "K"))
_RUNNING = contextlib.ExitStack()
# Before the interpreter stops its threads: after that a server waits for its own for ever.
atexit.register(_RUNNING.close)
OUTPUTS, UNITS = ("u", "v"), ("N", "")
X = np.array([0.7, 1.3])


def driven(order=2, **how):
    """The driver, run by a shell."""
    return sources.Program(["sh", str(DRIVER)], BOX, OUTPUTS, UNITS, order=order, **how)


def shell(script, order=0, **how):
    """A line of shell as a program; `$0` is the parameters file, `$1` the results file."""
    how = {"writes": sources.ParametersFile(), **how}
    return sources.Program(["sh", "-c", script], BOX, OUTPUTS, UNITS, order=order, **how)


def right(x, order=2):
    """u = a² b + 2 a, v = b³, as the driver has them."""
    a, b = np.moveaxis(np.asarray(x, float), -1, 0)
    zero = np.zeros_like(a)

    def stacked(*entries, shape):
        return np.stack(np.broadcast_arrays(*entries), axis=-1).reshape(*a.shape, *shape)

    return (
        stacked(a * a * b + 2 * a, b**3, shape=(2,)),
        stacked(2 * a * b + 2, a * a, zero, 3 * b * b, shape=(2, 2)),
        stacked(2 * b, 2 * a, 2 * a, zero, zero, zero, zero, 6 * b, shape=(2, 2, 2)),
    )[: order + 1]


def asked(order=1, x=X):
    """The question at one point."""
    return Question(BOX.names, OUTPUTS, np.asarray(x, float), order)


def bridged():
    """The same function behind UM-Bridge, served by a thread until the end of the tests."""
    function = of_callable(right, BOX, OUTPUTS, UNITS)
    url = _RUNNING.enter_context(serving(Served(function, (1, 1), (2,), EVERY)))
    return sources.UMBridge(url, "beam", BOX, OUTPUTS, UNITS)
