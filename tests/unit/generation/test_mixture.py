"""Budgets over easy and hard rungs, and what hard rows say beyond easy ones."""

import numpy as np
import pytest

from sobolev import Box, Dataset
from sobolev.errors import ConfigError
from sobolev.function import Sum, of_callable
from sobolev.generation import Mixture, beyond

BOX = Box(("a", "b"), (0, 1), (2, 3))


def rung(scale, box=BOX, outputs=("u",)):
    def answer(x):
        a, b = x
        value = [scale * a * b**2 + a]
        slopes = [[scale * b**2 + 1, 2 * scale * a * b]]
        return value, slopes, [[[0.0, 2 * scale * b], [2 * scale * b, 2 * scale * a]]]

    return of_callable(answer, box, outputs)


EASY, HARD = rung(0.9), rung(1.0)


def test_a_budget_buys_rows_and_what_easy_ones_leave_goes_to_the_hardest():
    mixture = Mixture((EASY, HARD), costs=(0.01, 0.5))
    assert mixture.rows(8.0) == (400, 8)
    assert Mixture((EASY, HARD), costs=(0.01, 0.5), most=100).rows(8.0) == (100, 14)
    assert Mixture((EASY, HARD), costs=(0.01, 0.5), shares=(1, 3)).rows(8.0) == (200, 12)
    three = Mixture((EASY, EASY, HARD), costs=(0.01, 0.1, 1.0), shares=(1, 1, 2)).rows(8.0)
    assert three == (200, 20, 4)
    for counts in ((400, 8), (100, 14)):
        assert np.dot(counts, (0.01, 0.5)) <= 8.0


def test_costs_are_measured():
    def slow(x):
        return [sum(k * 1e-9 for k in range(100_000)) + x[0]], [[1.0, 0.0]]

    quick = of_callable(lambda x: ([x[0]], [[1.0, 0.0]]), BOX, ("u",))
    easy, hard = Mixture((quick, of_callable(slow, BOX, ("u",)))).measured().costs
    assert 0 < easy < hard


@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_sum_of_what_is_known_and_what_is_beyond_is_the_hard_one(order):
    mixture = Mixture((EASY, HARD), costs=(0.01, 0.5), order=order)
    easy, hard = mixture.generate(2.0, seed=3)
    assert (len(easy), len(hard)) == mixture.rows(2.0)
    assert not np.isin(hard.x, easy.x).any()
    more = beyond(hard, EASY)
    assert more.labels().keys() == hard.labels().keys()
    assert more.y == pytest.approx(0.1 * (hard.x[:, :1] * hard.x[:, 1:] ** 2), rel=1e-12)
    whole = Sum((EASY, rung(0.1, outputs=("u",)))).derivatives(hard.x, order)
    # 0.9 a b² + a and 0.1 a b² + a: twice the a
    assert whole[0] - hard.x[:, :1] == pytest.approx(hard.y, rel=1e-12)
    if order == 2:
        assert whole[2] == pytest.approx(hard.hessian, rel=1e-12)
        assert more.hessian == pytest.approx(hard.hessian / 10, rel=1e-9)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: Mixture((EASY,)), "two rungs at least"),
        (lambda: Mixture((EASY, 3)), "rung 1 of a Mixture is a Function"),
        (lambda: Mixture((EASY, rung(1.0, outputs=("v",)))), "rung 1 has the outputs"),
        (lambda: Mixture((EASY, HARD), costs=(1.0,)), "costs are 2 positive numbers"),
        (lambda: Mixture((EASY, HARD), shares=(1.0, 0.0)), "shares are 2 positive numbers"),
        (lambda: Mixture((EASY, HARD)).rows(1.0), "costs of a row are not known"),
        (lambda: Mixture((EASY, HARD), (0.1, 1.0)).rows(-1.0), "budget is a positive number"),
        (lambda: Mixture((EASY, HARD), (0.1, 1.0)).rows(3.0), "buys 1 rows of rung 1"),
        (lambda: Mixture((EASY, HARD), (0.1, 1.0)).generate(9.0, journal="j"), "journal is of one"),
        (lambda: Sum(()), "one at least"),
        (lambda: Sum((EASY, rung(1.0, outputs=("v",)))), "part 1 of a Sum has the outputs"),
        (lambda: beyond(Dataset([[1.0, 2.0]], jvp=[[[1.0]]], directions=[[[1.0, 0.0]]]), EASY),
         "got jvp"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said(wrong, sentence):
    with pytest.raises(ConfigError, match=sentence):
        wrong()
