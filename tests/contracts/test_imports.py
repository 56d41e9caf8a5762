"""Who may import whom: the direction of the house, read from the source of every module."""

import ast
import subprocess
import sys

import pytest
from house import ROOT, files, floors, imports, room

# The floors of the house, from the ground: a room imports only rooms of its own word, and `_base`.
ALLOWED: dict[str, set[str]] = {
    "_base": set(),
    "errors": set(),
    "_as_before": set(),
    "derivative_names": set(),
    "box": set(),
    "designs": {"box"},
    "function": {"box"},
    "data": {"box", "function", "derivative_names"},
    "kriging": {"data", "function"},
    "checks": {"data", "kriging", "derivative_names", "function"},
    "inner_products": {"box"},
    "fem": {"box", "function", "inner_products"},
    "descent": {"function", "inner_products"},
    "implicit": set(),
    "dynamics": {"box", "function", "sources"},
    "identification": {"box", "data", "dynamics", "function"},
    "problems": {"box", "fem", "function"},
    "sources": {"box", "data", "derivative_names", "function"},
    "work": set(),
    "generation": {"data", "function", "designs", "problems", "work"},
    "networks": {"function"},
    "weighting": set(),
    "losses": {"box", "data", "derivative_names", "implicit", "inner_products", "networks"},
    "optimisers": {"losses", "networks", "weighting"},
    "plain_network": {"data"},
    "surrogate": {"box", "data", "function", "networks", "plain_network"},
    "training": {
        "checks",
        "data",
        "kriging",
        "losses",
        "networks",
        "optimisers",
        "surrogate",
        "weighting",
        "work",
    },
    "evaluation": {"data", "function", "losses"},
    "equations": {"box", "data", "function", "losses", "networks", "surrogate"},
    "records": set(),
}
ALLOWED["confidence"] = ALLOWED["training"] - {"checks", "kriging"} | {
    "training", "box", "function",
}  # fmt: skip
ALLOWED["selection"] = ALLOWED["training"] - {"checks"} | {
    "training", "kriging", "evaluation", "function", "records",
}  # fmt: skip
ALLOWED["reports"] = {
    "checks", "data", "derivative_names", "function", "records", "training",
}  # fmt: skip
ALLOWED["loading"] = {"confidence", "equations", "kriging", "networks", "surrogate"}
ALLOWED["bridges"] = {
    "data", "function", "loading", "networks", "optimisers", "surrogate", "training",
}  # fmt: skip
ALLOWED["exporters"] = {"function"}
ALLOWED["studies"] = ALLOWED["training"] - {"checks", "kriging"} | {
    "training", "equations", "evaluation", "generation", "designs", "derivative_names",
    "problems", "records", "work",
}  # fmt: skip
JAX = {"jax", "jaxlib", "equinox", "optax"}
WITHOUT_JAX = {
    "_base",
    "errors",
    "_as_before",
    "derivative_names",
    "box",
    "designs",
    "data",
    "kriging",
    "checks",
    "plain_network",
    "records",
    "reports",
    "sources",
}
# Whether 64-bit is on; how a function is compiled.
KNOW_JAX = {ROOT / "_base" / name for name in ("precision.py", "compiled.py")}


