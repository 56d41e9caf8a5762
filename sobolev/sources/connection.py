"""JSON over HTTP to a server of models: asked again when the line drops, told in one sentence.

The standard library alone, without the proxies that a cluster's environment names: the server of a
model is this machine or a neighbour.
"""

import http.client
import json
import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from sobolev._base.errors import ConfigError, Diverged, SobolevError

TRIES, PAUSE = 4, 0.1  # seconds before the second try, twice as many before each further one
DROPPED = 502, 503, 504  # a balancer's words for a server that is not there at the moment


@dataclass(frozen=True)
class Answered:
    """A status, and the content: JSON where it is that, else None, and its text."""

    status: int
    content: Any
    text: str


@dataclass(frozen=True)
class Server:
    """Where it is, `http://host:port` with or without a path, and how long to wait for an answer.

    Raises `ConfigError` for what is no such address.
    """

    url: str
    patience: float = np.inf

    def __post_init__(self):
        parts = urlsplit(self.url)
        try:
            known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:  # a port that is no number
            known = False
        if not known:
            raise ConfigError(
                f"'{self.url}' is no address of a server: give such as http://localhost:4242."
            )

    def ask(self, path: str, content: object = None, accept: str = "application/json") -> Answered:
        """GET, or POST of `content`; asked up to 4 times while the connection cannot be held.

        An evaluation changes nothing, so it may be asked twice. Raises `SobolevError` when nobody
        answers, `Diverged` when the answer is too late.
        """
        why = ""
        for attempt in range(TRIES):
            if attempt:
                time.sleep(PAUSE * 2 ** (attempt - 1))
            try:
                found = self._once(path, content, accept)
            except TimeoutError as error:
                raise Diverged(
                    f"{self.url} did not answer within {self.patience:g} s (patience)"
                ) from error
            except (OSError, http.client.HTTPException) as error:
                why = getattr(error, "strerror", None) or str(error) or type(error).__name__
                continue
            if found.status not in DROPPED:
                return found
            why = f"status {found.status}"
        raise SobolevError(
            f"no server answers at {self.url} ({why}; asked {TRIES} times): start it, or correct "
            "the address."
        )

    def _once(self, path: str, content: object, accept: str) -> Answered:
        parts = urlsplit(self.url)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        timeout = None if np.isinf(self.patience) else self.patience
        connection = kind(parts.hostname or "", parts.port, timeout=timeout)
        try:
            where = f"{parts.path.rstrip('/')}/{path}"
            if content is None:
                connection.request("GET", where, headers={"Accept": accept})
            else:
                body = json.dumps(content, allow_nan=False).encode()
                headers = {"Content-Type": "application/json", "Accept": accept}
                connection.request("POST", where, body, headers)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        finally:
            connection.close()
        return Answered(response.status, _json(text), text)


def _json(text: str) -> Any:
    """The content; servers that print a list of Python's say nan and inf, which is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    words = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    try:
        return json.loads(re.sub(r"(?<![\w\"])-?\b(nan|inf)\b", lambda m: words[m[0]], text))
    except (ValueError, KeyError):
        return None


def short(text: str) -> str:
    """What a server says, as it stands in a message: one line, no tags."""
    words = " ".join(re.sub(r"<[^<>]*>", " ", text).split())
    return words if len(words) <= 200 else f"{words[:197]}..."
