"""The executors that have a name on the command line: one more is one more line here.

Each is made from a number of workers.
"""

from collections.abc import Callable

from sobolev.work.dask import Dask
from sobolev.work.executor import Executor
from sobolev.work.processes import Processes
from sobolev.work.serial import Serial

EXECUTORS: dict[str, Callable[[int], Executor]] = {
    "serial": lambda _: Serial(),
    "processes": Processes,
    "dask": Dask,
}
