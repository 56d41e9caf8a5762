import functools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
import pytest

from sobolev import Box, ConfigError, CorruptFile, DataError, Diverged, OutputError, SobolevError
from sobolev import design as designs
from sobolev.generate import generate
from sobolev.problems import FunctionProblem, Problem, Solution

BOX = Box(("a", "b"), (0.5, -1), (2, 3), ("mm", ""))
FAULTS = Path(__file__).parent / "faults"


def _function(x):
    a, b = x
    y = np.array([a**2 * np.sin(b), a / 3])
    dy = np.array([[2 * a * np.sin(b), a**2 * np.cos(b)], [1 / 3, -0.0]])
    d2y = np.array([[[2 * np.sin(b), 2 * a * np.cos(b)]] * 2, [[0, 0]] * 2])
    return y, dy, d2y


def _steep(x):
    """No solution for a > 1.5; not a number for b > 2."""
    if x[0] > 1.5:
        raise Diverged("Newton's method stopped after 20 iterations.")
    return _function(x)[0] * (np.nan if x[1] > 2 else 1), _function(x)[1]


def _deadly(x):
    if abs(x[0] - 1.0) < 1e-9:
        os.kill(os.getpid(), signal.SIGKILL)
    return _function(x)


def _broken(x):
    raise ZeroDivisionError("no stiffness")


def _precision(x):
    """What the worker's JAX and libraries are set to."""
    bits = np.dtype(jax.numpy.asarray(1.0).dtype).itemsize * 8
    return np.array([bits, float(os.environ["OMP_NUM_THREADS"])]), np.ones((2, 2))


def _problem(function=_function, **changes):
    return FunctionProblem(function, **(dict(box=BOX, outputs=("u", "v")) | changes))


def _same(ours, theirs):
    assert ours.x.tobytes() == theirs.x.tobytes()
    assert ours.labels().keys() == theirs.labels().keys()
    for name, array in ours.labels().items():
        assert array.tobytes() == theirs.labels()[name].tobytes()


@pytest.mark.parametrize("order", [0, 1, 2])
def test_values_and_derivatives_are_those_of_the_problem(order):
    problem = _problem(output_units=("mm", ""))
    data = generate(problem, designs.staggered_grid(5), order=order)
    assert list(data.labels()) == ["y", "jacobian", "hessian"][: order + 1]
    for row, x in enumerate(data.x):
        for array, part in zip(data.labels().values(), _function(x), strict=False):
            assert (array[row] == part).all()
    assert (data.inputs, data.outputs) == (("a", "b"), ("u", "v"))
    assert (data.input_units, data.output_units) == (("mm", ""), ("mm", ""))
    assert data.group.tolist().count("train") == 13


def test_points_may_be_given():
    points = np.array([[1.0, 2.0], [3.0, -4.0]])
    data = generate(_problem(), points)
    assert (data.x == points).all()
    assert data.group is None


def test_one_response_may_be_returned_without_its_axis():
    problem = FunctionProblem(lambda x: (x[0] ** 2, 2 * x, 2 * np.eye(2)), BOX, ("y",))
    assert isinstance(problem, Problem)
    data = generate(problem, [[3.0, 0.0]], order=2)
    assert data.y.tolist() == [[9]]
    assert data.jacobian.tolist() == [[[6, 0]]]
    assert data.hessian.shape == (1, 1, 2, 2)


def test_a_problem_cannot_change_the_points():
    def function(x):
        x[:] = 0
        return x, np.eye(2)

    assert (generate(_problem(function), [[1.0, 2.0]]).x == [[1, 2]]).all()


def test_progress_is_told_after_each_row_is_synced(tmp_path, monkeypatch):
    """What `progress` was told is in the journal and handed to the disk, at that moment."""
    path, synced, told = tmp_path / "journal", [], []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (sync(file), synced.append(path.read_bytes())))

    def progress(done, total):
        told.append((done, total))
        assert path.read_bytes().count(b'"row": ') == done
        assert path.read_bytes() in synced

    generate(_problem(), designs.grid(3), journal=path, progress=progress)
    assert told == [(done, 9) for done in range(10)]
    told.clear()
    generate(_problem(), designs.grid(3), journal=path, progress=progress)
    assert told == [(9, 9)]


