"""Values and derivatives as data: container, scaling, files."""

from sobolev._base.lazy import attach
from sobolev.data.stack import stack as stack  # the module is called so, too

__getattr__, __all__ = attach(__name__, __file__)


def __dir__() -> list[str]:
    return __all__
