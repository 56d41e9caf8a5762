"""The page of a fit: sound for every kind of data, its numbers those of `evaluate`."""

import re
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from fits_made import EVIL, dataset, fit_of
from html_page import Page

import sobolev as sb
from sobolev.checks import check
from sobolev.errors import DataError, OutputError
from sobolev.reports.claims.fit.errors import error_of
from sobolev.reports.claims.fit.sentences import outstanding, sentences
from sobolev.reports.drawing.axis import Axis
from sobolev.reports.drawing.colours import HELD_OUT, LINES, TRAINING
from sobolev.reports.drawing.panel import HEIGHT, WIDTH, Panel
from sobolev.reports.read.fit import per, seen
from sobolev.training.notes import Kind, Note

SECTIONS = ["worth", "errors", "parity", "slices", "training", "check", "use"]
NAMED = {"inputs": (EVIL, "b b"), "outputs": (EVIL + "y",), "input_units": ("<mm>", "°")}
# Each kind of data set: how it is made, the size of its numbers, and what the page must say of it.
CASES = {
    "as most": (dict(n=40, d=3), 1.0, ["32 training rows", "in brackets the interval"]),
    "one input, values alone": (dict(d=1, kinds=("y",)), 1.0, ["values are off by"]),
    "slopes alone": (dict(kinds=("jacobian",)), 1e-9, ["the level is arbitrary"]),
    "huge": (dict(scale=1e12), 1e12, ["× 10¹²"]),
    "tiny": (dict(scale=1e-12), 1e-12, ["× 10⁻¹²"]),
    "many inputs": (dict(d=11), 1.0, ["Of 11 inputs", "Of 11 first derivatives"]),
    "many outputs": (dict(q=7), 1.0, ["Of 7 outputs the 4", "5 smaller ones"]),
    "gaps": (dict(n=60, gaps=0.5, q=2), 1.0, ["rows held out"]),
    "every kind of label": (
        dict(n=40, q=2, kinds=("y", "jacobian", "hessian", "jvp", "vjp")), 1.0,
        ["d2u0/dx0dx1", "du0·v", "dw·dy/dx1"],
    ),
    "three rows": (dict(n=3), 1.0, ["2 training rows"]),
    "hostile names": (NAMED, 1.0, ["in &lt;mm&gt;", "&lt;script&gt;"]),
    "a constant input": (dict(d=3), 1.0, ["Of 3 inputs those are drawn"]),
    "a constant output": (dict(q=2), 1.0, ["values are off by"]),
    "declared noise": (dict(noise={"y": 0.1}), 1.0, ["Noise: declared for the values"]),
}  # fmt: skip


def page_of(tmp_path, train, valid, fitted=None, **more):
    fitted = fitted or fit_of(train, valid=valid is not None)
    path = sb.write_page(fitted, tmp_path / "model.html", train, valid, **more)
    return path.read_text(encoding="utf-8")


def sound(page):
    """Whole, accessible, of itself alone; every number is one, every mark lies in its picture."""
    read = Page(page)
    assert not read.open and len(set(read.ids)) == len(read.ids)
    assert [i for i in read.ids if i in SECTIONS] == SECTIONS
    assert {a[1:] for a in read.addresses} <= set(read.ids)
    assert "script" not in read.tags and "http" not in page and "nan" not in page.lower()
    pictures = page.count('role="img" aria-label="')
    assert page.count("<svg ") == pictures + page.count('aria-hidden="true"') and pictures > 3
    for picture in re.findall(r'<svg viewBox="0 0 264.*?</svg>', page):
        xs = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", picture)
        assert all(-40 < float(x) < WIDTH + 40 and -40 < float(y) < HEIGHT + 40 for x, y in xs)
        for x, anchor, word in re.findall(
            r'<text x="([\d.]+)" .*?anchor="(\w+)">([^<]*)<', picture
        ):
            assert 0 <= float(x) <= WIDTH and (anchor != "start" or word.startswith("×"))
    return read


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("held_out", [True, False])
def test_every_kind_of_data_has_a_page(tmp_path, name, held_out):
    arguments, scale, words = CASES[name]
    data = dataset(**arguments)
    if name == "a constant input":
        data.x[:, 1] = 3.5
    if name == "a constant output":
        data.y[:, 1], data.jacobian[:, 1] = 7.0, 0.0
    train, valid = data.split(0.2, 0) if held_out else (data, None)
    page = page_of(tmp_path, train, valid, fit_of(train, scale=scale, valid=held_out))
    text = " ".join(" ".join(sound(page).text).split())
    for word in words if held_out else ():
        assert word in page, word
    assert ('<i class="diamond">' in page) == held_out
    assert ("No rows were held out" in text) != held_out
    assert "sb.load(&#x27;model.npz&#x27;)" in page and "sobolev predict model.npz" in page


