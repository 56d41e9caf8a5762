"""A program driven through files: answers, failures, kills, folders, processes."""

import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from sources_made import BOX, OUTPUTS, X, driven, right, shell

from sobolev import designs, generate, sources
from sobolev.errors import ConfigError, DataError, Diverged, OutputError, SobolevError
from sobolev.work import Retries


def alive(path):
    """Whether the process whose number a file holds still runs."""
    try:
        os.kill(int(path.read_text()), 0)
    except (ProcessLookupError, ValueError):
        return False
    status = subprocess.run(["ps", "-o", "stat=", "-p", path.read_text().strip()],
                            capture_output=True, text=True)  # fmt: skip
    return status.stdout.strip()[:1] not in ("", "Z")


def gone(path, seconds=5.0):
    end = time.monotonic() + seconds
    while alive(path) and time.monotonic() < end:
        time.sleep(0.02)
    return not alive(path)


def appears(path, seconds=20.0):
    end = time.monotonic() + seconds
    while not (path.exists() and path.read_text().strip()) and time.monotonic() < end:
        time.sleep(0.02)
    return path.exists()


@pytest.mark.parametrize("style", ["standard", "aprepro"])
def test_a_driver_by_dakotas_convention_answers_exactly(style):
    program = driven()
    if style == "aprepro":
        script = 'tr -d "{}=" < "$0" | awk \'NF == 2 && $1 !~ /DAKOTA/ {print $2, $1}\' > "$1"'
        program = shell(script, writes=sources.ParametersFile(style="aprepro"))
        # its answer: a, b and the active sets, which are no results: but the numbers are there
        with pytest.raises(DataError, match=r"values of shape \(6,\)"):
            program.value(X)
        return
    for ours, known in zip(program.derivatives(X, 2), right(X), strict=True):
        np.testing.assert_allclose(ours, known, rtol=1e-15)


def test_a_deck_and_an_output_of_the_users_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deck.inp").write_text("MATERIAL {a}\nLOAD {b}\n")
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "factor").write_text("2")
    (tmp_path / "solve.sh").write_text(
        "awk -v f=$(cat case/factor) '/MATERIAL/ {a = $2} /LOAD/ {b = $2} "
        'END {printf "u = %.17g\\nv: %.17g\\n", f * a, b / a}\' deck.inp > deck.out\n'
    )
    program = sources.Program(
        "sh solve.sh", BOX, OUTPUTS, writes=sources.Template("deck.inp"), files="case",
        reads=sources.Numbers("deck.out", {"u": "u =", "v": "v:"}),
    )  # fmt: skip
    np.testing.assert_allclose(program.value(X), [2 * X[0], X[1] / X[0]], rtol=1e-15)
    with pytest.raises(ConfigError, match=r"knows derivatives up to order 0: got order=1"):
        program.jacobian(X)
    own = sources.Program(
        "sh solve.sh", BOX, ("u",), writes=sources.Template("deck.inp"), files="case",
        reads=lambda folder: float((folder / "deck.out").read_text().split()[2]),
    )  # fmt: skip
    assert own.value(X)[0] == 2 * X[0]


@pytest.mark.parametrize(
    "script, kind, sentence",
    [
        ("exit 3", Diverged, "'sh -c exit 3' ended with code 3, without a word"),
        ("echo a; echo b; exit 3", Diverged, "ended with code 3 and said: b"),
        ("echo a; echo bad >&2; exit 3", Diverged, "ended with code 3 and said: bad"),
        ("kill -SEGV $$", Diverged, r"was ended by signal 11 \(SIGSEGV\)"),
        ("kill -KILL $$", Diverged, r"signal 9 \(SIGKILL, often a lack of memory\)"),
        ("echo hm", Diverged, "ended well, but it wrote no results.out. Its last line: hm"),
        (
            "(sleep 9; echo 1 u 2 v > $1) &",
            Diverged,
            "wrote no results.out. It left others running, which were ended: let it wait for them",
        ),
        ("echo fail > $1", Diverged, "results.out says fail"),
        ("printf '1 u 2 v [ 1 2' > $1", Diverged, "cut off"),
        ("echo 1 u > $1", DataError, r"\(2,\) is needed, one value for each output"),
        ("echo nan u 1 v > $1", DataError, "is not finite"),
        ("no-such-program", Diverged, "ended with code 127 and said: .*not found"),
    ],
)
def test_a_program_without_an_answer_says_why(tmp_path, script, kind, sentence):
    with pytest.raises(kind, match=sentence) as caught:
        shell(script, folder=tmp_path).value(X)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content, mode, sentence",
    [
        (None, 0, "does not exist"),
        ("true", 0o644, "may not be executed: give it permission"),
        ("\0\0", 0o755, "cannot be started .*a script begins with '#!'"),
        ("#!/no/such/shell\n", 0o755, "does not exist .or what its first line"),
    ],
)
def test_a_command_that_cannot_be_run_is_told(tmp_path, content, mode, sentence):
    command = tmp_path / "solver"
    if content is not None:
        command.write_text(content)
        command.chmod(mode)
    program = sources.Program([str(command)], BOX, OUTPUTS, folder=tmp_path / "rows")
    with pytest.raises(ConfigError, match=rf"the command '.*solver' {sentence}"):
        program.value(X)
    assert list((tmp_path / "rows").iterdir()) == []


