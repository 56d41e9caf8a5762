"""A server that lies about its gradient is named by `check`, with the column and what it is."""

import numpy as np
import pytest
from model_server import EVERY, Served, serving
from sources_made import BOX, OUTPUTS, UNITS, right

from sobolev import check
from sobolev.errors import ConfigError
from sobolev.function import of_callable
from sobolev.sources import UMBridge

FUNCTION = of_callable(right, BOX, OUTPUTS, UNITS)


def times(factor, *entries):
    def lie(jacobian):
        jacobian = jacobian.copy()
        for entry in entries:
            jacobian[entry] *= factor
        return jacobian

    return lie


def answered(lie=None, supports=("Gradient",)):
    with serving(Served(FUNCTION, (1, 1), (2,), supports, lie)) as url:
        return check(UMBridge(url, "beam", BOX, OUTPUTS, UNITS))


U = (0, 0), (0, 1)


@pytest.mark.parametrize("supports", [("Gradient",), ("ApplyJacobian",), EVERY])
def test_a_server_that_is_right_is_not_accused(supports):
    found = answered(supports=supports)
    assert found.good, found.findings
    verdicts = {each.derivative: each.verdict for each in found.judged}
    assert verdicts["du/da"] == verdicts["du/db"] == verdicts["dv/db"] == "right"


@pytest.mark.parametrize(
    "lie, named",
    [
        (times(-1, *U, (1, 1)), {("sign", "u", "a"), ("sign", "u", "b"), ("sign", "v", "b")}),
        (times(1.01, *U, (1, 1)), {("factor", "u", "a"), ("factor", "u", "b"),
                                   ("factor", "v", "b")}),
        (times(1.01, (0, 1)), {("factor", "u", "b")}),
        (times(-1, (0, 0)), {("sign", "u", "a")}),
        (times(0, (0, 1)), {("unrelated", "u", "b")}),
        (lambda jacobian: jacobian.T, {("transposed", "u", "b"), ("transposed", "v", "a")}),
        (lambda jacobian: jacobian[:, ::-1], {("unrelated", "u", "a"), ("unrelated", "u", "b"),
                                              ("unrelated", "v", "a"), ("unrelated", "v", "b")}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("supports", [("Gradient",), ("ApplyJacobian",)])
def test_a_lie_is_named(lie, named, supports):
    found = answered(lie, supports)
    assert {(f.kind, f.output, *f.inputs) for f in found.findings} == named, found.findings
    for finding in found.findings:
        assert finding.output in finding.sentence and finding.before > 0.002


def test_a_factor_is_told_with_its_remedy():
    [finding] = answered(times(1.01, (0, 1))).findings
    assert finding.sentence.startswith(
        "du/db is 1.01 times the slope of its values: multiply by 0.9901 (off by"
    )


def test_nothing_to_check_is_told():
    with pytest.raises(ConfigError, match="has no first derivatives: nothing of it"):
        answered(supports=())
    with pytest.raises(ConfigError, match="has no box"):
        check(of_callable(right, ("a", "b"), OUTPUTS))


def test_values_with_few_digits_accuse_nobody():
    def printed(x):
        y, dy = right(x, 1)
        return np.array([float(f"{value:.6g}") for value in y]), dy

    assert check(of_callable(printed, BOX, OUTPUTS, order=1)).good
