"""What the user's own functions raise, as one sentence that says whose they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax

from sobolev._base.errors import ConfigError, SobolevError

_TRACED = (
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerBoolConversionError,
    jax.errors.TracerIntegerConversionError,
    jax.errors.ConcretizationTypeError,
)


def named(thing: Any) -> str:
    """What a function, or a value of a class, is called in a message."""
    return getattr(thing, "__name__", type(thing).__name__)


@contextmanager
def told(who: str, more: str = "") -> Iterator[None]:
    """Whatever is raised inside is a `ConfigError` about `who`, with the first line of its reason.

    JAX asks functions with arrays that have no values yet: what wants to see them is told so.
    """
    try:
        yield
    except SobolevError:
        raise
    except _TRACED as error:
        raise ConfigError(
            f"{who} asks for the values of its arrays, which it gets without: write it with "
            "jax.numpy in place of numpy, and without float(), if and loops on values."
        ) from error
    except Exception as error:
        reason = " ".join((str(error).splitlines() or [""])[0].split()).rstrip(".")
        raise ConfigError(f"{who} fails: {type(error).__name__}, {reason}.{more}") from error
