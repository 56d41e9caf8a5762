"""A fork driver for Dakota: from a parameters file to a results file, and a deck that calls it.

The standard formats of Dakota's reference manual: bits 1, 2, 4 of the active set vector ask for
value, gradient, Hessian of a response, the derivative variables vector for the inputs of both.
"""

import os
import re
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sobolev._base.atomic import read_bytes, write_atomically
from sobolev._base.errors import ConfigError, DataError
from sobolev.bridges.watched import watched
from sobolev.function.function import Function

DRIVER = """# Called by Dakota: driver.py PARAMETERS RESULTS.
import sys
from pathlib import Path

from sobolev.bridges import answer_dakota
from sobolev.cli.start import start_jax

start_jax()
answer_dakota(Path(__file__).with_name("{model}"), *sys.argv[1:3], outside="{outside}")
"""
DECK = """# dakota -i study.in
environment
  tabular_data
method
  sampling
    sample_type lhs
    samples = 100
    seed = 1
variables
  uniform_uncertain = {d}
    descriptors {inputs}
    lower_bounds {lower}
    upper_bounds {upper}
interface
  batch  # one start of Python for all points; Dakota recovers from no failure then
  analysis_drivers = '{python} driver.py'
    fork
      parameters_file = 'params.in'
      results_file = 'results.out'
responses
  response_functions = {q}
    descriptors {outputs}
  {gradients}
  {hessians}
"""


class Asked(NamedTuple):
    """Inputs by name, the number asked of each response by name, places of derivative variables."""

    x: dict[str, float]
    active: dict[str, int]
    by: list[int]


def answer_dakota(
    model: Function | str | os.PathLike,
    parameters: str | os.PathLike,
    results: str | os.PathLike,
    outside: str = "warn",
) -> None:
    """Write the results file that Dakota asks for; what fails writes FAIL and raises.

    Variables and responses are found by their descriptors, the names of the function with _ for
    blanks. Of a batch all sets are answered, those that can be, before the first error is raised.
    Raises `DataError` for a file in Aprepro format, unknown names and derivatives that the function
    does not know.
    """
    try:
        sets, function = parameters_file(parameters), watched(model, outside)
    except Exception as error:
        write_atomically(results, _failed(error).encode())
        raise
    errors: list[Exception] = []
    texts = []
    for asked in sets:
        try:
            texts.append(_answer(function, asked))
        except Exception as error:
            texts.append(_failed(error))
            errors.append(error)
    before = "#\n" if len(sets) > 1 else ""
    write_atomically(results, "".join(before + text for text in texts).encode())
    if errors:
        raise errors[0]


def _failed(error: Exception) -> str:
    return f"FAIL\n{' '.join(str(error).split())}\n"


def parameters_file(path: str | os.PathLike) -> list[Asked]:
    """What a parameters file of the standard format says, several sets of a batch; `DataError`."""
    lines = [line.split() for line in read_bytes(path).decode("utf-8", "replace").splitlines()]
    if any(line[:1] == ["{"] or "DAKOTA_VARS" in line for line in lines):
        raise DataError(
            f"{path} is in Aprepro format: leave 'aprepro' out of the interface in the deck."
        )
    sets: list[dict[str, list[tuple[str, str]]]] = [{}]
    rest = iter(line for line in lines if line)
    try:
        for count, title in rest:
            if title == "variables" and sets[-1]:
                sets.append({})
            listed = int(count) if title not in ("eval_id",) else 0
            pairs = (next(rest) for _ in range(listed))
            sets[-1][title] = [(value, " ".join(name)) for value, *name in pairs]
        return [_asked(path, blocks) for blocks in sets]
    except (ValueError, KeyError, StopIteration, RuntimeError) as error:
        raise DataError(
            f"{path} is no parameters file of Dakota's standard format: it lists variables, "
            "functions and derivative_variables."
        ) from error


def _asked(path: str | os.PathLike, blocks: dict[str, list[tuple[str, str]]]) -> Asked:
    """One set; `KeyError` and `ValueError` for what is none."""
    x = {name: float(value.replace("D", "E")) for value, name in blocks["variables"]}
    names = (re.sub(r"^ASV_\d+:", "", name) for _, name in blocks["functions"])
    active = dict(zip(names, (int(v) for v, _ in blocks["functions"]), strict=True))
    by = [int(number) - 1 for number, _ in blocks["derivative_variables"]]
    if not all(0 <= place < len(x) for place in by):
        raise DataError(f"{path}: a derivative variable is none of the {len(x)} variables.")
    return Asked(x, active, by)


