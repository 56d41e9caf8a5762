"""Differential equations posed whole: equation, domain, conditions, reference and metric."""

from sobolev._base.lazy import attach

__getattr__, __all__ = attach(__name__, __file__)


def __dir__() -> list[str]:
    return __all__
