"""Exact gradient-enhanced kriging: the baseline every network has to beat."""

from sobolev._base.lazy import attach

__getattr__, __all__ = attach(__name__, __file__)


def __dir__() -> list[str]:
    return __all__
