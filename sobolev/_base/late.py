"""A package that is imported when something of it is first asked for."""

from importlib import import_module
from types import ModuleType
from typing import Any


class Late(ModuleType):
    """Stands for a package until then; annotations that name it stay texts.

    ```python
    optax = Late("optax")
    optax.scale_by_adam()    # imports it
    ```
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)
