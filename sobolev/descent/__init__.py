"""Minimise functions of functions: the lengths and angles of descent are those of a space."""

from sobolev._base.lazy import attach

__getattr__, __all__ = attach(__name__, __file__)


def __dir__() -> list[str]:
    return __all__