FILES = [path for path in files() if path != ROOT / "__init__.py"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_direction_of_the_house(path):
    here = room(path)
    for module, _ in imports(path):
        top, _, rest = module.partition(".")
        if top == "matplotlib":
            assert here == "reports", f"{path} plots"
        if top in JAX and path not in KNOW_JAX:
            assert here not in WITHOUT_JAX, f"{path} imports {module}"
        if top != "sobolev":
            continue
        there = rest.split(".")[0]
        if there == "__version__":
            continue
        assert there not in ("reports", "cli") or here in (there, "cli"), f"{path}: {module}"
        if here != "cli":
            assert there in {"_base", here} | ALLOWED[here], f"{path}: {module}"


def test_no_word_is_looser_than_the_house():
    """What a room may import and does not is no wall."""
    used: dict[str, set[str]] = {}
    for path in FILES:
        for module, _ in imports(path):
            top, _, rest = module.partition(".")
            if top == "sobolev":
                used.setdefault(room(path), set()).add(rest.split(".")[0])
    for here, allowed in ALLOWED.items():
        assert allowed <= used.get(here, set()), here


def test_no_arrow_goes_up():
    assert "_base" in floors()[0] and floors()[-1] == ["cli"]


def test_every_part_has_its_place():
    parts = {room(path) for path in FILES}
    assert parts == set(ALLOWED) | {"cli"}


def test_the_check_can_fail(tmp_path):
    """The reader of imports sees every way to write one."""
    source = ROOT / "fem" / "_imagined.py"
    text = (
        "import a.b\nfrom ..x import y\nfrom . import z\nfrom sobolev import q\nimport sobolev.r\n"
    )
    tree = text + "def f():\n    from sobolev.reports import page\n"

    class Fake(type(source)):
        def read_text(self):
            return tree

    found = dict(imports(Fake(source)))
    assert found == {
        "a.b": True,
        "sobolev.x": True,
        "sobolev.fem": True,
        "sobolev.q": True,
        "sobolev.r": True,
        "sobolev.reports": False,
    }


# The command line and worker processes are programs; everything else is a library.
CONFIGURE = ("cli/", "work/process.py")


# What the user has set wins over how much work the compiler is given.
READ_FLAGS = "_base/compiled.py"


# The users of scikit-learn do not configure JAX: their estimator does, inside its own calls.
WITHIN_A_BLOCK = ("bridges/sklearn.py",)
# Whether an artefact of JAX names files of this machine is a setting alone; it is put back.
PUTS_BACK = "exporters/jax/jax.py"


def test_an_estimator_configures_jax_in_a_with_statement_only():
    for name in WITHIN_A_BLOCK:
        code = (ROOT / name).read_text()
        assert code.count("enable_x64") == code.count("with jax.enable_x64(True):") == 1


def test_only_programs_configure_jax():
    for path in FILES:
        name = path.relative_to(ROOT).as_posix()
        sets = ["config.update", "enable_x64(", "XLA_FLAGS", "JAX_ENABLE_X64"]
        code = "\n".join(
            ast.unparse(node) for node in ast.parse(path.read_text()).body if not _text(node)
        )
        if not name.startswith(CONFIGURE):
            block = {"enable_x64("} if name in WITHIN_A_BLOCK else set()
            if name == READ_FLAGS:
                assert code.count("XLA_FLAGS") == code.count("os.environ.get('XLA_FLAGS'") == 1
                block = {"XLA_FLAGS"}
            if name == PUTS_BACK:
                sets_it = "jax.config.update('jax_traceback_in_locations_limit', "
                assert code.count(sets_it) == 2 and f"finally:\n        {sets_it}before" in code
                block = {"config.update"}
            said = [word for word in sets if word in code and word not in block]
            found = said and [word for word in said if word in _without_texts(code)]
            assert not found, f"{name} contains {found}"


def _text(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _without_texts(code):
    """The code without docstrings and messages, where the remedy may be named."""

    class Blank(ast.NodeTransformer):
        def visit_Raise(self, node):
            return ast.Pass()

        def visit_Expr(self, node):
            return ast.Pass() if _text(node) else self.generic_visit(node)

    return ast.unparse(Blank().visit(ast.parse(code)))


def modules_after(statement):
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement, absent",
    [
        ("import sobolev", {"jax", "equinox", "matplotlib", "scipy", "pandas", "typer", "numpy"}),
        ("import sobolev.cli", {"jax", "matplotlib", "scipy"}),
        ("from sobolev import Box, Dataset, designs", {"jax", "matplotlib", "scipy.stats"}),
        ("import sobolev.reports", {"jax", "equinox", "optax"}),
        ("from sobolev import fit, evaluate, Surrogate", {"matplotlib", "skfem"}),
    ],
)
def test_an_import_does_not_wait_for_what_it_does_not_need(statement, absent):
    assert not modules_after(statement) & absent
