"""Statistics with planted truths."""

import math

import numpy as np
import pytest

from sobolev.reports import statistics


def test_planted_step_size_share_is_found():
    random = np.random.default_rng(3)
    snn = np.exp(random.normal(0, 0.4, 40))
    noise = [np.exp(random.normal(0, 0.05, 40)) for _ in range(3)]
    scheme = snn * math.exp(-0.8) * noise[0]
    replay = snn * math.exp(-0.72) * noise[1]
    normalised = snn * math.exp(-0.08) * noise[2]
    split = statistics.decompose(snn, scheme, replay, normalised)
    assert split.gain.sign == 1 and split.gain.middle == pytest.approx(0.8, abs=0.03)
    assert split.size_share.middle == pytest.approx(0.9, abs=0.04)
    assert split.size_share.low < 0.9 < split.size_share.high
    assert split.balance_share.middle == pytest.approx(0.1, abs=0.04)
    assert split.remainder.sign == 0 and abs(split.remainder.middle) < 0.05
    alone = statistics.decompose(snn, scheme, None, normalised)
    assert alone.size is alone.size_share is alone.remainder is None and alone.balance is not None


def test_no_share_without_a_clear_gain():
    random = np.random.default_rng(4)
    snn, scheme, replay = np.exp(random.normal(0, 0.4, (3, 30)))
    split = statistics.decompose(snn, scheme, replay, replay)
    assert split.gain.sign == 0 and split.size_share is None and split.balance_share is None
    assert statistics.decompose(snn, snn * 2, snn * 2, snn).size_share is None


@pytest.mark.parametrize("n", [6, 13, 30])
def test_no_effect_is_no_clear_difference(n):
    random = np.random.default_rng(5)
    verdicts = []
    for _ in range(400):
        start = random.normal(0, 0.5, n)
        a, b = np.exp(start + random.standard_t(2, (2, n)))
        verdicts.append(statistics.compare(a, b).verdict)
    assert verdicts.count("unclear") >= 0.93 * len(verdicts)


def test_best_of_many_equal_schemes_is_no_clear_difference():
    random = np.random.default_rng(6)
    level, clear = statistics.shared_level(12), 0
    for _ in range(200):
        snn, *others = np.exp(random.normal(0, 0.4, (13, 30)))
        best = min(others, key=np.median)
        clear += statistics.compare(best, snn, level).verdict == "smaller"
    assert clear <= 0.05 * 200


def test_planted_effect_is_found_and_has_a_direction():
    random = np.random.default_rng(7)
    base = np.exp(random.normal(0, 0.5, 30))
    half = base / 2 * np.exp(random.normal(0, 0.2, 30))
    found = statistics.compare(half, base)
    assert found.verdict == "smaller" and found.wins == 30
    assert math.exp(found.log_ratio.middle) == pytest.approx(0.5, rel=0.1)
    assert statistics.compare(base, half).verdict == "larger"


def test_median_interval_is_the_sign_test_interval():
    # Textbook: n = 10 gives x(2) and x(9) at 97.9 %; n = 30 gives x(10) and x(21) at 95.7 %.
    for n, low in ((6, 1), (10, 2), (30, 10)):
        interval = statistics.median_interval(np.arange(1.0, n + 1))
        assert (interval.low, interval.high) == (low, n + 1 - low)
    assert not statistics.median_interval(np.arange(5.0)).known
    assert statistics.fewest(0.95) == 6 and statistics.fewest(0.99) == 8


def test_failed_runs_count_as_worst():
    good, bad = np.full(10, 0.1), np.full(10, 0.2)
    good[:3] = math.inf
    found = statistics.compare(good, bad)
    assert found.wins == 7 and found.verdict == "unclear"
    bad[:3] = math.inf
    assert statistics.compare(good, bad).ties == 3
    summary = statistics.summarise(np.array([0.1, 0.2, math.inf, math.inf, math.inf, math.nan]))
    assert (summary.median, summary.failed, summary.runs) == (math.inf, 3, 5)
    bad[0] = math.nan  # not run: no pair
    assert statistics.compare(good, bad).n == 9


def test_quantiles_agree_with_numpy_and_bear_infinities():
    x = np.random.default_rng(8).normal(size=23)
    for q in (0.0, 0.25, 0.4, 0.5, 1.0):
        assert statistics.quantile(x, q) == pytest.approx(np.quantile(x, q))
    assert statistics.quantile(np.array([1.0, math.inf]), 0.5) == math.inf
    assert math.isnan(statistics.quantile(np.array([]), 0.5))


def test_planted_spread_is_found():
    random = np.random.default_rng(9)
    wide, narrow = 1 + random.normal(0, 0.1, 80), 1 + random.normal(0, 0.03, 80)
    interval = statistics.spread_ratio(narrow, wide)
    assert interval.sign == -1 and math.exp(interval.middle) == pytest.approx(0.3, rel=0.35)
    # Half the error with half the spread is not more robust relative to the error.
    assert statistics.spread_ratio(wide / 2, wide).middle == pytest.approx(math.log(0.5))
    assert statistics.spread_ratio(wide / 2, wide, relative=True).middle == pytest.approx(0)
