"""Ways into the tools of others, one file each; a tool is imported when its bridge is used.

Models go out here; data of other tools come in by `data/foreign`.
"""

from sobolev._base.lazy import attach

__getattr__, __all__ = attach(__name__, __file__)


def __dir__() -> list[str]:
    return __all__
