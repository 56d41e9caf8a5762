"""The paired test, with planted truths."""

import math

import numpy as np
import pytest

from sobolev.records.over_seeds import fewest as fewest_for_an_interval
from sobolev.records.over_seeds import shared_level, summarise
from sobolev.records.paired import (
    Says,
    enough,
    fewest,
    holm,
    judged,
    ratio,
    says,
    signed_rank,
    smallest,
)


def one(errors, base):
    return judged({"one": (errors, base)})["one"]


@pytest.mark.parametrize("n", [6, 13, 30])
def test_no_effect_is_no_clear_difference(n):
    random = np.random.default_rng(5)
    verdicts = []
    for _ in range(400):
        start = random.normal(0, 0.5, n)
        a, b = np.exp(start + random.standard_t(2, (2, n)))
        verdicts.append(one(a, b).says)
    assert verdicts.count("not told apart") >= 0.93 * len(verdicts)


def test_best_of_many_equal_schemes_is_no_clear_difference():
    random = np.random.default_rng(6)
    clear = 0
    for _ in range(200):
        snn, *others = np.exp(random.normal(0, 0.4, (13, 30)))
        clear += any(
            found.says is Says.BETTER
            for found in judged({k: (other, snn) for k, other in enumerate(others)}).values()
        )
    assert clear <= 0.05 * 200


def test_planted_effect_is_found_and_has_a_direction():
    random = np.random.default_rng(7)
    base = np.exp(random.normal(0, 0.5, 30))
    half = base / 2 * np.exp(random.normal(0, 0.2, 30))
    found = one(half, base)
    assert found.says is Says.BETTER and found.wins == 30
    assert found.ratio == pytest.approx(0.5, rel=0.1)
    assert one(base, half).says is Says.WORSE


def test_failed_runs_count_as_worst():
    good, bad = np.full(10, 0.1), np.full(10, 0.2)
    good[:3] = math.inf
    found = one(good, bad)
    assert found.wins == 7 and found.says is Says.SAME
    bad[:3] = math.inf
    assert one(good, bad).ties == 3
    summary = summarise(np.array([0.1, 0.2, math.inf, math.inf, math.inf, math.nan]))
    assert (summary.median, summary.failed, summary.runs) == (math.inf, 3, 5)
    bad[0] = math.nan  # not run: no pair
    assert one(good, bad).n == 9


def test_many_are_judged_together_and_each_on_its_own_seeds():
    base = np.exp(np.random.default_rng(1).normal(size=12))
    half, missing = base / 2, np.where(np.arange(12) == 3, math.nan, base / 2)
    found = judged({"half": (half, base), "missing": (missing, base), "same": (base, base)})
    assert found["half"].p == pytest.approx(3 * smallest(12)) and found["half"].of == 3
    assert found["missing"].n == 11 and found["missing"].p == pytest.approx(2 * smallest(11))
    assert found["same"].says is Says.SAME and found["same"].ties == 12


def test_too_few_pairs_say_so_and_the_fewest_are_known():
    base = np.linspace(1, 2, 5)
    assert one(base / 2, base).says is Says.FEW and not enough(5) and enough(6)
    for schemes in (1, 2, 17, 36, 40):
        n = fewest(schemes)
        assert enough(n, schemes) and not enough(n - 1, schemes)
        # An interval that holds for all of them exists from the same number on.
        assert fewest_for_an_interval(shared_level(schemes)) == n


@pytest.mark.parametrize("n", range(5, 14))
def test_the_smallest_p_is_that_of_the_test(n):
    errors = np.linspace(1, 2, n)
    assert signed_rank(errors / 2, errors * np.linspace(1, 1.3, n)) == pytest.approx(smallest(n))


def test_failures_in_a_pair():
    errors, base = np.array([1.0, np.inf, np.inf, 3.0]), np.array([2.0, np.inf, 1.0, 6.0])
    assert ratio(errors, base) == 0.75 and ratio(base, base) == 1.0
    assert says(np.inf, 0.01) == "worse" and says(0.5, 0.05) == "not told apart"


def test_holm_corrects_in_order():
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == {"a": 0.03, "c": 0.06, "b": 0.06}