def test_its_errors_are_those_of_evaluate(tmp_path):
    train, valid = dataset(60, 2, 2, ("y", "jacobian", "hessian", "jvp"), gaps=0.3).split(0.3, 0)
    fitted = fit_of(train, error=0.05)
    found = seen(fitted.surrogate, train, valid)
    theirs = {
        t.name: t for t in sb.evaluate(fitted.surrogate, valid, sb.data.Scaling.of(train)).terms
    }
    for each in found.compared:
        error = error_of([each], found.held_out)
        if each.name in theirs and "·v" not in each.name:
            assert error.relative == pytest.approx(theirs[each.name].relative, rel=1e-12), each.name
            assert error.low < error.relative < error.high and error.rows == theirs[each.name].rows
    row = re.search(r">u1</th>(.*?)</tr>", page_of(tmp_path, train, valid, fitted)).group(1)
    assert f"{100 * theirs['u1'].relative:.2g} %" in row
    assert f"{theirs['u1'].rmse:.3g}" in row and f"{theirs['u1'].largest:.3g}" in row


def test_the_interval_holds_the_error_of_other_rows_nine_times_in_ten():
    rng, inside = np.random.default_rng(0), 0
    for _ in range(60):
        given, wrong = rng.normal(size=(2, 80))
        each = SimpleNamespace(there=np.ones(80, bool), error=0.1 * wrong, size=given)
        error = error_of([each], np.ones(80, bool))
        inside += error.low <= 0.1 <= error.high
    assert 48 <= inside <= 59


def test_of_noisy_labels_no_longer_training_is_advised():
    train, valid = dataset(40, 2, seed=3).split(0.2, 0)
    fitted = fit_of(train, error=0.1)
    found = seen(fitted.surrogate, train, valid)
    assert "longer training" in sentences(found, fitted, None)[-1]
    fitted.evidence = 12.0
    assert "more rows; the labels are noisy" in sentences(found, fitted, None)[-1]


def test_rows_that_were_held_out_before_are_shown_as_such():
    data = dataset(12, 2)
    fitted = fit_of(data, error=0.1)
    found = seen(fitted.surrogate, data, None, held_out=[1, 4])
    assert found.later and found.of == (10, 2) and found.held_out.sum() == 2
    np.testing.assert_array_equal(found.data.x[found.held_out], data.x[[1, 4]])
    every = seen(fitted.surrogate, data, None, held_out=range(12))
    assert every.held_out.all() and every.of == (0, 12) and len(every.data) == 12


def test_a_row_that_does_not_fit_is_shown_with_its_point(tmp_path):
    data = dataset(40, 2)
    data.y[7] += 5
    train, valid = data.split(0.2, 0)
    fitted = fit_of(train, error=0.001)
    found = seen(fitted.surrogate, train, valid)
    assert found.data.x[outstanding(found)].tolist() == [data.x[7].tolist()]
    page = page_of(tmp_path, train, valid, fitted)
    assert "1 row stands out" in page and f"<td>{data.x[7, 0]:.6g}</td>".replace("-", "−") in page
    assert "1 row stands out" not in page_of(tmp_path, *dataset(40, 2).split(0.2, 0))


def test_slices_go_through_the_middle_and_carry_rows_with_their_errors():
    data = dataset(50, 3)
    surrogate = fit_of(data, error=0.0).surrogate
    data.y[11] += 0.25
    found = seen(surrogate, data, None, 2)
    assert [cut.input for cut in found.slices] == [0, 1]  # the truth moves most along these
    middle = data.x.min(0) / 2 + data.x.max(0) / 2
    for cut in found.slices:
        points = np.repeat(middle[None], len(cut.at), 0)
        points[:, cut.input] = cut.at
        y, slope = surrogate.derivatives(points)
        assert np.allclose(cut.y, y) and np.allclose(cut.slope, slope[..., cut.input])
        away = np.abs(np.delete(data.x - middle, cut.input, 1)).sum(1)
        assert away[cut.rows[0]] <= np.median(away) and (np.diff(cut.near) <= 0).all()
    error = found.compared[0].given - found.compared[0].says
    assert np.flatnonzero(np.abs(error) > 1e-9).tolist() == [11]


