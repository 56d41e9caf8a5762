"""Which parameters a problem depends on: a name that nothing asks for is a mistake."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sobolev._base.errors import ConfigError
from sobolev.fem.conditions.loads import BodyForce
from sobolev.fem.geometry import positions
from sobolev.fem.values import Parameters, evaluate, levels, split


class _Listening(Parameters):
    """Parameters that remember which of them were asked for."""

    def __init__(self, names: Sequence[str], values: Any):
        super().__init__(names, values)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)

    def unasked(self) -> list[str]:
        """Names of entries that were asked for neither alone nor as a part of a field."""
        asked = [np.ravel(self._places[name]) for name in self.asked & set(self._places)]
        seen = set(np.concatenate([np.zeros(0, int), *asked]).tolist())
        return [name for name, place in self._places.items()
                if np.ndim(place) == 0 and int(place) not in seen]  # fmt: skip


def check_dependence(
    statement: Any, data: Any, bodies: Sequence[Any], regions: Sequence[np.ndarray]
) -> None:
    """Ask every constant once, without values, as JAX does it.

    Raises `ConfigError` for parameters that nothing asks for, for unknown ones, and for `PerCell`
    of another length than its region. Responses of the user's own may ask the solution for
    parameters, where nobody listens.
    """
    listening: list[_Listening] = []
    responses = zip(statement.responses, (numbers for numbers, _ in data.responses), strict=True)
    loads = zip(statement.loads, (numbers for numbers, _ in data.loads), strict=True)
    supports = zip(statement.supports, data.supports[0], strict=True)
    things = [*map(split, bodies), *supports, *loads, *responses]

    def asked(p):
        given = _Listening(statement.names, p)
        listening.append(given)
        place = positions(statement.geometry, data.geometry, given, data.points)[:1, None]
        for skeleton, numbers in things:
            evaluate(skeleton, numbers, given, place)
        laws = [piece.law for piece in statement.parts.pieces]
        for things_of, of in ((laws, data.laws), (statement.densities, data.densities)):
            for piece, skeleton, numbers, cells in zip(
                statement.parts.pieces, things_of, of, regions, strict=True
            ):
                constants = evaluate(skeleton, numbers, given, place)
                for constant, level in zip(constants, levels(skeleton), strict=True):
                    if level == 1:
                        who = type(piece.law).__name__
                        _check_length(who, constant, len(cells), f"of '{piece.element}' ")
        for load, (numbers, placed) in zip(statement.loads, data.loads, strict=True):
            if isinstance(load, BodyForce):
                count = sum(len(each.cells) for each in placed.values())
                constants = evaluate(load, numbers, given, place)
                for constant, level in zip(constants, levels(load), strict=True):
                    if level == 1:
                        _check_length("BodyForce", constant, count)
        return p

    jax.eval_shape(asked, jax.ShapeDtypeStruct((len(statement.names),), jnp.result_type(float)))
    own = any(not type(each).__module__.startswith("sobolev.") for each in statement.responses)
    unasked = listening[0].unasked()
    if unasked and not own:
        used = [name for name in statement.names if name not in unasked]
        raise ConfigError(
            f"nothing depends on {_words(unasked)}: no law, load, support, geometry or response "
            f"asks for it{f', only for {_words(used)}' if used else ''}. Use it, or leave it out "
            "of the Box."
        )


def _check_length(who: str, constant, count: int, of: str = "") -> None:
    if jnp.shape(constant)[:1] != (count,):
        raise ConfigError(
            f"PerCell in {who} has a value for each of the {count} cells {of}in its region: got "
            f"the shape {jnp.shape(constant)}."
        )


def _words(names: Sequence[str]) -> str:
    listed = ", ".join(f"'{name}'" for name in names[:6])
    return listed + (f" and {len(names) - 6} more" if len(names) > 6 else "")
