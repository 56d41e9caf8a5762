"""Where the time of the suite goes, folder by folder, and how much of it a folder may have.

What dominates is compilation, so the budget is counted in compiled programs: unlike seconds, their
number does not depend on what else the machine does. A folder over its budget fails the run, with
one line; the table of seconds beside it is for people. CPU seconds are those of the test's own
process; processes that it starts are in the wall seconds only.
"""

import time
from collections import defaultdict
from pathlib import Path

import pytest

# Programs that the tests of a folder may compile (loaded from the cache of the suite or not).
# Measured from a cold clone, with half on top, since two workers may both compile what they share;
# docs/reliability.md has the table.
PROGRAMS: dict[str, int] = {
    "contracts": 4800,  # 3986: kriging, ensembles and laws in each kind of file are new
    "system": 1700,  # 1325; the materials of explicit solvers are new
    "unit": 250,
    "unit/_base": 60,
    "unit/bridges": 180,
    "unit/checks": 80,
    "unit/cli": 200,
    "unit/confidence": 250,
    "unit/data": 220,
    "unit/exporters": 40,
    "unit/fem": 1200,
    "unit/generation": 50,
    "unit/implicit": 200,
    "unit/inner_products": 20,
    "unit/kriging": 130,
    "unit/losses": 2350,  # regions, fields, rules for points, norms, estimates: a program each
    "unit/networks": 440,  # of Gaussians and what is left of them, of histories: 293
    "unit/optimisers": 1300,  # five more members, each on its own
    "unit/problems": 80,
    "unit/records": 50,
    "unit/reports": 50,
    "unit/selection": 150,  # penalties by cross-validation: 99 in one worker, 103 in two
    "unit/studies": 400,  # comparisons train in this process, where they are counted
    "unit/training": 1200,  # sides and parts without conditions: what a function looks at is tried
    "unit/weighting": 2090,
    "unit/work": 50,
}
EVENT = "/jax/core/compile/backend_compile_duration"

_spent: dict[str, list[float]] = defaultdict(
    lambda: [0.0, 0.0, 0.0, 0.0]
)  # tests, wall, CPU, programs
_compiled = [0]


def count_programs() -> None:
    """Begin to count what JAX compiles in this process."""
    import jax

    def count(event: str, _: float, **__) -> None:
        _compiled[0] += event == EVENT

    jax.monitoring.register_event_duration_secs_listener(count)


def programs() -> int:
    """How many this process has compiled so far, or taken from the cache."""
    return _compiled[0]


def folder_of(nodeid: str) -> str:
    """tests/unit/fem/test_newton.py::test_x → unit/fem."""
    parts = Path(nodeid.split("::")[0]).parent.parts
    return "/".join(parts[1:]) or "tests"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    """Each test with its fixtures."""
    wall, cpu, compiled = time.perf_counter(), time.process_time(), programs()
    try:
        return (yield)
    finally:
        spent = _spent[folder_of(item.nodeid)]
        spent[0] += 1
        spent[1] += time.perf_counter() - wall
        spent[2] += time.process_time() - cpu
        spent[3] += programs() - compiled


def pytest_sessionfinish(session):
    """A worker hands its sums on; whoever has them all looks at the budget."""
    config = session.config
    if hasattr(config, "workerinput"):
        config.workeroutput["spent"] = {folder: list(sums) for folder, sums in _spent.items()}
    elif over() and session.exitstatus == 0:
        session.exitstatus = 1


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """The sums of a worker."""
    for folder, sums in getattr(node, "workeroutput", {}).get("spent", {}).items():
        _spent[folder] = [a + b for a, b in zip(_spent[folder], sums, strict=True)]


def over() -> list[str]:
    """A sentence for each folder that compiled more than it may."""
    return [
        f"{folder} compiled {_spent[folder][3]:.0f} programs, and its budget is {most}: let tests "
        "share shapes, or give it more in tests/support/budget.py and say why."
        for folder, most in PROGRAMS.items()
        if folder in _spent and _spent[folder][3] > most
    ]


def pytest_terminal_summary(terminalreporter):
    """The table, largest first."""
    if not _spent:
        return
    terminalreporter.write_line("")
    terminalreporter.write_line(
        f"{'folder':24}{'tests':>7}{'wall s':>9}{'CPU s':>9}{'programs':>10}"
    )
    for folder, (tests, wall, cpu, programs) in sorted(_spent.items(), key=lambda i: -i[1][1]):
        terminalreporter.write_line(f"{folder:24}{tests:7.0f}{wall:9.1f}{cpu:9.1f}{programs:10.0f}")
    for sentence in over():
        terminalreporter.write_line(sentence, red=True)