def _answer(function: Function, asked: Asked) -> str:
    inputs, outputs = _descriptors(function.inputs), _descriptors(function.outputs)
    asks = (asked.x, inputs, "variables"), (asked.active, outputs, "responses")
    for given, known, what in asks:
        if set(given) - set(known) or (what == "variables" and set(given) != set(known)):
            raise DataError(
                f"the {what} are {', '.join(given)}, but those of the function are "
                f"{', '.join(known)}: name them so in the deck, by descriptors."
            )
    order = max((0 if n < 2 else 1 if n < 4 else 2 for n in asked.active.values()), default=0)
    found = function.derivatives(np.array([asked.x[name] for name in inputs]), order)
    by = [inputs.index(name) for name in (list(asked.x)[place] for place in asked.by)]
    active = [(outputs.index(name), bits, name) for name, bits in asked.active.items()]
    # All values, then all gradients, then all Hessians.
    lines = [f"{float(found[0][q])!r} {name}" for q, bits, name in active if bits & 1]
    lines += [f"[ {_row(found[1][q][by])} ]" for q, bits, _ in active if bits & 2]
    lines += [
        "[[ " + "\n   ".join(_row(row) for row in found[2][q][np.ix_(by, by)]) + " ]]"
        for q, bits, _ in active
        if bits & 4
    ]
    return "\n".join(lines) + "\n"


def write_dakota(
    model: Function | str | os.PathLike, folder: str | os.PathLike, outside: str = "warn"
) -> tuple[Path, ...]:
    """Write `driver.py`, `study.in` and the model to a folder; `dakota -i study.in` runs there.

    The deck samples the box; its method is yours to change. The deck hands over all
    points in one batch, since Python and JAX take 2 s to start; a method that asks for one point
    after the other starts them for each. Raises `ConfigError` for a function without a box or one
    that cannot be saved.
    """
    function = watched(model, outside)
    inner, folder = function.inner, Path(folder)
    if function.box is None:
        raise ConfigError("a function without a box: the deck has bounds for each variable.")
    words = [" ".join(map(_quoted, _descriptors(names))) for names in (inner.inputs, inner.outputs)]
    saved(inner, folder / "model.npz")
    deck = DECK.format(
        python=sys.executable if re.fullmatch(r"[\w/.+-]+", sys.executable) else "python3",
        d=len(inner.inputs),
        q=len(inner.outputs),
        inputs=words[0],
        outputs=words[1],
        lower=_row(np.array(inner.box.lower)),
        upper=_row(np.array(inner.box.upper)),
        gradients="analytic_gradients" if function.order > 0 else "no_gradients",
        hessians="analytic_hessians" if function.order > 1 else "no_hessians",
    )
    driver = DRIVER.format(model="model.npz", outside=outside)
    return (
        write_atomically(folder / "driver.py", driver.encode()),
        write_atomically(folder / "study.in", deck.encode()),
        folder / "model.npz",
    )


def saved(function: object, path: Path) -> None:
    """Save what a folder needs; `ConfigError` for a function that has no `save`."""
    from sobolev.loading import can_be_saved

    if not can_be_saved(function):
        raise ConfigError(
            f"a {type(function).__name__} is not saved to a file: give a surrogate, an ensemble or "
            "kriging."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    function.save(path)


def _descriptors(names: tuple[str, ...]) -> list[str]:
    found = [re.sub(r"\s", "_", name) for name in names]
    if len(set(found)) < len(found):
        raise ConfigError(f"without blanks two of {', '.join(names)} are the same: rename one.")
    return found


def _quoted(name: str) -> str:
    """A descriptor as a text of the deck; `ConfigError` for what Dakota cannot read as one."""
    if re.fullmatch(r"[+-]?([\d.]+([eEdD][+-]?\d+)?|nan|inf\w*)", name, re.I):
        raise ConfigError(f"Dakota takes the name '{name}' for a number: rename it.")
    sign = "'" if "'" not in name else '"'
    if sign in name:
        raise ConfigError(f"the name {name} has both kinds of quotes, a deck takes one: rename it.")
    return f"{sign}{name}{sign}"


def _row(numbers: np.ndarray) -> str:
    return " ".join(repr(float(number)) for number in numbers)
