"""A function with its derivatives, written down for other tools: one file for each kind.

What is written was compiled and compared with the function before.
"""

from sobolev._base.lazy import attach

__getattr__, __all__ = attach(__name__, __file__)


def __dir__() -> list[str]:
    return __all__