class _Stop(Exception):
    pass


@pytest.mark.parametrize("error", [_Stop, KeyboardInterrupt])
def test_an_interrupted_run_continues_with_the_same_bits(tmp_path, error):
    whole = generate(_problem(), designs.latin_hypercube(12), order=2)
    calls = []

    def function(x):
        calls.append(x[0])
        if len(calls) in (4, 9):
            raise error
        return _function(x)

    run = functools.partial(
        generate, _problem(function), designs.latin_hypercube(12), order=2,
        journal=tmp_path / "new" / "journal",
    )  # fmt: skip
    for kept in (3, 7):
        with pytest.raises(error) as raised:
            run()
        said = str(raised.value) + "".join(getattr(raised.value, "__notes__", []))
        assert f"{kept} of 12 rows are kept in" in said
        assert "make the same call again" in said
    _same(run(), whole)
    assert len(calls) == 14  # 12 rows and the two that were interrupted
    assert os.listdir(tmp_path / "new") == ["journal"]


@pytest.fixture
def journal(tmp_path):
    path = tmp_path / "journal"
    generate(_problem(_steep), designs.grid(3), journal=path, on_diverged="absent")
    return path


def _again(path):
    return generate(_problem(_steep), designs.grid(3), journal=path, on_diverged="absent")


def test_a_torn_last_line_is_solved_again(journal):
    whole, content = _again(journal), journal.read_bytes()
    header, last = content.index(b"\n") + 1, content.rindex(b"\n", 0, -1) + 1
    for cut in (0, 1, 20, 60, header - 1, header, header + 5, last + 1, len(content) - 1):
        journal.write_bytes(content[:cut])
        _same(_again(journal), whole)
        assert journal.read_bytes() == content


def test_no_flipped_bit_changes_the_data(journal):
    """Damage is an error that names the line, or lies in the last line, which is solved again."""
    whole, content = _again(journal), journal.read_bytes()
    rng, refused = np.random.default_rng(0), 0
    for bit in rng.choice(8 * len(content), 400, replace=False):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        journal.write_bytes(damaged)
        try:
            _same(_again(journal), whole)
            assert content.rindex(b"\n", 0, -1) <= bit // 8
        except CorruptFile as error:
            refused += 1
            assert journal.read_bytes() == damaged
            assert "line" in str(error)
    assert 300 < refused < 400


def test_a_damaged_repeated_or_foreign_line_is_named(journal, tmp_path):
    lines = journal.read_bytes().splitlines(keepends=True)
    other = tmp_path / "other"
    generate(_problem(), designs.grid(3), journal=other)
    foreign = other.read_bytes().splitlines(keepends=True)[4]
    whole = _again(journal)
    for wrong in (b"\n", b"{}\n", lines[4][:50] + lines[4][51:], foreign, lines[2]):
        journal.write_bytes(b"".join([*lines[:3], wrong, *lines[4:]]))
        with pytest.raises(CorruptFile, match=r"line 4 of .*journal was altered.*delete this line"):
            _again(journal)
    journal.write_bytes(b"".join([*lines[:3], *lines[4:]]))  # the remedy
    _same(_again(journal), whole)


@dataclass(frozen=True)
class _Plate:
    load: float
    name: str = "plate"
    box: Box = BOX
    outputs: tuple = ("u", "v")
    output_units: tuple = ("", "")

    def solve(self, x, order=1):
        y, dy, _ = _function(x)
        return Solution(self.load * y, self.load * dy)


def _scaled(factor):
    return lambda x: tuple(factor * part for part in _function(x))


def _times(factor, x):
    return tuple(factor * part for part in _function(x))


