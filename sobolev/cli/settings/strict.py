"""What the settings of all verbs have in common: they are strict, and they are options as well."""

import ast
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from sobolev._base.errors import ConfigError

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0)]
Order = Annotated[int, Field(ge=0, le=2)]
Kebab = BeforeValidator(lambda v: v.replace("_", "-") if isinstance(v, str) else v)


def one_of(family: str, table: str, *more: str) -> AfterValidator:
    """One of `more`, or of the names in a table of a family of `sobolev`.

    The table is looked up when a name is given: it is JAX that takes the time.
    """

    def check(name: str) -> str:
        known = (*more, *getattr(import_module(f"sobolev.{family}"), table))
        if name not in known:
            *first, last = (f"'{name}'" for name in known)
            said = {"expected": f"{', '.join(first)} or {last}", "known": known}
            raise PydanticCustomError("literal_error", "Input should be {expected}", said)
        return name

    return AfterValidator(check)


def names_in(family: str, table: str) -> tuple[str, ...]:
    """The names of a table in `registry.py` of a family, read from its source.

    The table has to be a literal: help lists its names, and does not wait for JAX.
    """
    source = Path(__file__).parents[2] / family / "registry.py"
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == table:
            (names,) = (part.keys for part in ast.walk(node) if isinstance(part, ast.Dict))
            return tuple(ast.literal_eval(name) for name in names if name is not None)
    raise KeyError(table)


@dataclass(frozen=True)
class Option:
    """A setting that is also an option; one without this is set in the TOML file only.

    **Arguments:** `help`: a sentence; `metavar`: what stands for the value, where its kind does not
    say it; `default`: the default in words, where it depends on other settings; `name`: of the
    option, where it is not that of the setting; `off`: of the option that switches it off.
    """

    help: str = ""
    metavar: str = ""
    default: str = ""
    name: str = ""
    off: str = ""


class Strict(BaseModel):
    """A table without unknown keys and without guesses about types."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def _refuse(self, keys: tuple[str, ...], because: str) -> None:
        """`ConfigError` for a setting that was given and has no meaning."""
        for key in keys:
            if getattr(self, key) not in (None, False):
                raise ConfigError(
                    f"{key} = {getattr(self, key)!r} has no meaning {because}: leave it out."
                )

    def _default(self, **defaults: object) -> None:
        """Fill in what was not given."""
        for key, value in defaults.items():
            if getattr(self, key) is None:
                setattr(self, key, value)
