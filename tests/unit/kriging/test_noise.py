"""What is taken for noise: noise, and no waves that the rows can follow."""

import numpy as np
import pytest

from sobolev import GEK, Dataset
from sobolev.kriging.noise import noise_seen

MODES = np.array([1, 5, 10, 20])


def waves(rows, noise=0.0):
    """y = Σ sin kx on [0, 2π) with slopes, and noise relative to what each varies by."""
    x = 2 * np.pi * np.arange(rows) / rows
    y = np.sin(np.outer(x, MODES)).sum(axis=1)
    slopes = (MODES * np.cos(np.outer(x, MODES))).sum(axis=1)
    rng = np.random.default_rng(0)
    y, slopes = (a + noise * a.std() * rng.standard_normal(rows) for a in (y, slopes))
    return Dataset(x[:, None], y[:, None], slopes[:, None, None])


@pytest.mark.parametrize("rows", [40, 60, 80])  # 2 to 4 rows to the shortest wave
def test_waves_that_the_rows_can_follow_are_no_noise(rows):
    seen = noise_seen(waves(rows))
    assert seen is not None and seen.values < 1e-4 and seen.slopes < 1e-4


def test_waves_that_only_values_show_are_no_noise():
    data = waves(80)
    seen = noise_seen(Dataset(data.x, data.y))
    assert seen is not None and seen.values < 1e-4 and seen.slopes == 0


def test_noise_on_waves_is_seen():
    seen = noise_seen(waves(80, 0.05))
    assert seen is not None and 0.025 < seen.values < 0.1 and 0.025 < seen.slopes < 0.1


def test_kriging_follows_waves():
    data, x = waves(60), np.linspace(0.3, 5.9, 99)[:, None]
    wanted = np.sin(x * MODES).sum(axis=1)
    assert np.abs(GEK.of(data).value(x)[:, 0] - wanted).max() < 0.02
