"""Where a gain comes from, with planted truths."""

import math

import numpy as np
import pytest

from sobolev.reports.claims.study.decomposition import decompose


def test_planted_step_size_share_is_found():
    random = np.random.default_rng(3)
    snn = np.exp(random.normal(0, 0.4, 40))
    noise = [np.exp(random.normal(0, 0.05, 40)) for _ in range(3)]
    scheme = snn * math.exp(-0.8) * noise[0]
    replay = snn * math.exp(-0.72) * noise[1]
    normalised = snn * math.exp(-0.08) * noise[2]
    split = decompose(snn, scheme, replay, normalised)
    assert split.gain.sign == 1 and split.gain.middle == pytest.approx(0.8, abs=0.03)
    assert split.size_share.middle == pytest.approx(0.9, abs=0.04)
    assert split.size_share.low < 0.9 < split.size_share.high
    assert split.balance_share.middle == pytest.approx(0.1, abs=0.04)
    assert split.remainder.sign == 0 and abs(split.remainder.middle) < 0.05
    alone = decompose(snn, scheme, None, normalised)
    assert alone.size is alone.size_share is alone.remainder is None and alone.balance is not None


def test_no_share_without_a_clear_gain():
    random = np.random.default_rng(4)
    snn, scheme, replay = np.exp(random.normal(0, 0.4, (3, 30)))
    split = decompose(snn, scheme, replay, replay)
    assert split.gain.sign == 0 and split.size_share is None and split.balance_share is None
    assert decompose(snn, snn * 2, snn * 2, snn).size_share is None
