"""Differences are as sharp as they say they are."""

import numpy as np
import pytest
from spoilt_laws import elastic, spoilt

from sobolev.fem import Routine, verify
from sobolev.fem.verification.differences import along_line


@pytest.mark.parametrize("f, slope", [(np.exp, 1.0), (np.sin, 1.0), (lambda x: x**5 + x, 1.0)])
def test_a_slope_is_exact_but_for_round_off(f, slope):
    value, doubt = along_line(lambda h: np.array([f(h)]), 1e-2)
    assert abs(value[0] - slope) <= 1e-12 and abs(value[0] - slope) <= 10 * doubt[0] + 1e-14


def noisy(part):
    """Elasticity that is solved to a part of its stress only, and no more."""

    def call(strain, state, step):
        stress, T, state = elastic(strain, state, step)
        scatter = np.sin(1e9 * np.arange(1, 7) * (strain @ np.arange(1.0, 7)))
        return stress + part * 400 * scatter, T, state

    return Routine(call)


@pytest.mark.parametrize("seed", range(3))
def test_noise_is_no_mistake_and_is_known(seed):
    found = verify(noisy(1e-9), seed=seed)
    assert not [each for each in found.findings if each.kind == "tangent"], str(found)
    assert 1e-7 < max(each.sharp for each in found.seen) < 1e-4
    found = verify(spoilt(noisy(1e-9), 0, 1), seed=seed)
    assert [each.entry for each in found.findings if each.kind == "tangent"] == ["∂σ11/∂ε22"]