ANOTHER = {
    "load": (_Plate(1.0), _Plate(2.0), {}, r"settings is _Plate\(load=1.0.*there and .*load=2.0"),
    "problem": (_Plate(1.0), _Plate(1.0, "slab"), {}, "problem is plate there and slab here"),
    "order": (_problem(), _problem(), {"order": 2}, "order is 1 there and 2 here"),
    "points": (_problem(), _problem(), {"design": designs.grid(4)}, "number of rows is 9 there"),
    "shift": (_problem(), _problem(), {"design": designs.latin_hypercube(9)}, "SHA-256 of the poi"),
    "code": (_problem(), _problem(_broken), {}, "_function, code.*_broken, code"),
    "enclosed": (_problem(_scaled(1.0)), _problem(_scaled(2.0)), {}, "settings is"),
    "table": (_problem(_scaled(np.eye(2)[0])), _problem(_scaled(np.eye(2)[1])), {}, "settings is"),
    "partial": (_problem(functools.partial(_times, 1)), _problem(functools.partial(_times, 2)), {},
                "settings is"),
}  # fmt: skip


@pytest.mark.parametrize(("first", "second", "changes", "said"), ANOTHER.values(), ids=ANOTHER)
def test_a_journal_of_another_task_is_refused(tmp_path, first, second, changes, said):
    path, again = tmp_path / "journal", {"design": designs.grid(3)}
    generate(first, **again, journal=path)
    content = path.read_bytes()
    with pytest.raises(DataError, match=f"(?s)another task: .*{said}.*delete this one"):
        generate(second, **(again | changes), journal=path)
    assert path.read_bytes() == content


def test_settings_do_not_depend_on_the_run():
    """Same function, other process: the same words, whatever the addresses and hash seeds are."""
    code = (
        "from sobolev import Box; from sobolev.problems import FunctionProblem\n"
        "def make(f): return lambda x: f(x) if x in {'a', 'b', 'c', 'd'} else (lambda: x)()\n"
        "print(FunctionProblem(make(lambda x: x), Box(('a',), (0,), (1,)), ('y',)))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in "12"
    }  # fmt: skip
    assert len(said) == 1


def test_large_settings_are_compared_in_full(tmp_path):
    """NumPy prints large arrays with dots: two problems that differ in the middle are not one."""
    table = np.arange(5000.0)
    generate(_Plate(np.float64(1), outputs=("u", "v")), designs.grid(2), journal=tmp_path / "a")

    @dataclass(frozen=True)
    class Table(_Plate):
        table: np.ndarray = None

    generate(Table(1.0, table=table), designs.grid(2), journal=tmp_path / "b")
    other = table.copy()
    other[2500] += 1e-9
    with pytest.raises(DataError, match="another task: settings is"):
        generate(Table(1.0, table=other), designs.grid(2), journal=tmp_path / "b")


def test_the_journal_tells_what_it_was_made_with(journal):
    header = json.loads(journal.read_text().splitlines()[0])
    assert header["problem"] == "function"
    assert header["made with"]["numpy"] == np.__version__


def test_files_that_are_no_journals_are_left_alone(tmp_path):
    for content in (b"my only copy", b"my only copy\n", b"{}\n", b"\n\n"):
        (tmp_path / "thesis").write_bytes(content)
        with pytest.raises(CorruptFile, match=r"not a journal of sobolev.*left as it is"):
            generate(_problem(), designs.grid(2), journal=tmp_path / "thesis")
        assert (tmp_path / "thesis").read_bytes() == content


def test_unwritable_journals_are_refused_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "below", os.devnull, "zero\0byte"):
        with pytest.raises(OutputError, match="cannot write"):
            generate(_problem(_broken), designs.grid(2), journal=path)


def test_two_processes_cannot_share_a_journal(tmp_path):
    def function(x):
        with pytest.raises(OutputError, match="in use by another process: wait"):
            generate(_problem(), designs.grid(2), journal=tmp_path / "journal")
        return _function(x)

    generate(_problem(function), designs.grid(2), journal=tmp_path / "journal")


def test_a_full_disk_keeps_the_finished_rows(tmp_path, monkeypatch):
    calls, sync = [], os.fsync

    def full(file):
        calls.append(file)
        if len(calls) == 5:
            raise OSError(28, "No space left on device")
        sync(file)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"journal: No space left.*make room and run again"):
        generate(_problem(), designs.grid(3), journal=tmp_path / "journal")
    monkeypatch.undo()
    whole = generate(_problem(), designs.grid(3))
    _same(generate(_problem(), designs.grid(3), journal=tmp_path / "journal"), whole)