def test_a_hung_program_is_killed_with_its_children(tmp_path):
    script = f"sleep 1000 & echo $! > {tmp_path}/child; wait"
    with pytest.raises(Diverged, match=r"did not end in time and was killed.* \(0.5 s\)"):
        shell(script, patience=0.5).value(X)
    assert gone(tmp_path / "child")
    leaving = f"sleep 1000 & echo $! > {tmp_path}/child; echo 1 u 2 v > $1"
    assert shell(leaving).value(X).tolist() == [1, 2]
    assert gone(tmp_path / "child")


WORKER = """
import sys
sys.path[:0] = [{support!r}]
from sources_made import X, shell
shell("sleep 1000 & echo $! > {place}/child; wait", folder="{place}/rows").value(X)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_worker_that_is_killed_takes_its_program_along(tmp_path, end):
    code = WORKER.format(support=os.path.dirname(sys.modules["sources_made"].__file__),
                         place=tmp_path)  # fmt: skip
    worker = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    assert appears(tmp_path / "child") and alive(tmp_path / "child")
    worker.send_signal(end)
    worker.wait(20)
    assert gone(tmp_path / "child")
    until = time.monotonic() + 5
    while (left := list((tmp_path / "rows").iterdir())) and time.monotonic() < until:
        time.sleep(0.02)
    assert not left


@pytest.mark.parametrize("keep, left", [("none", 0), ("failed", 1), ("all", 2)])
def test_folders_are_kept_or_removed(tmp_path, keep, left):
    good = shell("echo 1 u 2 v > $1", folder=tmp_path, keep=keep)
    bad = shell("echo oh; exit 1", folder=tmp_path, keep=keep)
    assert good.value(X).tolist() == [1, 2]
    with pytest.raises(Diverged) as caught:
        bad.value(X)
    folders = list(tmp_path.iterdir())
    assert len(folders) == left
    if keep != "none":
        place = re.search(r"It lies in (\S+)\.$", str(caught.value))[1]
        assert (tmp_path / place / "stdout.txt").read_text() == "oh\n"


def test_a_full_disk_is_told_and_finished_rows_are_kept(tmp_path, monkeypatch):
    program, journal = driven(folder=tmp_path / "rows"), tmp_path / "journal"
    x, _ = designs.latin_hypercube(3, seed=0)(BOX)
    write, count = type(tmp_path).write_bytes, []

    def full(path, content):
        count.append(path)
        if len(count) == 3:
            raise OSError(28, "No space left on device")
        return write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(type(tmp_path), "write_bytes", full)
        with pytest.raises(SobolevError, match=r"1 of 3 rows failed.*No space left on device"):
            generate(program, x, journal=journal)
    data = generate(program, x, journal=journal, retries=Retries(again="faults"))
    np.testing.assert_allclose(data.jacobian, right(x, 1)[1], rtol=1e-14)
    assert list((tmp_path / "rows").iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot write .*file"):
        driven(folder=tmp_path / "file").value(X)


def test_two_at_once_and_two_processes_give_the_same_rows(tmp_path):
    program = driven(folder=tmp_path)
    x, _ = designs.latin_hypercube(6, seed=0)(BOX)
    answers = {}

    def ask(k):
        answers[k] = pickle.loads(pickle.dumps(program)).derivatives(x[k], 2)

    threads = [threading.Thread(target=ask, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    data = generate(program, x, order=2, workers=2)
    for k in range(6):
        for ours, theirs in zip(answers[k], data.labels().values(), strict=True):
            np.testing.assert_array_equal(ours, theirs[k])
    np.testing.assert_allclose(data.hessian, right(x)[2], rtol=1e-14)


def test_rows_without_a_solution_stay_with_their_reason(tmp_path):
    program = shell('awk \'$2 == "a" {if ($1 > 1) {print "fail" > "/dev/stderr"; exit 4}}\' $0 '
                    "&& echo 1 u 2 v > $1")  # fmt: skip
    x = np.array([[0.6, 1.0], [1.5, 1.0], [0.7, 2.0]])
    with pytest.raises(Diverged, match=r"1 of 3 rows have no solution: row 1 .*ended with code 4"):
        generate(program, x, order=0)
    data = generate(program, x, order=0, on_diverged="absent")
    assert np.isnan(data.y).any(axis=1).tolist() == [False, True, False]
