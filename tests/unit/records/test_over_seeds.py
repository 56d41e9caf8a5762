"""Medians, quartiles and their intervals, with planted truths."""

import math

import numpy as np
import pytest

from sobolev.records import over_seeds


def test_median_interval_is_the_sign_test_interval():
    # Textbook: n = 10 gives x(2) and x(9) at 97.9 %; n = 30 gives x(10) and x(21) at 95.7 %.
    for n, low in ((6, 1), (10, 2), (30, 10)):
        interval = over_seeds.median_interval(np.arange(1.0, n + 1))
        assert (interval.low, interval.high) == (low, n + 1 - low)
    assert not over_seeds.median_interval(np.arange(5.0)).known
    assert over_seeds.fewest(0.95) == 6 and over_seeds.fewest(0.99) == 8


def test_a_level_that_the_ends_just_reach_is_reached():
    # The ends of 6 miss with a chance of exactly 2⁻⁵, the second ones of 4 with 10/16.
    for n, level, low in ((6, 1 - 2**-5, 1), (4, 6 / 16, 2)):
        interval = over_seeds.median_interval(np.arange(1.0, n + 1), level)
        assert (interval.low, interval.high) == (low, n + 1 - low)


def test_the_share_of_a_part_is_that_of_the_medians():
    whole = np.random.default_rng(3).uniform(1, 2, 20)
    found = over_seeds.share(whole / 4, whole)
    assert found.middle == found.low == found.high == pytest.approx(0.25)


def test_quantiles_agree_with_numpy_and_bear_infinities():
    x = np.random.default_rng(8).normal(size=23)
    for q in (0.0, 0.25, 0.4, 0.5, 1.0):
        assert over_seeds.quantile(x, q) == pytest.approx(np.quantile(x, q))
    assert over_seeds.quantile(np.array([1.0, math.inf]), 0.5) == math.inf
    assert math.isnan(over_seeds.quantile(np.array([]), 0.5))


def test_planted_spread_is_found():
    random = np.random.default_rng(9)
    wide, narrow = 1 + random.normal(0, 0.1, 80), 1 + random.normal(0, 0.03, 80)
    interval = over_seeds.spread_ratio(narrow, wide)
    assert interval.sign == -1 and math.exp(interval.middle) == pytest.approx(0.3, rel=0.35)
    # Half the error with half the spread is not more robust relative to the error.
    assert over_seeds.spread_ratio(wide / 2, wide).middle == pytest.approx(math.log(0.5))
    assert over_seeds.spread_ratio(wide / 2, wide, relative=True).middle == pytest.approx(0)


def test_an_effect_is_told_from_nothing_by_the_test_and_not_by_its_interval():
    logs = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, -0.05])
    found = over_seeds.effect(logs)
    assert found.low < 0 < found.high  # order statistics leave one on either side
    assert found.p < 0.05 and found.sign == 1 and over_seeds.effect(-logs).sign == -1
    assert over_seeds.effect(logs[:5]).sign == 0 and not over_seeds.effect(logs[:5]).known
    assert over_seeds.effect(np.append(logs, math.nan)).n == 8