def test_rows_without_a_solution_are_named(journal):
    message = (
        r"5 of 9 rows have no solution: row 2 \(a=0.5, b=3\).*row 8.*Row 2 says: the value "
        r"\(output 'u'\) is nan.*kept in .*journal.*on_diverged='absent'"
    )
    with pytest.raises(Diverged, match=message):
        generate(_problem(_steep), designs.grid(3), journal=journal)
    with pytest.raises(Diverged, match=r"Newton's method stopped.*lost without a journal"):
        generate(_problem(_steep), [[1.0, 0.0], [2.0, 0.0]])


def test_rows_without_a_solution_may_be_absent(journal):
    data = _again(journal)
    absent = (data.x[:, 0] > 1.5) | (data.x[:, 1] > 2)
    assert (np.isnan(data.y).all(axis=1) == absent).all()
    assert (np.isnan(data.jacobian).all(axis=(1, 2)) == absent).all()
    assert absent.sum() == 5
    with pytest.raises(Diverged, match="2 of 2 rows"):  # nothing at all is not a data set
        generate(_problem(_steep), [[2.0, 0.0], [1.9, 0.0]], on_diverged="absent")


BAD = {
    "not a problem": (_function, {}, ConfigError, "no 'name'.*FunctionProblem"),
    "order": (_problem(), dict(order=3), ConfigError, "order must be 0, 1 or 2: got 3"),
    "workers": (_problem(), dict(workers=0), ConfigError, "workers.*at least 1: got 0"),
    "half": (_problem(), dict(workers=1.5), ConfigError, "workers.*got 1.5"),
    "diverged": (_problem(), dict(on_diverged="skip"), ConfigError, "'raise' or 'absent'.*'skip'"),
    "width": (_problem(), dict(design=np.ones((3, 1))), DataError, r"\(3, 1\).*2 inputs \(a, b\)"),
    "rank": (_problem(), dict(design=np.ones(2)), DataError, r"design has shape \(2,\)"),
    "text": (_problem(), dict(design=[["1", "2"]]), DataError, "design holds text"),
    "complex": (_problem(), dict(design=[[1j, 2]]), DataError, "design holds complex"),
    "nan": (_problem(), dict(design=[[1, np.nan]]), DataError, "row 0 of input 'b' is nan"),
    "no points": (_problem(), dict(design=np.ones((0, 2))), DataError, "x is empty"),
    "units": (_problem(output_units=("mm",)), {}, DataError, "output_units has 1 units for 2"),
    "names": (_problem(outputs=("u", "a")), {}, DataError, "'a' is both an input and an output"),
    "value": (_problem(lambda x: (x[:1], x)), {}, DataError, r"value.*shape \(1,\), but \(2,\)"),
    "slopes": (_problem(lambda x: (x, x)), {}, DataError, r"jacobian.*\(2,\), but \(2, 2\).*resh"),
    "transposed": (_problem(lambda x: (x[[0, 1, 0]], np.ones((2, 3))), outputs=tuple("uvw")), {},
                   DataError, r"jacobian.*\(2, 3\), but \(3, 2\) is needed \(3 responses, 2 inp"),
    "curvature": (_problem(lambda x: (x, np.eye(2), np.eye(2))), dict(order=2), DataError,
                  r"hessian.*\(2, 2\), but \(2, 2, 2\)"),
    "too few": (_problem(lambda x: (x, np.eye(2))), dict(order=2), DataError, "order=2 needs 3"),
    "no slopes": (_problem(lambda x: x), {}, DataError, "returned 1 of value.*order=1 needs 2"),
    "imaginary": (_problem(lambda x: (x + 0j, np.eye(2))), {}, DataError, "value.*complex128"),
    "words": (_problem(lambda x: (["a", "b"], np.eye(2))), {}, DataError, "value.*<U1"),
    "no array": (_problem(lambda x: (None, np.eye(2))), {}, DataError, "value.*holds object"),
    "no pickle": (_problem(lambda x: _function(x)), dict(workers=2), ConfigError,
                  "cannot be sent to another process.*top level of a module, or take workers=1"),
}  # fmt: skip


@pytest.mark.parametrize(("problem", "options", "kind", "message"), BAD.values(), ids=BAD)
def test_bad_arguments_and_bad_problems_are_refused(problem, options, kind, message):
    with pytest.raises(kind, match=f"(?s){message}"):
        generate(problem, **({"design": designs.grid(2)} | options))


