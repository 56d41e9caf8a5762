"""Whether what a model is made of has the right kinds: told when it is made, before any work."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError, DataError, Diverged
from sobolev.box import Box
from sobolev.fem.geometry import Shape
from sobolev.fem.laws.thermal import ThermalStrain
from sobolev.fem.laws.wrapper import Wrapper
from sobolev.fem.meshes.mesh import Mesh
from sobolev.fem.responses.of_path import Dissipation
from sobolev.fem.responses.response import Asks, Response
from sobolev.fem.solvers.solver import LinearSolver
from sobolev.fem.steps.newton import Newton
from sobolev.fem.steps.path import Path


def check_kinds(model: Any) -> None:
    """Raise `ConfigError` for a part of a model that is of a wrong kind."""
    _kind("the mesh", model.mesh, Mesh, "a Mesh, of fem.grid or fem.read_mesh")
    lists = {"bodies": model.bodies, "supports": model.supports, "loads": model.loads}
    for name, value in lists.items():
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise ConfigError(f"{name} are a list, [...]: got {shown(value)}.")
    if not isinstance(model.responses, Mapping):
        raise ConfigError(f"responses have names, {{'tip': ...}}: got {shown(model.responses)}.")
    for name, response in model.responses.items():
        if not isinstance(response, Response):
            raise ConfigError(
                f"the response '{name}' is one such as Displacement('tip', 1) or "
                f"Mean(von_mises): got {shown(response)}."
            )
    _kind("parameters", model.parameters, Box | None, "a Box")
    geometry = model.geometry
    if not (geometry is None or isinstance(geometry, Shape) or callable(geometry)):
        raise ConfigError(f"the geometry is a function (X, p) or a Shape: got {shown(geometry)}.")
    _kind("the path", model.path, Path | None, "a Path, such as Path((1.0, 2.0))")
    _kind("newton", model.newton, Newton, "Newton(...)")
    solver = model.solver
    if isinstance(solver, type) or not isinstance(solver, LinearSolver | None):
        raise ConfigError(f"the solver is one such as SuperLU() or Pardiso(): got {shown(solver)}.")


def check_asked(
    responses: Mapping[str, Response], path: Path | None, bodies: Sequence[Any]
) -> None:
    """Raise `ConfigError` for what is asked of a path where there is none, or another."""
    for name, response in responses.items():
        if response.asks is Asks.SOLUTION:
            continue
        what = f"the response '{name}' is {type(response).__name__}()"
        if path is None:
            raise ConfigError(f"{what}, which is asked along a path: give the model a Path.")
        if response.asks is Asks.LIMIT and not path.control.finds_load:
            raise ConfigError(
                f"{what}, and at a given load no path goes through a limit point: give the Path "
                "control=fem.DisplacementControl(...) or fem.ArcLength(...)."
            )
        if isinstance(response, Dissipation) and any(_expands(body.law) for body in bodies):
            raise ConfigError(
                f"{what}, and with ThermalStrain heat and work exchange, which is no dissipation: "
                "ask ExternalWork() and Integral(energy_density), and say what you count."
            )
        if response.asks is Asks.LIMIT and path.every:
            raise ConfigError(f"{what}, one number of a path: it cannot be asked at every time.")


def _expands(law: Any) -> bool:
    """Whether there is a thermal strain in it."""
    if isinstance(law, ThermalStrain):
        return True
    return isinstance(law, Wrapper) and _expands(law.law)


def checked_point(names: Sequence[str], p: Any) -> np.ndarray:
    """The parameters as numbers [d]; raises `DataError` for another shape, `Diverged` for NaN."""
    try:
        values = np.asarray(p, float)
    except (TypeError, ValueError):
        raise DataError(f"parameters are numbers [{len(names)}]: got {shown(p)}.") from None
    if values.shape != (len(names),):
        raise DataError(
            f"parameters have the shape ({len(names)},), a number for each of {_listed(names)}: "
            f"got {values.shape}."
        )
    if not np.isfinite(values).all():
        wrong = int(np.flatnonzero(~np.isfinite(values))[0])
        raise Diverged(
            f"the parameter {names[wrong]} is {values[wrong]}, not finite: give a number."
        )
    return values


def at_parameters(names: Sequence[str], p: np.ndarray) -> str:
    """`at E = 1.5, nu = 0.3`, cut short where there are many."""
    parts = [f"{name} = {value:.6g}" for name, value in zip(names[:6], p[:6], strict=True)]
    more = f" and {len(p) - 6} more" if len(p) > 6 else ""
    return f"at {', '.join(parts)}{more}" if parts else "as given"


def _listed(names: Sequence[str]) -> str:
    return shown(", ".join(names) or "no parameters")


def _kind(what: str, value: Any, kind: Any, wanted: str) -> None:
    if not isinstance(value, kind):
        raise ConfigError(f"{what} is {wanted}: got {shown(value)}.")
