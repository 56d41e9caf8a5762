"""Regions, boundaries and sets of a mesh as they are given: whether the mesh has what they name."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.fem.elements.reference import reference


def checked_regions(
    regions: Mapping[str, Mapping[str, Any]], cells: Mapping[str, np.ndarray]
) -> dict[str, dict[str, np.ndarray]]:
    """Numbers of cells by region and element; a mask of all cells of an element becomes numbers.

    Raises `ConfigError` for elements and numbers that the mesh has not, and for empty regions.
    """
    found: dict[str, dict[str, np.ndarray]] = {}
    for name, parts in _by_element("region", regions):
        for element in parts:
            if element not in cells:
                raise ConfigError(
                    f"the region '{name}' has cells of '{element}', and the mesh has only "
                    f"{', '.join(cells)}."
                )
        what = f"the region '{name}' numbers cells"
        found[name] = {
            element: _numbers(what, numbers, len(cells[element]))
            for element, numbers in parts.items()
        }
        _check_some("region", name, found[name])
    return found


def checked_boundaries(
    boundaries: Mapping[str, Mapping[str, Any]], points: np.ndarray
) -> dict[str, dict[str, np.ndarray]]:
    """Nodes of facets by boundary and element, as `checked_regions`."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for name, parts in _by_element("boundary", boundaries):
        found[name] = {}
        for element, facets in parts.items():
            facets, count = np.asarray(facets), len(reference(element).nodes)
            if facets.ndim != 2 or facets.shape[1] != count:
                raise ConfigError(
                    f"the facets '{element}' of the boundary '{name}' are nodes [k, {count}]: got "
                    f"the shape {facets.shape}."
                )
            _numbers(f"the boundary '{name}' names nodes", facets.ravel(), len(points))
            found[name][element] = facets
        _check_some("boundary", name, found[name])
    return found


def checked_sets(sets: Mapping[str, Any], points: np.ndarray) -> dict[str, np.ndarray]:
    """Numbers of nodes by name, as `checked_regions`."""
    if not isinstance(sets, Mapping):
        raise ConfigError(f"sets are numbers of nodes by name: got {shown(sets)}.")
    found = {
        name: _numbers(f"the set '{name}' names nodes", numbers, len(points))
        for name, numbers in sets.items()
    }
    for name, numbers in found.items():
        _check_some("set", name, {"": numbers})
    return found


def _by_element(kind: str, given: Mapping[str, Mapping[str, Any]]):
    if not isinstance(given, Mapping):
        raise ConfigError(
            f"a {kind} has a name, {{name: {{element: numbers}}}}: got {shown(given)}."
        )
    for name, parts in given.items():
        if not isinstance(parts, Mapping):
            raise ConfigError(
                f"the {kind} '{name}' is given by element, {{'quad': numbers}}: got {shown(parts)}."
            )
        yield name, parts


def _numbers(what: str, numbers: Any, count: int) -> np.ndarray:
    numbers = np.asarray(numbers)
    if numbers.dtype.kind == "b" and numbers.shape == (count,):
        return np.flatnonzero(numbers)
    if numbers.size == 0:
        return np.zeros(0, int)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise ConfigError(f"{what} by integers [k]: got {numbers.dtype} {numbers.shape}.")
    wrong = numbers[(numbers < 0) | (numbers >= count)]
    if len(wrong):
        raise ConfigError(f"{what} from 0 to {count - 1}: got {wrong[0]}.")
    return numbers


def _check_some(kind: str, name: str, parts: Mapping[str, np.ndarray]) -> None:
    if not any(len(numbers) for numbers in parts.values()):
        raise ConfigError(f"the {kind} '{name}' is empty: leave it out, or say what is in it.")
