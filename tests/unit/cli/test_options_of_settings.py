"""Options are made from the settings: one field, one option, and what they hand to the verb."""

import inspect
import pkgutil
import sys
from importlib import import_module
from typing import Annotated, Literal, get_args

import pytest
from cli_runs import quiet as quiet
from cli_runs import refused, run
from pydantic import Field

import sobolev as sb
from sobolev.cli import options_of_settings, settings
from sobolev.cli.app import VERBS
from sobolev.cli.options_of_settings import _list, with_settings
from sobolev.cli.settings.strict import Count, Option, Positive, Strict
from sobolev.errors import ConfigError


class AllSettings(Strict):
    """One field of each kind."""

    count: Annotated[Count, Option("How many.")] = 3
    rate: Annotated[Positive | None, Option("How fast.", default="0.1, 0.2")] = None
    rows: Annotated[Count | Literal["all"] | None, Option("Rows.")] = None
    kind: Annotated[Literal["best", "last"], Option()] = "best"
    names: Annotated[tuple[str, ...] | None, Option("Names.", metavar="A,B")] = None
    widths: Annotated[tuple[Count, ...], Option("Widths.", metavar="W,W")] = (4, 2)
    on: Annotated[bool, Option("On.", off="own")] = False
    params: Annotated[dict[str, int], Option("P.", name="param", metavar="NAME=VALUE")] = Field(
        default_factory=dict
    )
    in_the_file_only: int = 7


@pytest.fixture
def made(monkeypatch):
    """The verb as typer reads it, and what it was called with."""
    calls = []

    def everything(table: str, *, settings: "AllSettings", again: bool = False):
        """A verb."""
        calls.append((table, settings, again))

    module = type(sys)("sobolev.cli.settings.everything")
    module.AllSettings = AllSettings
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return with_settings(everything), calls


def said(parameter):
    return get_args(parameter.annotation)[1]


def test_each_field_is_an_option_in_the_place_of_the_settings(made):
    parameters = inspect.signature(made[0]).parameters
    assert list(parameters) == [
        "table", "count", "rate", "rows", "kind", "names", "widths", "on", "params", "config",
        "again",
    ]  # fmt: skip
    options = {n: said(p) for n, p in parameters.items() if n not in ("table", "config", "again")}
    assert {name: (o.default, o.metavar, o.help) for name, o in options.items()} == {
        "count": ("--count", "N", "How many. [default: 3]"),
        "rate": ("--rate", "X", "How fast. [default: 0.1, 0.2]"),
        "rows": ("--rows", "N|all", "Rows."),
        "kind": ("--kind", "best|last", "[default: best]"),
        "names": ("--names", "A,B", "Names."),
        "widths": ("--widths", "W,W", "Widths. [default: 4,2]"),
        "on": ("--on/--own", None, "On."),
        "params": ("--param", "NAME=VALUE", "P."),
    }  # fmt: skip


def test_texts_become_what_a_file_would_hold(made, tmp_path):
    function, calls = made
    absent = dict.fromkeys(
        ("count", "rate", "rows", "kind", "names", "widths", "on", "params", "config")
    )
    function(table="t", again=True, **absent)
    assert calls.pop() == ("t", AllSettings(), True)
    given = {
        "count": "5", "rate": "1", "rows": "all", "kind": "last", "names": "1, b", "widths": "3,",
        "on": True, "params": ["a=1", "b=2"],
    }  # fmt: skip
    (tmp_path / "s.toml").write_text("in_the_file_only = 8\nparams = {c = 3}\ncount = 9\n")
    function(table="t", **absent | given | {"config": tmp_path / "s.toml"})
    (call,) = calls
    assert call[1].model_dump() == {
        "count": 5, "rate": 1.0, "rows": "all", "kind": "last", "names": ("1", "b"),
        "widths": (3,), "on": True, "params": {"a": 1, "b": 2, "c": 3}, "in_the_file_only": 8,
    }  # fmt: skip
    with pytest.raises(ConfigError, match=r"option --widths \(entry 2\) is 'x'"):
        function(table="t", **absent | {"widths": "3,x"})


def test_a_verb_without_settings_is_as_it_is():
    assert with_settings(VERBS["report"]) is VERBS["report"]


MODELS = [
    (module.name, kind)
    for module in pkgutil.iter_modules(settings.__path__)
    for kind in vars(import_module(f"sobolev.cli.settings.{module.name}")).values()
    if isinstance(kind, type) and issubclass(kind, Strict) and module.name in VERBS
    and kind.__module__.endswith(f".{module.name}")
]  # fmt: skip


@pytest.mark.parametrize("verb, kind", MODELS, ids=[name for name, _ in MODELS])
def test_help_of_each_verb_shows_every_option_of_its_settings(verb, kind):
    shown = run(verb, "--help").stdout
    for name, field in kind.model_fields.items():
        option = options_of_settings._said(field)
        if option is not None:
            assert f"--{option.name or name.replace('_', '-')} " in shown, (verb, name)
            assert " ".join(option.help.split()[:2]) in " ".join(shown.split())
    assert len(MODELS) == 8


def test_an_option_of_another_verb_is_unknown():
    refused(run("check", "t.csv", "--epochs", "3"), "No such option: --epochs")


@pytest.mark.parametrize(
    "option, family, table, more",
    [
        ("network", "networks", "ARCHITECTURES", {"auto"}),
        ("activation", "networks", "ACTIVATIONS", set()),
        ("init", "networks", "INITS", set()),
        ("optimiser", "optimisers", "OPTIMISERS", {"auto"}),
    ],
)
def test_help_lists_the_names_of_each_registry(option, family, table, more):
    """They are written there or read from the source: help does not wait for JAX."""
    field = import_module("sobolev.cli.settings.fit").FitSettings.model_fields[option]
    names = set(getattr(getattr(sb, family), table))
    assert set(options_of_settings._said(field).metavar.split("|")) == names | more


def test_every_recipe_of_a_design_is_offered_by_its_name():
    fields = import_module("sobolev.cli.settings.generate").GenerateSettings.model_fields
    recipes = {
        name.replace("_", "-")
        for name, item in vars(sb.designs).items()
        if inspect.isfunction(item)
        and item.__module__ == "sobolev.designs"
        and not name.startswith("_")
    }
    assert set(get_args(fields["design"].annotation)) == recipes


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a,b", ["a", "b"]), ("K[0,1],b", ["K[0,1]", "b"]), ("f(x, y) , b[0]", ["f(x, y)", "b[0]"]),
        ("a,,b,", ["a", "b"]), ("b [m,s],c", ["b [m,s]", "c"]), ("σ", ["σ"]),
    ],
)  # fmt: skip
def test_names_with_brackets_are_one_name(text, names):
    assert _list(text, numbers=False) == names
