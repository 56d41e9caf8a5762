"""Reading a law out of values and derivatives: sparse regression, terms with names, intervals."""

from sobolev._base.lazy import attach

__getattr__, __all__ = attach(__name__, __file__)


def __dir__() -> list[str]:
    return __all__
