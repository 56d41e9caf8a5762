"""From `umbridge:http://localhost:4242/beam` and its --param to a source."""

from collections.abc import Mapping
from typing import Any

from sobolev._base.errors import ConfigError
from sobolev.cli.config import near

OF_BOX = "names", "lower", "upper", "units"
LISTS = (*OF_BOX, "outputs", "output_units", "by", "of")


def served_model(kind: str, address: str, params: Mapping[str, Any]) -> Any:
    """The model of a server; its inputs are `--param names=E,F lower=1,2 upper=3,4`.

    Raises `ConfigError`, and `SobolevError` when no server answers.
    """
    from sobolev import sources
    from sobolev.box import Box

    known = (*OF_BOX, "outputs", "output_units", *OTHERS[kind])
    for name in params:
        if name not in known:
            raise ConfigError(f"{kind}:{address} has no parameter '{name}'{near(name, known)}.")
    given: dict[str, Any]
    given = {name: _listed(params[name]) if name in LISTS else params[name] for name in params}
    missing = [name for name in OF_BOX[:3] if name not in given]
    if missing:
        raise ConfigError(
            f"{kind}:{address} needs names and bounds of its inputs: give --param "
            f"{missing[0]}={'E,F' if missing[0] == 'names' else '1,2'}, one for each."
        )
    box = Box(*(given.pop(name, ()) for name in OF_BOX))
    if kind == "tesseract":
        return sources.Tesseract(address, box, **given)
    url, _, model = address.rpartition("/")
    if not model or url.endswith("/"):
        raise ConfigError(
            f"umbridge:{address} names no model: write umbridge:http://localhost:4242/beam."
        )
    return sources.UMBridge(url, model, box, **given)


OTHERS = {"umbridge": ("config", "patience"), "tesseract": ("by", "of", "fixed", "patience")}


def _listed(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(","))
    if isinstance(value, dict):  # paths with their shapes
        return value
    return tuple(value) if isinstance(value, list) else (value,)
