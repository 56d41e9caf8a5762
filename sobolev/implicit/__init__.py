"""Minima as functions of what they depend on: least-squares solves that know their derivatives."""

from sobolev._base.lazy import attach

__getattr__, __all__ = attach(__name__, __file__)


def __dir__() -> list[str]:
    return __all__