def test_a_large_table_is_sampled_and_says_so(tmp_path):
    train, valid = dataset(30_000, 2).split(0.2, 0)
    page = page_of(tmp_path, train, valid)
    assert "the page looks at 10000 of them" in page and "Pictures show 800 rows" in page
    assert "On 6000 rows" in page and len(page) < 150_000
    sound(page)


def test_what_the_check_saw_is_what_the_fit_has_noted(tmp_path):
    data = dataset(60, 2)
    data.jacobian[:, 0, 1] *= -1
    seen_ = check(data)
    notes = (Note(Kind.WRONG_DERIVATIVE, seen_.line, seen_),)
    page = page_of(tmp_path, data, None, fit_of(data, notes=notes))
    assert seen_.findings and str(seen_.judged[1].verdict) in page
    assert "What would help most: look at what the check names, and fit again" in page
    assert "not checked" in page_of(tmp_path, data, None)


def test_the_lines_on_top_may_come_from_elsewhere(tmp_path):
    data = dataset()
    page = page_of(tmp_path, data, None, said=["Worth <much>.", "Tried 3 starts."], model="o o.npz")
    assert '<div class="claim said"><p>Worth &lt;much&gt;.</p><p>Tried 3 starts.</p></div>' in page
    assert "sobolev predict &#x27;o o.npz&#x27;" in page


def test_the_same_fit_gives_the_same_page_and_nothing_half_written(tmp_path):
    train, valid = dataset(40).split(0.2, 0)
    assert page_of(tmp_path, train, valid) == page_of(tmp_path, train, valid)
    before = (tmp_path / "model.html").read_bytes()
    other = dataset(40, outputs=("v",))
    with pytest.raises(DataError, match="the training data have v"):
        sb.write_page(fit_of(train), tmp_path / "model.html", other)
    with pytest.raises(DataError, match="the training data are of type ndarray: give a Dataset"):
        sb.write_page(fit_of(train), tmp_path / "model.html", train.x)  # type: ignore
    assert (tmp_path / "model.html").read_bytes() == before
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        sb.write_page(fit_of(train), tmp_path / "file" / "model.html", train)


@pytest.mark.parametrize(
    "low, high, log, words",
    [
        (0, 1, False, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (-3, 9.5, False, ["−2.5", "0.0", "2.5", "5.0", "7.5"]),
        (0, 2.2e9, False, ["0.0", "0.5", "1.0", "1.5", "2.0"]),
        (1e-5, 3e-1, True, ["10⁻⁵", "10⁻⁴", "10⁻³", "0.01", "0.1"]),
        (2, 5, True, ["2", "5"]),
        (1e6, 1e6 + 1, False, ["1.0000000", "1.0000002", "1.0000004", "1.0000006", "1.0000008"]),
    ],
)
def test_ticks_are_round_and_inside(low, high, log, words):
    axis = Axis(low, high, "", log)
    values, labels = zip(*axis.ticks(), strict=True)
    assert list(labels)[: len(words)] == words and len(labels) <= 6
    assert all(low * (1 - 1e-9) <= v <= high * (1 + 1e-9) or v == 0 for v in values)
    for value, label in zip(values, labels, strict=True):
        if not log:
            read = float(label.replace("−", "-")) * 10.0**axis.power
            assert read == pytest.approx(value, abs=1e-9 * max(abs(low), abs(high)))


def test_labels_beside_each_other_do_not_touch():
    for low, high in ((0, 1), (1e6, 1e6 + 1), (-1234567, 9876543)):
        picture = Panel(Axis(low, high, "x" * 99), Axis(low, high)).markup("")
        words = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" text-anchor="middle">([^<]*)', picture)
        ticks = [(float(x), 3.05 * len(word)) for x, y, word in words if y != words[-1][1]]
        for (a, half), (b, other) in pairwise(ticks):
            assert a + half < b - other
        assert words[-1][2].endswith("…") and 6.1 * len(words[-1][2]) < WIDTH


def luminance(colour):
    """Relative luminance of #rrggbb, as WCAG 2 has it."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("colour", [*LINES, TRAINING, HELD_OUT])
@pytest.mark.parametrize("paper", ["#ffffff", "#14171b"])
def test_marks_and_lines_are_seen_on_light_and_on_dark_paper(colour, paper):
    low, high = sorted(map(luminance, (colour, paper)))
    assert (high + 0.05) / (low + 0.05) >= 3


def test_units_of_derivatives():
    assert [per("N", "mm"), per("", "mm"), per("N", "")] == ["N/mm", "per mm", "N"]
    assert [per("N/mm", "m/s"), per("N", "a", "b")] == ["(N/mm)/(m/s)", "N/(a·b)"]
