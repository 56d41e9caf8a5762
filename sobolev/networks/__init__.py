"""Functions with trainable parameters: architectures are values, one file each."""

from sobolev._base.lazy import attach
from sobolev.networks.capacity_warning import (
    capacity_warning as capacity_warning,  # the module is called so, too
)

__getattr__, __all__ = attach(__name__, __file__)


def __dir__() -> list[str]:
    return __all__
