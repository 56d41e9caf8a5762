"""Work that is spread over processes and machines, and what is known of it when it is done."""

from sobolev._base.lazy import attach

__getattr__, __all__ = attach(__name__, __file__)


def __dir__() -> list[str]:
    return __all__
