"""The runtime checker of the suite: arrays have the shapes and kinds of number they are said to.

jaxtyping's hook of imports decorates every function and class of the package while the unit tests
run, as `make test` says; users pay nothing. Only arrays are looked at. What else a public door is
given, from a list to nonsense, its own sentences answer, and tests read those.

jaxtyping's own decorator makes two more functions of each and calls them at every call, whether
there is an array in the annotations or none: a fifth of the time of the suite. The decorator here
says the same of arrays, and is none where there are none.
"""

import dataclasses
import functools
import inspect
import types
import typing

import jaxtyping
from jaxtyping import AbstractArray, Float, Real
from jaxtyping._decorator import _destring_annotation
from jaxtyping._storage import pop_shape_memo, push_shape_memo

# Doors: what a user gives here may be anything, and is refused in a sentence that a test reads.
DOORS = frozenset(
    f"sobolev.{name}"
    for name in (
        "data.dataset.Dataset.__init__",
        "inner_products.dense.Dense.__init__",
        "function.function.Function.jvp",
    )
)


def held_to_annotations(*, typechecker=None):
    """In place of `jaxtyping.jaxtyped`: a function by `check_arrays`, a dataclass by its start."""

    def decorated(given):
        if inspect.isfunction(given):
            return check_arrays(given)
        if dataclasses.is_dataclass(given):
            given.__init__ = check_arrays(given.__init__)
        return given

    return decorated


def check_arrays(function):
    """The function, which raises `TypeError` when an array does not fit its annotation.

    The letters of the axes agree between the arguments of one call and with what it returns.
    """
    if getattr(function, "__held__", False):
        return function
    hints = {
        name: found
        for name, hint in getattr(function, "__annotations__", {}).items()
        if (found := _arrays(_meant(hint, function)))
    }
    if f"{function.__module__}.{function.__qualname__}" in DOORS:
        hints = {name: found for name, found in hints.items() if name == "return"}
    if not hints:
        return function
    signature = inspect.signature(function)
    parameters = signature.parameters.values()
    places = [
        (place, p.name)
        for place, p in enumerate(parameters)
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.name in hints
    ]
    by_name = hints.keys() - {p.name for p in parameters if p.kind is p.VAR_KEYWORD}
    returned = hints.get("return")
    # Axes like "{order}+1" are told by the other arguments.
    told = any("{" in hint.dim_str for found in hints.values() for hint in found)

    @functools.wraps(function)
    def checked(*args, **kwargs):
        push_shape_memo(_bound(signature, args, kwargs) if told else {})
        try:
            for place, name in places:
                if place < len(args):
                    _check(name, args[place], hints[name])
            for name in by_name & kwargs.keys():
                _check(name, kwargs[name], hints[name])
            answer = function(*args, **kwargs)
            if returned:
                _check("the value returned", answer, returned)
            return answer
        finally:
            pop_shape_memo()

    checked.__held__ = True
    return checked


def _meant(hint, function):
    """An annotation that is written as text."""
    return _destring_annotation(hint, function.__globals__) if isinstance(hint, str) else hint


def _bound(signature, args, kwargs) -> dict:
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.arguments


def _arrays(hint) -> list:
    """The array annotations among the alternatives of a hint; none unless all others are no arrays.

    Tuples are left alone: their lengths vary by argument.
    """
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return [found for part in typing.get_args(hint) for found in _arrays(part)]
    if isinstance(hint, type) and issubclass(hint, AbstractArray):
        # Host or device, array or tracer: the kernels take both, only shape and kind count.
        # A whole number is a real one.
        return [_of_any_array(Real if hint.dtype is Float else hint.dtype, hint.dim_str)]
    return []


@functools.cache
def _of_any_array(kind, axes: str):
    return kind[typing.Any, axes]


def _check(name: str, value, hints: list) -> None:
    if not (hasattr(value, "shape") and hasattr(value, "dtype")):
        return  # a list or a number where an array is meant is for the function to refuse
    if not any(isinstance(value, hint) for hint in hints):
        said = " or ".join(f"{hint.dtype.__name__}[{hint.dim_str}]" for hint in hints)
        raise TypeError(f"{name} is {value.dtype}{list(value.shape)} and is said to be {said}.")


jaxtyping.jaxtyped = held_to_annotations  # what the hook of imports asks for, by name
