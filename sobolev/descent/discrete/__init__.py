"""Choose entries of catalogues: gradients of means over random choices, and searches without."""

from sobolev._base.lazy import attach

__getattr__, __all__ = attach(__name__, __file__)


def __dir__() -> list[str]:
    return __all__
