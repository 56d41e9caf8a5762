"""The runtime checker of the suite: arrays have the shapes and kinds of number they are said to.

jaxtyping calls it for every annotated function and class of the package while the unit tests run,
as `make test` says; users pay nothing. Only arrays are looked at. What else a public
door is given, from a list to nonsense, its own sentences answer, and tests read those.
"""

import functools
import inspect
import types
import typing

from jaxtyping import AbstractArray, Float, Real

# Doors: what a user gives here may be anything, and is refused in a sentence that a test reads.
DOORS = frozenset(
    f"sobolev.{name}"
    for name in (
        "data.dataset.Dataset.__init__",
        "inner_products.dense.Dense.__init__",
        "function.function.Function.jvp",
    )
)


def check_arrays(function):
    """The function, which raises `TypeError` when an array does not fit its annotation.

    The letters of the axes agree between the arguments of one call and with what it returns: that
    is jaxtyping's doing, inside whose context this runs.
    """
    hints = {
        name: found
        for name, hint in getattr(function, "__annotations__", {}).items()
        if (found := _arrays(hint))
    }
    if f"{function.__module__}.{function.__qualname__}" in DOORS:
        hints = {name: found for name, found in hints.items() if name == "return"}
    if not hints:
        return function
    signature = inspect.signature(function)
    variadic = {
        name
        for name, parameter in signature.parameters.items()
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }

    @functools.wraps(function)
    def checked(*args, **kwargs):
        given = signature.bind(*args, **kwargs).arguments
        for name, value in given.items():
            if name in hints and name not in variadic:
                _check(name, value, hints[name])
        answer = function(*args, **kwargs)
        if "return" in hints:
            _check("the value returned", answer, hints["return"])
        return answer

    return checked


def _arrays(hint) -> list:
    """The array annotations among the alternatives of a hint; none unless all others are no arrays.

    Tuples are left alone: their lengths vary by argument. A hint that is text is not resolved.
    """
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return [found for part in typing.get_args(hint) for found in _arrays(part)]
    if isinstance(hint, type) and issubclass(hint, AbstractArray):
        # Host or device, array or tracer: the kernels take both, only shape and kind count.
        # A whole number is a real one.
        kind = Real if hint.dtype is Float else hint.dtype
        return [kind[typing.Any, hint.dim_str]]
    return []


def _check(name: str, value, hints: list) -> None:
    if not (hasattr(value, "shape") and hasattr(value, "dtype")):
        return  # a list or a number where an array is meant is for the function to refuse
    if not any(isinstance(value, hint) for hint in hints):
        said = " or ".join(f"{hint.dtype.__name__}[{hint.dim_str}]" for hint in hints)
        raise TypeError(f"{name} is {value.dtype}{list(value.shape)} and is said to be {said}.")
