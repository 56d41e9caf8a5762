"""Public names: carriers and verbs flat, families one dot away, old names for one version."""

import ast
import importlib
import re
import subprocess
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import pytest

import sobolev as sb
from sobolev._as_before import MOVED, MOVED_ROOMS

ROOT = Path(sb.__file__).parent
STUBS = sorted(ROOT.rglob("*.pyi"))


def listed(stub):
    """`{name: where it comes from}` of a stub, as Python reads it."""
    return {
        alias.asname: node.module
        for node in ast.parse(stub.read_text()).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def python(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("stub", STUBS, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_names_of_a_stub_are_those_of_its_package(stub):
    package = importlib.import_module(".".join(["sobolev", *stub.parent.relative_to(ROOT).parts]))
    names = listed(stub)
    assert sorted(names) == package.__all__ == dir(package)
    for name in names:
        try:
            assert getattr(package, name) is not None
        except ImportError as error:  # of a tool that is not among those for development
            assert re.search(r"needs \w+: pip install 'sobolev\[\w+\]'\.$", str(error))


def test_a_verb_is_no_file_of_its_name():
    """Whoever imported the file first, `package.verb` is the verb."""
    alike = [
        (".".join(["sobolev", *stub.parent.relative_to(ROOT).parts]), name)
        for stub in STUBS
        for name, room in listed(stub).items()
        if room is not None and stub.with_name(f"{name}.py").exists()
    ]
    assert ("sobolev.dynamics", "normal_modes") in alike
    said = python(
        "from importlib import import_module as load\nfrom types import ModuleType\n"
        f"for package, name in {alike}:\n"
        "    load(f'{package}.{name}')\n"
        "    print(isinstance(getattr(load(package), name), ModuleType))"
    )
    assert said == ["False"] * len(alike)


def test_few_enough_to_be_read_at_once():
    assert len([name for name in dir(sb) if not name.startswith("_")]) <= 60


def test_no_name_hides_a_room():
    rooms = {path.stem for path in ROOT.iterdir()}
    flat = {name for name, room in listed(ROOT / "__init__.pyi").items() if room is not None}
    assert not flat & rooms


@pytest.mark.parametrize("first", ["pass", "sb.Dataset", "sb.fit", "sb.__version__"])
def test_families_are_there_in_every_state(first):
    families = [name for name, room in listed(ROOT / "__init__.pyi").items() if room is None]
    said = python(
        f"import sobolev as sb\n{first}\n"
        f"for name in {families}:\n    print(getattr(sb, name).__name__)"
    )
    assert said == [f"sobolev.{name}" for name in families]


def test_a_name_that_never_was_is_an_attribute_error():
    for package in (sb, sb.bridges):
        with pytest.raises(AttributeError, match=f"'{package.__name__}' has no attribute 'Losmax'"):
            package.Losmax  # noqa: B018
    assert not hasattr(sb, "__wrapped__")


@pytest.mark.parametrize("old", sorted(MOVED))
def test_an_old_name_warns_and_is_the_new_one(old):
    new = MOVED[old]
    with pytest.warns(DeprecationWarning) as caught:
        found = getattr(sb, old)
    (warning,) = caught
    assert f"sobolev.{old} is sobolev.{new} now" in str(warning.message)
    assert warning.filename == __file__
    there = sb
    for part in new.split("."):
        there = getattr(there, part)
    assert found is there


def test_an_old_name_is_not_one_of_the_new_ones():
    assert not set(MOVED) & set(sb.__all__)
    assert set(MOVED_ROOMS.values()) <= set(sb.__all__)


def test_an_old_name_may_still_be_imported():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        from sobolev import LossMax  # pyright: ignore
    assert LossMax is sb.weighting.LossMax
    assert {str(w.filename) for w in caught} == {__file__}


def test_the_version_is_that_of_the_metadata():
    assert sb.__version__ == version("sobolev")


def test_type_checkers_may_read_the_package():
    assert (ROOT / "py.typed").exists()
