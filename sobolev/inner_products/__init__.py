"""Inner products of functions: in what sense a function, a residual or a gradient is large."""

from sobolev._base.lazy import attach

__getattr__, __all__ = attach(__name__, __file__)


def __dir__() -> list[str]:
    return __all__
