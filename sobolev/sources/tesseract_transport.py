"""How a Tesseract is asked: over HTTP, or imported here from its tesseract_api.py."""

import base64
import functools
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sobolev._base.errors import ConfigError, DataError, Diverged, SobolevError
from sobolev._base.optional import optional
from sobolev.sources.connection import Server, short
from sobolev.sources.contents import Content


class Transport(ABC):
    """Asks one Tesseract; `known_by`: what a journal knows it by."""

    known_by: str

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """Its OpenAPI schema."""

    @abstractmethod
    def ask(self, endpoint: str, content: dict[str, Any]) -> Any:
        """The answer with arrays in it; `Diverged` when it fails, `DataError` when it refuses."""


def transport(where: str, patience: float) -> Transport:
    """Of an address or a file; `ConfigError` for what is neither."""
    if where.startswith(("http://", "https://")):
        return Served(Server(where.rstrip("/"), patience))
    path = Path(where).resolve()
    if not path.is_file():
        raise ConfigError(
            f"'{where}' is neither an address, such as http://localhost:8000, nor a file "
            "tesseract_api.py."
        )
    return Imported(str(path))


@dataclass(frozen=True)
class Served(Transport):
    """Over HTTP. Arrays come as their bits: JSON has no NaN."""

    server: Server
    known_by: str = "served"

    def schema(self) -> dict[str, Any]:
        """From /openapi.json."""
        answer = self.server.ask("openapi.json")
        found = answer.content if isinstance(answer.content, dict) else {}
        if "/apply" not in found.get("paths", {}):
            raise ConfigError(
                f"{self.server.url} is no Tesseract: /openapi.json says "
                f"'{short(answer.text)[:60]}'."
            )
        return found

    def ask(self, endpoint: str, content: dict[str, Any]) -> Any:
        """POST; status 422 is a refusal of what was asked, others are failures."""
        answer = self.server.ask(endpoint, content, "application/json+base64")
        if answer.status == 200 and answer.content is not None:
            return _decoded(answer.content)
        who = f"the Tesseract at {self.server.url}"
        if answer.status in (404, 406, 422):
            raise DataError(f"{who} refuses {endpoint}: {_refusal(answer.content, answer.text)}.")
        said = short(answer.text) or "no word"
        raise Diverged(f"{who} failed in {endpoint} (status {answer.status}): {said}")


@dataclass(frozen=True)
class Imported(Transport):
    """From its file, in this process."""

    path: str

    @property
    def known_by(self) -> str:  # type: ignore[override]
        """The content of its file."""
        return repr(Content(self.path))

    def schema(self) -> dict[str, Any]:
        """As it would be served."""
        return dict(_imported(self.path).openapi_schema)

    def ask(self, endpoint: str, content: dict[str, Any]) -> Any:
        """Call it; whatever its own code raises is a failure at this point."""
        try:
            return getattr(_imported(self.path), endpoint)(**content)
        except SobolevError:
            raise
        except Exception as error:
            kind, said = type(error).__name__, short(str(error))
            if kind == "ValidationError":
                raise DataError(f"{self.path} refuses {endpoint}: {said}.") from error
            raise Diverged(f"{self.path} failed in {endpoint}: {kind}: {said}") from error


@functools.cache
def _imported(path: str) -> Any:
    """One of each file and process; it cannot be sent to others, its path can."""
    core = optional("tesseract_core", "a tesseract_api.py that is imported here", "tesseract")
    try:
        return core.Tesseract.from_tesseract_api(path)
    except Exception as error:  # whatever its own code does while it is imported
        cause = error.__cause__ or error
        raise ConfigError(
            f"cannot import {path} ({type(cause).__name__}: {short(str(cause))}): correct it; "
            "its packages, and sobolev[tesseract], have to be installed here."
        ) from error


def _decoded(content: Any) -> Any:
    """The same with arrays in place of what encodes them."""
    if not isinstance(content, Mapping):
        return content
    if content.get("object_type") != "array":
        return {key: _decoded(value) for key, value in content.items()}
    try:
        data, dtype, shape = content["data"], np.dtype(content["dtype"]), content["shape"]
        if data["encoding"] == "base64":
            return np.frombuffer(base64.b64decode(data["buffer"]), dtype).reshape(shape)
        return np.array(data["buffer"], dtype).reshape(shape)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"the Tesseract gave an array that cannot be read ({error}).") from error


def _refusal(content: Any, text: str) -> str:
    """`inputs.load: Field required` from what the server says."""
    detail = content.get("detail") if isinstance(content, dict) else None
    if not isinstance(detail, list) or not detail or not isinstance(detail[0], dict):
        return short(text) or "no word"
    place = ".".join(map(str, detail[0].get("loc", ())[1:]))
    return short(f"{place}: {detail[0].get('msg', '')}")
