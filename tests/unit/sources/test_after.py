"""What is read after a program has run: Dakota's results, numbers by the words before them."""

import re

import numpy as np
import pytest
from sources_made import X, asked, right

from sobolev.errors import ConfigError, DataError, Diverged
from sobolev.sources import Numbers, ResultsFile
from sobolev.sources.after import ByFunction

WHOLE = "1.5 u\n2.5D+00 v\n[ 1 2 ]\n[ 3 4 ]\n[[ 1 2\n 2 1 ]] [[ 0 0 0 0 ]]\n"


@pytest.mark.parametrize("order", [0, 1, 2])
def test_results_have_what_was_asked(tmp_path, order):
    (tmp_path / "results.out").write_text(WHOLE)
    found = ResultsFile().read(tmp_path, asked(order))
    assert len(found) == order + 1
    for array, known in zip(found, ([1.5, 2.5], [[1, 2], [3, 4]], [[[1, 2], [2, 1]], [[0, 0]] * 2]),
                            strict=False):  # fmt: skip
        np.testing.assert_array_equal(array, known)


@pytest.mark.parametrize(
    "text, kind, sentence",
    [
        (None, Diverged, "it wrote no results.out"),
        (" \n", Diverged, "its results.out is empty"),
        ("FAIL: no equilibrium", Diverged, "results.out says fail: no equilibrium"),
        ("fail", Diverged, "results.out says fail$"),
        ("1 u 2 v [ 1 2 ] [ 3", Diverged, "a bracket is open: the file is cut off"),
        ("1 u 2 v [ 1 2 ] [ 3 4. x ]", Diverged, "'x' in brackets is not a number"),
        ("np.float64(1.5) u", Diverged, r"results.out: 'np.float64\(1.5\)' is where a value"),
        ("1 u [ 1 2 ]", DataError, r"values of shape \(1,\), but \(2,\) is needed"),
        ("1 u 2 v", DataError, r"gradients of shape 0, but \(2, 2\) is needed"),
        ("1 u 2 v [ 1 ] [ 2 ]", DataError, r"gradients of shape \(2, 1\)"),
        ("1 v 2 u [ 1 2 ] [ 3 4 ]", DataError, "has 'v' where 'u' is expected"),
    ],
)
def test_results_that_are_none_say_so(tmp_path, text, kind, sentence):
    if text is not None:
        (tmp_path / "results.out").write_text(text)
    with pytest.raises(kind, match=sentence) as caught:
        ResultsFile().read(tmp_path, asked(1))
    assert str(tmp_path) not in str(caught.value)  # the folder is gone when it is read


def test_numbers_are_found_by_the_words_before_them(tmp_path):
    text = (
        "iteration 1: u = 9\niteration 2: u = 1.5D0, converged\n"
        "displacements for set TIP and time  0.1E+01\n\n  12  7.0  2.5  0.0\n"
        "slopes du/da: 1 du/db: 2\nslopes of v 3;4\n"
    )
    (tmp_path / "out.dat").write_text(text)
    after = {"u": "u =", "v": ("for set TIP", 4), "du/da": "du/da:", "du/db": "du/db:",
             "dv/da": "slopes of v", "dv/db": ("slopes of v", 2)}  # fmt: skip
    reader = Numbers("out.dat", after)
    reader.check(asked(1))
    found = reader.read(tmp_path, asked(1))
    np.testing.assert_array_equal(found.value, [1.5, 2.5])
    np.testing.assert_array_equal(found.jacobian, [[1, 2], [3, 4]])
    behind = "ends behind 'slopes of v', before its 3. number"
    for place, sentence in (
        ("no words", "out.dat has no 'no words'"),
        (("slopes of v", 3), behind),
    ):
        with pytest.raises(Diverged, match=sentence):
            Numbers("out.dat", after | {"v": place}).read(tmp_path, asked(0))


@pytest.mark.parametrize(
    "line, kind, sentence",
    [
        ("u 1.5mm 7", DataError, "out has '1.5mm' behind 'u', which holds a number and is none"),
        ("u 1,5", DataError, "out has '1,5' behind 'u', one number or two"),
        ("u: (1.5) 7", DataError, r"has '\(1.5\)' behind 'u'"),
        ("u 12. 1.2.3", None, 12.0),
        ("u 1.2.3 4", DataError, "'1.2.3'"),
        ("u [1e5] 7", DataError, "'\\[1e5\\]'"),
        ("u ******** 7", Diverged, r"has '\*+' behind 'u', too wide"),
        ("u ** of the 2nd C3D8 step-1 /a/b2.dat -- 3", None, 3.0),
        ("u 3\nmax_u 4\nu2 5\ntub 6", None, 3.0),
    ],
)
def test_a_number_that_cannot_be_read_is_not_passed_over_for_the_next(
    tmp_path, line, kind, sentence
):
    (tmp_path / "out").write_text(f"v 0\n{line}\n")
    reader = Numbers("out", {"u": "u", "v": "v"})
    if kind is None:
        assert reader.read(tmp_path, asked(0)).value.tolist() == [sentence, 0]
        return
    with pytest.raises(kind, match=sentence):
        reader.read(tmp_path, asked(0))


def test_one_of_two_equal_second_derivatives_is_enough(tmp_path):
    (tmp_path / "out").write_text("u 1 v 2 ua 1 ub 2 va 3 vb 4 " + "second 5")
    names = {"u": "u", "v": "v", "du/da": "ua", "du/db": "ub", "dv/da": "va", "dv/db": "vb"}
    twos = [f"d2{y}/d{x}" for y in "uv" for x in ("ada", "adb", "bdb")]
    reader = Numbers("out", names | dict.fromkeys(twos, "second"))
    reader.check(asked(2))
    np.testing.assert_array_equal(reader.read(tmp_path, asked(2)).hessian, np.full((2, 2, 2), 5.0))


@pytest.mark.parametrize(
    "after, sentence",
    [
        ({"u": "u ="}, "out has no text for 'v': give the words before its number"),
        ({"u": "u", "v": "v", "w": "w"}, "'w' of out is none of the outputs u, v and no deriv"),
        ({"u": "u", "v": ("v", 0)}, "the number after 'v' must be a whole number ≥ 1"),
    ],
)
def test_numbers_that_are_asked_for_wrongly_are_refused(after, sentence):
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        Numbers("out", after).check(asked(0))
    with pytest.raises(ConfigError, match=r"no text for 'du/da'.*or a lower order"):
        Numbers("out", {"u": "u", "v": "v"}).check(asked(1))


def test_a_function_reads_the_folder(tmp_path):
    np.savetxt(tmp_path / "y", right(X, 0)[0])
    read = ByFunction(lambda folder: (np.loadtxt(folder / "y"), np.eye(2)))
    np.testing.assert_array_equal(read.read(tmp_path, asked(1))[0], right(X, 0)[0])
    with pytest.raises(DataError, match=r"reads the output failed \(KeyError: 'u'\): raise"):
        ByFunction(lambda folder: {}["u"]).read(tmp_path, asked(0))

    def none(folder):
        raise Diverged("it did not converge")

    with pytest.raises(Diverged, match="it did not converge"):
        ByFunction(none).read(tmp_path, asked(0))