@dataclass(frozen=True)
class _Careless(_Plate):
    def solve(self, x, order=1):
        return {0: None, 1: Solution(x), 2: Solution(x, [[1.0], [1.0, 2.0]])}[self.load]


@pytest.mark.parametrize(
    ("load", "message"),
    [
        (0, "returned NoneType: return a Sol"),
        (1, "jacobian that 'plate' returned is None"),
        (2, "different lengths"),
    ],
)
def test_careless_problems_are_refused(load, message):
    with pytest.raises(DataError, match=f"'plate' returned.*({message})|{message}"):
        generate(_Careless(load), designs.grid(2))


def test_processes_give_the_rows_in_the_order_of_the_design(tmp_path):
    run = functools.partial(generate, _problem(_steep), designs.grid(4), on_diverged="absent")
    _same(run(workers=2, journal=tmp_path / "journal"), run())
    lines = (tmp_path / "journal").read_text().splitlines()
    assert sorted(json.loads(line)["row"] for line in lines[1:]) == list(range(16))


def test_processes_have_our_precision_and_few_threads(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    data = generate(_problem(_precision), designs.grid(2), workers=2)
    assert (data.y == [64, max(1, os.cpu_count() // 2)]).all()
    assert "OMP_NUM_THREADS" not in os.environ


def test_a_killed_process_is_reported_and_the_rest_kept(tmp_path):
    path, points = tmp_path / "journal", np.linspace(0.5, 1.5, 9)[:, None] * [1, 1]
    run = functools.partial(generate, _problem(_deadly), points, workers=2, journal=path)
    with pytest.raises(SobolevError, match=r"row 4 \(code -9\).*8 of 9 rows are kept in"):
        run()
    lines = path.read_text().splitlines()[1:]
    assert sorted(json.loads(line)["row"] for line in lines) == [0, 1, 2, 3, 5, 6, 7, 8]


def test_an_error_in_a_process_comes_through(tmp_path):
    with pytest.raises(ZeroDivisionError, match="no stiffness") as raised:
        generate(_problem(_broken), designs.grid(2), workers=2, journal=tmp_path / "journal")
    notes = "".join(raised.value.__notes__)
    assert "_broken" in notes
    assert "0 of 4 rows are kept" in notes


def test_a_script_without_a_guard_is_told_what_to_do(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from sobolev.generate import generate\nfrom sobolev import Box, SobolevError\n"
        "from sobolev.problems import FunctionProblem\n"
        "def function(x): return x[0], x\n"
        "problem = FunctionProblem(function, Box(('a',), (0,), (1,)), ('y',))\n"
        "try: generate(problem, [[0.5], [0.6]], workers=2)\n"
        "except SobolevError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60)
    assert "before its first row" in done.stdout
    assert "__name__ == '__main__'" in done.stdout


def test_ctrl_c_stops_the_processes_and_says_how_to_continue(tmp_path):
    """The interrupt reaches the whole group, as in a terminal."""
    child = subprocess.Popen(
        [sys.executable, str(FAULTS / "interrupt_generate.py"), str(tmp_path / "journal")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    guard = threading.Timer(60, child.kill)
    guard.start()
    while (
        not (tmp_path / "journal").exists() or b'"row": ' not in (tmp_path / "journal").read_bytes()
    ):
        assert child.poll() is None
        time.sleep(0.01)
    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate()
    guard.cancel()
    assert "rows are kept in" in out
    assert "make the same call again" in out
    assert err == ""
    started = (tmp_path / "journal.log").read_bytes()
    time.sleep(0.05)
    assert (tmp_path / "journal.log").read_bytes() == started  # nobody works on


@pytest.mark.parametrize(("kills", "workers"), [(12, 1), (2, 2)])
def test_kills_lose_nothing(kills, workers):
    """The long form is `python tests/faults/kill_generate.py --kills 1000`."""
    script = FAULTS / "kill_generate.py"
    done = subprocess.run(
        [sys.executable, str(script), "--kills", str(kills), "--workers", str(workers)],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"{kills} kills")
