"""`sobolev verify`: a law by its name, in sentences or JSON, with the exit codes of `check`."""

import json

import pytest
from cli_runs import refused, run

LAWS = """
from dataclasses import dataclass
import numpy as np
from sobolev import fem

right = fem.LinearElastic(210e3, 0.3)


def stress(strain, state, step):
    return C @ strain, C + np.diag([0, 0, 0, 80.0, 0, 0]), state


C = 80e3 * np.diag([2, 2, 2, 1, 1, 1.0])
wrong = fem.Routine(stress)
number = 3
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("laws") / "laws_to_verify.py"
    path.write_text(LAWS)
    return path


def test_a_right_law_ends_with_0(file):
    done = run("verify", f"{file}:right", "--isotropic")
    assert done.exit_code == 0 and "nothing else was found" in done.stdout


def test_a_wrong_tangent_ends_with_2_and_a_sentence(file):
    done = run("verify", f"{file}:wrong", "--json")
    assert done.exit_code == 2 and "1 finding; the tangent's entry ∂σ12/∂γ12" in done.stderr
    said = json.loads(done.stdout)
    assert not said["good"] and said["findings"][0]["factor"] == pytest.approx(1.001)


def test_a_class_is_made_with_its_constants():
    done = run("verify", "sobolev.fem:LinearElastic", "--param", "E=1.0", "--param", "nu=0.3")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    "arguments, word",
    [
        (("umat.so",), "there is no file umat.so"),
        (("{file}",), "is no shared library: compile the source"),
        (("{file}:right", "--props", "1,2"), "--props are those of a compiled routine"),
        (("{file}:number",), "verify takes a law of fem"),
        (("{file}:nothing",), "has no 'nothing'"),
        (("{file}:right", "--strain", "-1"), "strain"),
    ],
)
def test_what_cannot_be_verified_is_told_in_a_sentence(file, arguments, word):
    refused(run("verify", *(each.format(file=file) for each in arguments)), word)
