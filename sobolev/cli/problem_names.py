"""From PROBLEM on the command line to an object that can be solved."""

import importlib
import inspect
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sobolev._base.errors import ConfigError, SobolevError
from sobolev.cli.config import near
from sobolev.cli.served_models import served_model

_SERVED = re.compile("(umbridge|tesseract):(https?://.*|.*tesseract_api.py)")


def find_problem(text: str, params: Mapping[str, Any]) -> Any:
    """The problem named `text`, or at `module:object` or `file.py:object`; `ConfigError`.

    A class is made with `params`, an object is taken as it is. A model on a server is
    `umbridge:http://host:port/model`, with names and bounds of its inputs among `params`.
    """
    if (served := _SERVED.fullmatch(text)) is not None:
        return served_model(served[1], served[2], params)
    found = _imported(text) if ":" in text else _built_in(text)
    if inspect.isclass(found):
        return _made(found, text, params)
    if params:
        raise ConfigError(f"{text} is an object, not a class: it takes no --param.")
    return found


def problem_names() -> dict[str, type]:
    """Every built-in problem by its name in kebab case."""
    from sobolev.problems.registry import PROBLEMS

    return {_kebab(problem.__name__): problem for problem in PROBLEMS}


def parse_params(texts: list[str] | None) -> dict[str, Any] | None:
    """`["material=linear", "divisions=8"]` as a table; values are TOML, or else text."""
    if not texts:
        return None
    params = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise ConfigError(f"--param {text}: write name=value, such as material=linear.")
        try:
            params[name.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            params[name.strip()] = value
    return params


def _built_in(text: str) -> type:
    known = problem_names()
    wanted = _kebab(text)
    if wanted not in known:
        raise ConfigError(
            f"unknown problem '{text}'{near(wanted, known)}; your own is module:object or "
            "file.py:object."
        )
    return known[wanted]


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", "-", name).lower()


def _imported(text: str) -> Any:
    place, _, name = text.rpartition(":")
    try:
        module = _file(Path(place)) if place.endswith(".py") else _module(place)
    except SobolevError:
        raise
    except Exception as error:  # whatever the user's own code does while it is imported
        raise ConfigError(
            f"cannot import '{place}' of {text} ({type(error).__name__}: {error}): correct it; a "
            "module has to lie in this folder or be installed."
        ) from error
    found = module
    for part in name.split("."):
        if not hasattr(found, part):
            public = [item for item in vars(module) if not item.startswith("_")]
            raise ConfigError(f"'{place}' has no '{name}'{near(name, public)}.")
        found = getattr(found, part)
    return found


def _module(place: str):
    if "" not in sys.path:
        sys.path.insert(0, "")
    return importlib.import_module(place)


def _file(path: Path):
    """Import by name from the file's folder, so that other processes can import it as well."""
    if not path.is_file():
        raise ConfigError(f"there is no file {path}: correct the path before the colon.")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    module = importlib.import_module(path.stem)
    if Path(getattr(module, "__file__", None) or "").resolve() != path.resolve():
        raise ConfigError(f"{path} has the name of a module that is already there: rename it.")
    return module


def _made(kind: type, text: str, params: Mapping[str, Any]) -> Any:
    known = inspect.signature(kind).parameters
    for name in params:
        if name not in known:
            raise ConfigError(f"{text} has no parameter '{name}'{near(name, known)}.")
    missing = [name for name in _needed(kind) if name not in params]
    if missing:
        raise ConfigError(f"{text} needs a value: give --param {missing[0]}=...")
    return kind(**{k: _fitting(k, v, known[k].default) for k, v in params.items()})


def _needed(kind: type) -> list[str]:
    parameters = inspect.signature(kind).parameters.items()
    variadic = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    return [n for n, p in parameters if p.default is p.empty and p.kind not in variadic]


def _fitting(name: str, value: Any, default: Any) -> Any:
    """The value in the type of the parameter's default, when this is a plain one."""
    if isinstance(default, tuple) and isinstance(value, str):
        value = tuple(part.strip() for part in value.split(","))
    if isinstance(value, list):
        value = tuple(value)
    if isinstance(default, float) and type(value) is int:
        value = float(value)
    for kind, words in _KINDS.items():
        if type(default) is kind and type(value) is not kind:
            raise ConfigError(f"parameter {name} is {value!r}: it must be {words}.")
    return value


_KINDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    tuple: "a list, such as a,b",
}
