"""What processes say to each other, with a checksum: a damaged message is noticed."""

import hashlib
import pickle
from typing import Any

_SIZE = hashlib.sha256().digest_size


class Damaged(Exception):
    """These bytes are not what was sent."""


def seal(thing: Any) -> bytes:
    """As bytes, with their SHA-256 in front; raises what pickling raises."""
    body = pickle.dumps(thing)
    return hashlib.sha256(body).digest() + body


def unseal(content: object) -> Any:
    """The thing again; raises `Damaged` for what `seal` did not write."""
    if not isinstance(content, bytes) or len(content) < _SIZE:
        raise Damaged
    body = content[_SIZE:]
    if hashlib.sha256(body).digest() != content[:_SIZE]:
        raise Damaged
    return pickle.loads(body)
