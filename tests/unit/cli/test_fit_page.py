"""`sobolev fit` writes a page beside the surrogate, last, and never at its cost."""

import os

import pytest
from cli_runs import FIT, refused, run, warned
from cli_runs import home as home
from cli_runs import quiet as quiet

from sobolev.cli.page import draw_page


def test_fit_writes_a_page_and_says_so(home, tmp_path):
    page = (home / "m.html").read_text()
    assert "t.csv · eta as a function of a and b · 16 training rows, 8 held out" in page
    assert "derivatives agree" in page.lower() or "cannot be judged" in page
    out = tmp_path / "n.npz"
    result = run("fit", home / "t.csv", "--out", out, *FIT)
    assert result.stdout.splitlines()[-1] == f"{tmp_path / 'n.html'}: open it in a browser"
    assert (tmp_path / "n.html").exists()
    again = run("fit", home / "t.csv", "--out", out, *FIT)
    assert again.exit_code == 0, "its own page may be replaced"


def test_no_page_leaves_it_out(home, tmp_path):
    result = run("fit", home / "t.csv", "--out", tmp_path / "m.npz", *FIT, "--no-page")
    assert result.exit_code == 0 and "browser" not in result.output
    assert sorted(os.listdir(tmp_path)) == ["m.fit.toml", "m.history.csv", "m.npz"]


def test_a_page_of_somebody_else_is_not_replaced(home, tmp_path):
    mine = tmp_path / "m.html"
    mine.write_text("<p>mine</p>")
    command = "fit", home / "t.csv", "--out", tmp_path / "m.npz", *FIT
    refused(run(*command), "m.html, which `sobolev fit` has not made", "--no-page")
    assert os.listdir(tmp_path) == ["m.html"] and mine.read_text() == "<p>mine</p>"
    assert run(*command, "--no-page").exit_code == 0 and mine.read_text() == "<p>mine</p>"


@pytest.mark.parametrize("error", [ValueError("no such\nthing."), MemoryError()])
def test_a_page_that_cannot_be_drawn_never_costs_the_surrogate(home, tmp_path, monkeypatch, error):
    def fails(*_):
        raise error

    monkeypatch.setattr("sobolev.reports.write_fit_page.fit_page", fails)
    said = warned(run("fit", home / "t.csv", "--out", tmp_path / "m.npz", *FIT))
    reason = str(error).replace("\n", " ").rstrip(".") or "MemoryError"
    assert f"m.html was not written ({reason})" in said and said.count("\n") == 1
    assert sorted(os.listdir(tmp_path)) == ["m.fit.toml", "m.history.csv", "m.npz"]
    assert (tmp_path / "m.npz").read_bytes() == (home / "m.npz").read_bytes()


def test_an_interrupted_page_says_that_the_surrogate_is_there(tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("sobolev.reports.write_page", interrupted)
    out = tmp_path / "m.npz"
    with pytest.raises(KeyboardInterrupt, match=r"m\.npz is written, its page is not"):
        draw_page(tmp_path / "m.html", None, (None, None), out, tmp_path / "t.csv")  # type: ignore
