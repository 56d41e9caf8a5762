"""Libraries that only some formats need: imported when used, one sentence when missing."""

import importlib
from typing import Any

from sobolev._base.errors import DataError


def optional(module: str, what: str, extra: str) -> Any:
    """The module, or `DataError` with the line that installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise DataError(
            f"{what} needs {module.partition('.')[0]}, which is not installed: "
            f"pip install 'sobolev[{extra}]'."
        ) from error
