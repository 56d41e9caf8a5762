"""Checks that the finite-element problems share; needs no JAX."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from sobolev._base.errors import ConfigError, Diverged
from sobolev.box import Box


def elastic_fault(E: float, nu: float) -> str | None:
    """Say what is wrong with Young's modulus and Poisson's ratio, or None when they are usable.

    ν = 1/2 is refused although plane stress itself would allow it: the three-dimensional law behind
    the thickness stretch has no finite λ there.
    """
    if not (math.isfinite(E) and E > 0):
        return f"Young's modulus E must be positive and finite: got {E:g}"
    if not -1 < nu < 0.5:
        return f"Poisson's ratio nu must lie between -1 and 0.5, both excluded: got {nu:g}"
    return None


def choose(parameters: Sequence[str], known: tuple[str, ...]) -> tuple[str, ...]:
    """The inputs of a problem as a tuple; `ConfigError` when unknown, repeated or none."""
    chosen = tuple(parameters)
    if not chosen or len(set(chosen)) != len(chosen) or not set(chosen) <= set(known):
        raise ConfigError(f"parameters must be different names out of {known}: got {parameters!r}.")
    return chosen


def check_elastic(problem, below: Mapping[str, float]) -> None:
    """Refuse unusable constants; `below` gives lengths and what they must not reach."""
    if problem.material not in ("svk", "linear"):
        raise ConfigError(f'material must be "svk" or "linear": got {problem.material!r}.')
    if fault := elastic_fault(problem.E, problem.nu):
        raise ConfigError(f"{fault}.")
    if problem.divisions < 2:
        raise ConfigError(f"divisions must be at least 2: got {problem.divisions}.")
    for name, limit in below.items():
        value = getattr(problem, name)
        if not 0 < value < limit:
            raise ConfigError(f"{name} must be positive and below {limit:g}: got {value:g}.")


def refuse_fault(names: tuple[str, ...], x) -> None:
    """Raise `Diverged` for a point at which no physical problem exists."""
    point = np.asarray(x, float)
    if point.shape != (len(names),):
        raise ConfigError(f"a point of {names} has shape ({len(names)},): got {point.shape}.")
    if not np.isfinite(point).all():
        raise Diverged(f"the point {dict(zip(names, point.tolist(), strict=True))} is not finite.")
    values = dict(zip(names, point.tolist(), strict=True))
    if fault := elastic_fault(values.get("E", 1.0), values.get("nu", 0.0)):
        raise Diverged(f"{fault}; move the point back into the box.")
    for name in set(values) & {"a", "b", "length", "height"}:
        if not values[name] > 0:
            raise Diverged(f"{name} must be positive: got {values[name]:g}; it is a length.")


def box_of(names: tuple[str, ...], known: Mapping[str, tuple[float, float, str]]) -> Box:
    """The box of the chosen inputs out of a table name -> (lower, upper, unit)."""
    lower, upper, units = zip(*(known[name] for name in names), strict=True)
    return Box(names, lower, upper, units)
