"""The options of a verb, made from its settings, where name, kind, help and default stand."""

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import Parameter
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import typer

from sobolev._base.lists import listed
from sobolev.cli.config import number, resolve

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

METAVARS = {int: "N", float: "X", str: "NAME"}


class Read(NamedTuple):
    """How typer reads an option, and how its text becomes what a TOML file would hold."""

    type: Any
    value: Callable[[Any], Any]


def with_settings(verb: Callable) -> Callable:
    """`verb` as typer reads a function, with the options of its settings.

    The argument `settings: "FitSettings"` of the verb `fit` names a model in `settings/fit.py`. An
    option for each of its fields stands in the place of the argument, and then --config; out of all
    of them comes one `settings`. A verb without this argument is as it is.
    """
    own = inspect.signature(verb).parameters
    if "settings" not in own:
        return verb
    module = import_module(f"sobolev.cli.settings.{verb.__name__}")
    kind = getattr(module, own["settings"].annotation)
    readers = {name: _read(field) for name, field in _optional(kind)}

    def run(config: Path | None, **given: Any) -> None:
        options = {name: reader.value(given.pop(name)) for name, reader in readers.items()}
        verb(settings=resolve(kind, config, options), **given)

    parameters = []
    for name, parameter in own.items():
        parameters += list(_parameters(kind, readers)) if name == "settings" else [parameter]
    run.__doc__, run.__name__ = verb.__doc__, verb.__name__
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    setattr(run, "__signature__", inspect.Signature(parameters))  # noqa: B010 (what typer reads)
    return run


def _optional(kind: "type[BaseModel]") -> Iterator[tuple[str, "FieldInfo"]]:
    return ((name, f) for name, f in kind.model_fields.items() if _said(f) is not None)


def _said(field: "FieldInfo") -> Any:
    """The `Option` of a field, None where it has none."""
    from sobolev.cli.settings.strict import Option

    return next((said for said in field.metadata if isinstance(said, Option)), None)


def _parameters(kind: "type[BaseModel]", readers: dict[str, Read]) -> Iterator[Parameter]:
    for name, field in _optional(kind):
        said = _said(field)
        flag = f"--{said.name or name.replace('_', '-')}"
        yield _parameter(
            name,
            readers[name].type,
            f"{flag}/--{said.off}" if said.off else flag,
            metavar=said.metavar or _metavar(field.annotation) or None,
            help=f"{said.help} {_default(field)}".strip(),
        )
    keys = list(kind.model_fields)
    which = f": {', '.join(keys)}." if len(keys) < 5 else "."
    yield _parameter("config", Path | None, "--config", help=f"Settings as a TOML file{which}")


def _parameter(name: str, kind: Any, flag: str, **said: Any) -> Parameter:
    annotation = Annotated[kind, typer.Option(flag, show_default=False, **said)]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _default(field: "FieldInfo") -> str:
    """`[default: …]` in words, or the plain one; nothing for what is off or absent."""
    value = field.get_default(call_default_factory=True)
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    plain = "" if value is None or value is False or value == {} else value
    shown = _said(field).default or str(plain)
    return f"[default: {shown}]" if shown else ""


def _kinds(annotation: Any) -> list[Any]:
    """The kinds that a value may be of: `X | None` and `Annotated[X, …]` are of the kind X."""
    if get_origin(annotation) is Annotated:
        return _kinds(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [kind for part in get_args(annotation) for kind in _kinds(part)]
    return [] if annotation is NoneType else [annotation]


def _metavar(annotation: Any) -> str:
    """`N`, `N|all`, `best|last`; nothing for a switch."""
    words = []
    for kind in _kinds(annotation):
        if kind is bool:
            return ""
        words += get_args(kind) if get_origin(kind) is Literal else [METAVARS[kind]]
    return "|".join(words)


def _read(field: "FieldInfo") -> Read:
    kinds = _kinds(field.annotation)
    if bool in kinds:
        return Read(bool | None, lambda given: given)
    origins = {get_origin(kind): kind for kind in kinds}
    if dict in origins:
        from sobolev.cli.problem_names import parse_params

        return Read(list[str] | None, parse_params)
    if tuple in origins:
        numbers = str not in _kinds(get_args(origins[tuple])[0])
        return Read(str | None, lambda text: _list(text, numbers))
    return Read(str | None, lambda text: text)


def _list(text: str | None, numbers: bool) -> list | None:
    """`a,b` as a list, `K[0,1],b` as two; None when the option was not given."""
    if text is None:
        return None
    parts = listed(text)
    return [number(part) for part in parts] if numbers else parts
