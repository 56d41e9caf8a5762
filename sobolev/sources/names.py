"""What every source is told of its inputs and outputs, made clean or refused."""

from collections.abc import Sequence

from sobolev._base.arrays import clean_names, clean_units
from sobolev._base.errors import ConfigError
from sobolev.box import Box


def checked_box(box: object) -> Box:
    """The domain; `ConfigError` for what is none."""
    if not isinstance(box, Box):
        raise ConfigError(
            f"box is of type {type(box).__name__}: give a sobolev.Box with names and bounds of the "
            "inputs."
        )
    return box


def checked_outputs(
    outputs: Sequence[str], units: Sequence[str], count: int | None = None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names and units of `count` outputs, by default as many as there are names."""
    count = len(outputs) if count is None and not isinstance(outputs, str) else count
    names = clean_names("outputs", outputs, count or 0, "y")
    if not names:
        raise ConfigError("a source needs the names of its outputs: got none.")
    return names, clean_units("output_units", units, len(names))
