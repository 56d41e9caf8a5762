"""A Tesseract: a solver in a container with the derivatives that it knows, served over HTTP.

Pasteur Labs, tesseract-core 1.15: its endpoints apply, jacobian, jacobian_vector_product and
vector_jacobian_product over named arrays, which its schema lists.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import duration
from sobolev._base.errors import ConfigError, DataError
from sobolev.box import Box
from sobolev.sources.by_products import ByProducts, Inputs, Outputs
from sobolev.sources.names import checked_box, checked_outputs
from sobolev.sources.tesseract_transport import transport

Shapes = dict[str, tuple[int, ...]]


class Tesseract(ByProducts):
    """A Tesseract that is served, or one whose `tesseract_api.py` is here.

    The arrays that are varied are laid end to end, each row by row, and are the inputs of `box`;
    those that are answered are the outputs. First derivatives are known when there is one of the
    endpoints jacobian, jacobian_vector_product, vector_jacobian_product; `jvp` and `vjp` are asked
    as they are. Second ones have no endpoint.

    **Arguments:**
    - `where`: "http://localhost:8000", or the path of a `tesseract_api.py`, which is imported here
      (needs `sobolev[tesseract]`, no container).
    - `box`; `outputs` and their units, by default called as their arrays: "u", or "u[0]", "u[1]".
    - `by`: the paths of what is varied, such as ("x", "load.F"), `of`: of what is answered; by
      default all that its schema calls differentiable, as they are declared. A shape that the
      schema leaves open is given with the path, {"x": (3,)}; those of answers are also found out.
    - `fixed`: its other inputs, such as {"mesh": 8, "load": {"angle": 0.0}}.
    - `patience`: seconds to wait for one answer of a server.

    Raises `ConfigError` for paths and sizes that do not fit, `SobolevError` when no server answers;
    later `Diverged` for a point where it fails or is too slow, `DataError` for inputs that it
    refuses and answers of another shape. A dropped connection is asked again.

    ```python
    box = Box(("E", "F"), (1e3, 1), (2e3, 2), ("MPa", "N"))
    beam = Tesseract("http://localhost:8000", box, ("tip",), ("mm",), by=("x",), of=("u",))
    ```
    """

    def __init__(
        self,
        where: str,
        box: Box,
        outputs: Sequence[str] = (),
        output_units: Sequence[str] = (),
        *,
        by: Sequence[str] | Mapping[str, Sequence[int]] | None = None,
        of: Sequence[str] | Mapping[str, Sequence[int]] | None = None,
        fixed: Mapping[str, Any] | None = None,
        patience: float = np.inf,
    ):
        self.transport = transport(str(where), duration("patience", patience))
        self.box, self.fixed = checked_box(box), dict(fixed or {})
        schema = self.transport.schema()
        self.endpoints = frozenset(path.strip("/") for path in schema.get("paths", {}))
        self.by = _shapes("by", by, _declared(schema, "ApplyInputSchema", self.fixed))
        self._refuse_sizes()
        of_schema = _declared(schema, "ApplyOutputSchema", {})
        self.of = _shapes("of", of, of_schema, self._answered if None in _flat(of_schema) else None)
        count = sum(map(_size, self.of.values()))
        self.outputs, self.output_units = checked_outputs(
            outputs or _entries(self.of), output_units, count
        )
        words = {"jacobian_vector_product": "jvp", "vector_jacobian_product": "vjp"}
        self.has = frozenset(word for name, word in words.items() if name in self.endpoints)
        self.order = int("jacobian" in self.endpoints or bool(self.has))

    def __repr__(self) -> str:
        asked = f"by={self.by}, of={self.of}, fixed={self.fixed}"
        return f"Tesseract({self.transport.known_by}, {asked}, {self.box}, {self.outputs})"

    def value_at(self, x: Inputs) -> Outputs:
        """apply."""
        return self._joined("apply", self.transport.ask("apply", {"inputs": self._filled(x)}))

    def jacobian_at(self, x: Inputs) -> Float[np.ndarray, "q d"]:
        """jacobian, or products with unit vectors where there is none."""
        if "jacobian" not in self.endpoints:
            return super().jacobian_at(x)
        found = self._multiplied("jacobian", "jac", x)
        rows = []
        for of, shape in self.of.items():
            parts = [
                _array("jacobian", _at(found, (of, by), "jacobian"), (*shape, *along))
                for by, along in self.by.items()
            ]
            rows.append(np.hstack([part.reshape(_size(shape), -1) for part in parts]))
        return np.vstack(rows)

    def jvp_at(self, x: Inputs, v: Inputs) -> Outputs:
        """jacobian_vector_product, of all arrays at once."""
        name = "jacobian_vector_product"
        found = self._multiplied(name, "jvp", x, tangent_vector=_cut(v, self.by))
        return _end_to_end(name, ((found, (path,)) for path in self.of), self.of)

    def vjp_at(self, x: Inputs, w: Outputs) -> Inputs:
        """vector_jacobian_product, of all arrays at once."""
        name = "vector_jacobian_product"
        found = self._multiplied(name, "vjp", x, cotangent_vector=_cut(w, self.of))
        return _end_to_end(name, ((found, (path,)) for path in self.by), self.by)

    def hvp_at(self, x: Inputs, v: Inputs) -> Float[np.ndarray, "q d"]:
        """Not asked: there is no such endpoint."""
        raise ConfigError("a Tesseract has no endpoint for second derivatives: take order=1.")

    def _multiplied(self, name: str, short: str, x: Inputs, **vectors: Any) -> Any:
        which = {f"{short}_inputs": list(self.by), f"{short}_outputs": list(self.of)}
        return self.transport.ask(name, {"inputs": self._filled(x), **which, **vectors})

    def _joined(self, name: str, found: Any) -> np.ndarray:
        return _end_to_end(name, ((found, tuple(path.split("."))) for path in self.of), self.of)

    def _filled(self, x: Inputs) -> dict[str, Any]:
        """All inputs: those that are fixed, and x in its places."""
        inputs = copy.deepcopy(self.fixed)
        for path, array in _cut(x, self.by).items():
            *folders, last = path.split(".")
            place = inputs
            for folder in folders:
                place = place.setdefault(folder, {})
            place[last] = array
        return inputs

    def _answered(self, path: str) -> tuple[int, ...]:
        """The shape of an answer that the schema leaves open: it is looked at, once."""
        middle = np.mean([self.box.lower, self.box.upper], axis=0)
        found = self.transport.ask("apply", {"inputs": self._filled(middle)})
        return np.shape(_at(found, tuple(path.split(".")), "apply"))

    def _refuse_sizes(self) -> None:
        count = sum(map(_size, self.by.values()))
        if count != self.box.dimension:
            raise ConfigError(
                f"what is varied has {count} numbers ({', '.join(_entries(self.by))}), but the box "
                f"has {self.box.dimension} ({', '.join(self.box.names)}): give one name for each."
            )


def _declared(schema: Mapping, name: str, fixed: Mapping) -> dict[str, tuple]:
    """Paths and shapes of what the schema calls differentiable, as declared, without the fixed."""
    about = schema.get("components", {}).get("schemas", {}).get(name, {})
    arrays, order = about.get("differentiable_arrays", {}), about.get("field_order", {})

    def place(path: str) -> list[int]:
        words = path.split(".")
        fields = [order.get(".".join(words[:k]), []) for k in range(len(words))]
        pairs = zip(fields, words, strict=True)
        return [known.index(w) if w in known else len(known) for known, w in pairs]

    def is_fixed(path: str) -> bool:
        found: Any = fixed
        for word in path.split("."):
            if not isinstance(found, Mapping) or word not in found:
                return False
            found = found[word]
        return True

    return {
        path: tuple(arrays[path]["shape"] or ())
        for path in sorted(arrays, key=place)
        if not is_fixed(path)
    }


def _shapes(field: str, given, declared: Mapping[str, tuple], look=None) -> Shapes:
    """The shape of each path, as given or declared or, if it is open there, looked at."""
    given = declared if given is None else given
    if isinstance(given, str) or not given:
        raise ConfigError(
            f"{field} is {given!r}: give a tuple of paths of its schema, of "
            f"{', '.join(declared) or 'which it lists none'}."
        )
    found = {}
    for path in given:
        shape = given[path] if isinstance(given, Mapping) else declared.get(path)
        if shape is None or (declared and path not in declared):
            raise ConfigError(
                f"'{path}' of {field} is no differentiable array of the Tesseract: it has "
                f"{', '.join(declared) or 'none, so give shapes: {path: shape}'}."
            )
        if None in shape and look is not None:
            shape = look(path)
        if None in shape:
            raise ConfigError(
                f"the Tesseract leaves the shape {shape} of '{path}' open: give "
                f"{field}={{'{path}': (3,)}} with the number of its entries."
            )
        found[path] = tuple(map(int, shape))
    return found


def _flat(shapes: Mapping[str, tuple]) -> list:
    return [size for shape in shapes.values() for size in shape]


def _size(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=int))


def _entries(shapes: Shapes) -> tuple[str, ...]:
    """Names of all entries: `w` of a number, `u[0]`, `u[1]` of an array."""
    return tuple(
        path + (f"[{','.join(map(str, index))}]" if shape else "")
        for path, shape in shapes.items()
        for index in np.ndindex(shape)
    )


def _cut(vector: np.ndarray, shapes: Shapes) -> dict[str, Any]:
    ends = np.cumsum([_size(shape) for shape in shapes.values()])
    parts = np.split(vector, ends[:-1])
    pairs = zip(shapes.items(), parts, strict=True)
    return {path: part.reshape(shape).tolist() for (path, shape), part in pairs}


def _at(found: Any, path: tuple[str, ...], name: str) -> Any:
    for word in path:
        if not isinstance(found, Mapping) or word not in found:
            raise DataError(f"{name} of the Tesseract gave no '{'.'.join(path)}': correct it.")
        found = found[word]
    return found


def _array(name: str, given: Any, shape: tuple[int, ...]) -> np.ndarray:
    array = np.asarray(given)
    if array.dtype.kind not in "fiub" or array.shape != shape:
        raise DataError(
            f"{name} of the Tesseract gave an array of shape {array.shape} ({array.dtype}), but "
            f"{shape} is needed: correct it."
        )
    return array.astype(np.float64)


def _end_to_end(name: str, places: Iterator[tuple], shapes: Shapes) -> np.ndarray:
    parts = [
        _array(name, _at(found, path, name), shape).ravel()
        for (found, path), shape in zip(places, shapes.values(), strict=True)
    ]
    return np.concatenate(parts)
