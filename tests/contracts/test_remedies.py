"""What to do, in Python and on the command line: every remedy is read in both spellings."""

import ast
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from helpers import net, table

import sobolev as sb
from sobolev._base.errors import Remedy, again, in_options
from sobolev._base.locked import lock_beside
from sobolev.errors import ConfigError, CorruptFile, DataError, OutputError, SobolevError
from sobolev.training import Checkpoint, Stop

ROOT = Path(sb.__file__).parent
PYTHON = re.compile(r"\w+=|\w\(|\{\w+:")  # an argument, a call, a dictionary


def text_of(node):
    """The text of a literal, with {} for what is put into it."""
    if isinstance(node, ast.JoinedStr):
        return "".join(map(text_of, node.values))
    return node.value if isinstance(node, ast.Constant) else "{}"


def calls(names):
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
                yield path.relative_to(ROOT).as_posix(), node


REMEDIES = [
    pytest.param(text_of(node.args[0]), text_of(node.keywords[0].value), id=f"{path}:{node.lineno}")
    for path, node in calls({"Remedy"})
]


@pytest.mark.parametrize("python, option", REMEDIES)
def test_every_remedy_reads_well_in_both_spellings(python, option):
    for said in (python, option):
        assert re.fullmatch(r"[A-Za-z{].*[^ ]", said) and "\n" not in said and "  " not in said
    assert "--" not in python and "command" not in python
    assert not PYTHON.search(option.replace("columns = {output = {input", ""))
    assert "--" in option or "command" in option
    assert python != option


def test_there_are_remedies_to_read():
    assert len(REMEDIES) >= 15


KINDS = {"SobolevError", "DataError", "ConfigError", "OutputError", "CorruptFile", "Diverged"}


def test_no_message_tells_python_arguments_without_the_option():
    """`give valid=...` in a plain message would reach somebody who has typed a command."""
    for path, node in calls(KINDS):
        if path.startswith(("cli/", "fem/", "bridges/", "networks/as_before")):
            continue
        for said in map(text_of, node.args[:1]):
            assert "=..." not in said, f"{path}:{node.lineno}: {said}"


def test_a_remedy_is_a_string_that_survives_a_process():
    remedy = again("3 rows are kept in j")
    assert remedy == "3 rows are kept in j: make the same call again, it continues from there."
    for same in (remedy, pickle.loads(pickle.dumps(remedy))):
        assert "the same command" in in_options(same) and "call" not in in_options(same)
        assert in_options(f"{same}") == str(remedy)
    error = CorruptFile("row 3:", Remedy("give a=1.", option="give --a 1."))
    error.add_note(remedy)
    for same in (error, pickle.loads(pickle.dumps(error))):
        assert type(same) is CorruptFile and str(same) == "row 3: give a=1."
        assert same.in_options() == "row 3: give --a 1." and same.remedy.option == "give --a 1."
        assert [in_options(note) for note in same.__notes__] == [remedy.option]
    assert str(DataError()) == "" and DataError("no.").args == ("no.",)


def test_an_error_keeps_its_remedy_when_its_place_is_told():
    error = CorruptFile("row 3:", Remedy("give a=1.", option="give --a 1."))
    placed = error.at("t.csv")
    assert type(placed) is CorruptFile and placed.in_options() == "t.csv: row 3: give --a 1."
    assert placed.at("t.csv") is placed


def csv(folder, text):
    (folder / "t.csv").write_text(text)
    return folder / "t.csv"


def locked(folder):
    with lock_beside(folder / "m.npz", "checkpoint"):
        lock_beside(folder / "m.npz", "checkpoint")


def of_another_training(folder):
    train = table(8)
    for seed in (0, 1):
        how = {"optimiser": sb.optimisers.Adam(1e-2, batch_size=None), "epochs": 2}
        sb.fit(
            net(train, (3,)),
            train,
            seed=seed,
            checkpoint=Checkpoint(folder / "c.npz"),
            check=False,
            **how,
        )


def diverging(x):
    raise sb.errors.Diverged("nothing here.")


def generated(folder):
    box = sb.Box(("s",), (0,), (1,))
    problem = sb.problems.FunctionProblem(diverging, box, ("y",))
    sb.generate(problem, np.array([[0.2], [0.4]]))


def not_shared(folder):
    box = sb.Box(("s",), (0,), (1,))
    problem = sb.problems.FunctionProblem(lambda x: (x[0], [1.0]), box, ("y",))
    sb.generate(problem, np.array([[0.2], [0.4]]), workers=2)


def without_validation(folder):
    train = table(8)
    sb.fit(net(train, (3,)), train, stop=Stop(patience=3), check=False)


def grouped(group):
    return sb.Dataset(np.eye(3), np.ones((3, 1)), group=group)


RAISED = {
    "nothing says what is what": (
        lambda f: sb.read(csv(f, "a,b,y\n1,2,3\n")),
        DataError, "declare inputs=... and outputs=...", "--inputs a,b",
    ),
    "one column too many": (
        lambda f: sb.read(csv(f, "a,y,dy/da,z\n1,2,3,4\n")),
        DataError, "declare both inputs=...", "declare both --inputs and --outputs",
    ),
    "a derivative of nothing": (
        lambda f: sb.read(csv(f, "a,y,dy/da,dy/dc\n1,2,3,4\n"), inputs=("a",), outputs=("y",)),
        DataError, "columns={output: {input: column}}", "columns = {output = {input = 'column'}}",
    ),
    "names for what has its own": (
        lambda f: sb.read(sb.write(f / "t.npz", table(4)) or f / "t.npz", inputs=("a",)),
        DataError, "leave out inputs, outputs and columns", "leave out --inputs, --outputs",
    ),
    "no group": (
        lambda f: grouped(None).split(), DataError, "split(fraction=0.3)", "--fraction 0.3",
    ),
    "an unknown group": (
        lambda f: grouped(np.array(["train", "valid", "test"])).split(),
        DataError, "split(fraction=0.3)", "--fraction 0.3",
    ),
    "a file at work": (locked, OutputError, "another checkpoint", "another file for --out"),
    "another training": (
        of_another_training, DataError, "delete this one to start anew", "Give --restart",
    ),
    "no solution": (generated, SobolevError, "on_diverged='absent'", "--on-diverged absent"),
    "not to be shared": (not_shared, ConfigError, "workers=1", "--workers 1"),
    "no validation": (without_validation, ConfigError, "give valid=...", "give --fraction"),
}  # fmt: skip


@pytest.mark.parametrize("case", RAISED)
def test_errors_carry_their_remedies(case, tmp_path):
    call, kind, python, option = RAISED[case]
    with pytest.raises(kind) as caught:
        call(tmp_path)
    assert python in str(caught.value) and option not in str(caught.value)
    assert option in caught.value.in_options() and python not in caught.value.in_options()
