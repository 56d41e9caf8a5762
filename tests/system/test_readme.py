"""The README does what it says: its Python and its commands run, in order, in an empty folder."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text()


def blocks(language: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.M | re.S)
    return [text for name, text in found if name == language]


def test_python_blocks_run_in_order(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = blocks("python")
    assert len(code) == 2
    names: dict = {}
    for block in code:
        exec(compile(block, "README.md", "exec"), names)
    assert names["fitted"].result in ("finished", "converged")
    assert names["sb"].evaluate(names["fitted"].surrogate, names["valid"]).relative_h1 < 0.02
    assert names["slope"].shape == (1, 1, 2)
    assert names["adaptive"].history.weight[-1].shape == (3,)
    assert (tmp_path / "out" / "plate.npz").exists()
    assert "relative H1 error" in capsys.readouterr().out


def test_commands_run_in_order(tmp_path):
    commands = "".join(b for b in blocks("") if b.startswith("sobolev "))
    lines = commands.strip().splitlines()
    assert len(lines) == 5
    (makes,) = re.findall(r"`(sobolev generate [^`]*)`", README)
    for line in (makes, *lines):
        words = [sys.executable, "-m", "sobolev.cli", *shlex.split(line, comments=True)[1:]]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    (shown,) = blocks("csv")
    head, *rows, dots = shown.splitlines()
    made = (tmp_path / "beam.csv").read_text().splitlines()
    assert dots == "…" and head == made[0] and len(rows) == 3
    for row, whole in zip(rows, made[1:], strict=False):
        assert [float(v) for v in row.split(",")] == pytest.approx(
            [float(v) for v in whole.split(",")], rel=1e-4
        )
    page = (tmp_path / "beam.html").read_text()
    assert "w as a function of L, E and h" in page
    assert (tmp_path / "predicted.csv").read_text().count("\n") == 61
    assert "beam_jacobian" in (tmp_path / "beam.c").read_text()
    assert "openturns" in (tmp_path / "reliability.py").read_text()


def test_the_two_commands_are_targets_of_the_makefile():
    makefile = (Path(__file__).parents[2] / "Makefile").read_text()
    (commands,) = [b for b in blocks("") if b.startswith("make ")]
    for line in commands.strip().splitlines():
        target = line.split()[1]
        assert re.search(rf"^{target}:", makefile, flags=re.M), target
