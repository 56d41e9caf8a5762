"""A JSON file of ours: read, checked, and refused in one sentence."""

import json
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from sobolev._base.errors import DataError

Model = TypeVar("Model", bound=BaseModel)


def parsed(path: Path) -> object:
    """What the file says. Raises `DataError` when it cannot be read or is not JSON."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"cannot read {path}: {error.strerror or error}. Give the folder that a study wrote."
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not a text file: run the study again.") from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is cut off or is not JSON ({error}): run the study again.") from (
            error
        )


def validated(model: type[Model], path: Path, content: object) -> Model:
    """The content as a model. Raises `DataError` that names the first place that does not fit."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise DataError(f"{path}: '{place}': {first['msg']}. Run the study again.") from error
