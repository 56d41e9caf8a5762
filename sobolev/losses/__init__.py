"""Blocks of terms with points of their own; what they measure, one function squares and sums."""

from sobolev._base.lazy import attach

__getattr__, __all__ = attach(__name__, __file__)


def __dir__() -> list[str]:
    return __all__
