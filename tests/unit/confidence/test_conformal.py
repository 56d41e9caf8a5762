"""Conformal intervals: their order statistic, and what they cover."""

from dataclasses import replace

import numpy as np
import pytest
from helpers import band, net, table, values

from sobolev import GEK, Ensemble, conformal, fit
from sobolev.data.learnt import Learnt
from sobolev.errors import ConfigError, DataError
from sobolev.function import Uncertain, of_callable


def noisy(data, rng, scale=0.2):
    """Labels with noise that is skewed and grows with x: nothing a normal law would know."""
    factor = 1 + np.abs(data.x[:, :1])
    return replace(
        data,
        y=data.y + scale * factor * rng.exponential(size=data.y.shape),
        jacobian=data.jacobian
        + scale * factor[..., None] * rng.exponential(size=data.jacobian.shape),
    )


@pytest.fixture(scope="module")
def trained():
    train = table(30)
    return fit(net(train), train, epochs=30).surrogate


def test_the_quantile_is_the_right_order_statistic(trained):
    calibration = noisy(table(19, seed=2), np.random.default_rng(0))
    bounds = conformal(trained, calibration, 0.9)
    scores = np.sort(np.abs(calibration.jacobian - trained.jacobian(calibration.x)), axis=0)
    np.testing.assert_allclose(bounds.quantiles[1], scores[17], rtol=1e-14)  # the 18th of 19
    value, jacobian = bounds.interval(calibration.x, 1)
    assert jacobian.holds(calibration.jacobian).sum(axis=0).tolist() == [[18, 18]]
    assert value.holds(calibration.y).sum() == 18
    single = bounds.interval(calibration.x[0], 1)
    np.testing.assert_allclose(single[1].lower, jacobian.lower[0], rtol=1e-12)


@pytest.mark.parametrize("by", ["residual", "spread"])
def test_conformal_intervals_cover_whatever_the_noise(trained, by):
    """R23: 1000 experiments with a fresh calibration and a fresh label each, 90 %."""
    other = fit(net(table(30), key=1), table(30), epochs=30).surrogate
    model = trained if by == "residual" else Ensemble((trained, other), (0, 1))
    repeats, n = 1000, 19  # 18 of 20 is exactly 90 %
    rows = noisy(table(repeats * (n + 1), seed=4), np.random.default_rng(7))
    inside = np.zeros(3)
    model = Remembered(model, rows.x)
    for r in range(repeats):
        part = rows.rows(np.arange(r * (n + 1), (r + 1) * (n + 1)))
        bounds = conformal(model, part.rows(np.arange(n)), 0.9, by)
        new = part.rows([n])
        value, jacobian = bounds.interval(new.x, 1)
        inside[0] += value.holds(new.y)[0, 0]
        inside[1:] += jacobian.holds(new.jacobian)[0, 0]
    low, high = band(repeats, 0.9)
    assert np.all((low <= inside) & (inside <= high)), inside


class Remembered(Learnt, Uncertain):
    """A model whose answers on some rows were taken in one call: to repeat an experiment often."""

    def __init__(self, model, x):
        self.inputs, self.outputs, self.scaling = model.inputs, model.outputs, model.scaling
        self.place = {tuple(row): i for i, row in enumerate(x)}
        self.told = model.derivatives(x, 1)
        self.spreads = model.spread(x, 1) if isinstance(model, Uncertain) else None

    def _of(self, arrays, x, order):
        index = [self.place[tuple(row)] for row in x]
        return tuple(array[index] for array in arrays[: order + 1])

    def compute(self, rows, order):
        return self._of(self.told, rows, order)

    def compute_spread(self, rows, order):
        return self._of(self.spreads, rows, order)


def test_intervals_by_spread_are_wider_where_the_members_disagree(trained):
    members = trained, fit(net(table(30), key=1), table(30), epochs=30).surrogate
    ensemble = Ensemble(members, (0, 1))
    calibration = table(50, seed=2)
    bounds = conformal(ensemble, calibration, 0.8, by="spread")
    (value,) = bounds.interval(calibration.x)
    width, spread = value.upper - value.lower, ensemble.spread(calibration.x)[0]
    np.testing.assert_allclose(width, 2 * bounds.quantiles[0] * spread, rtol=1e-2, atol=1e-5)
    assert conformal(trained, calibration).by == "residual"


def test_terms_without_labels_have_no_interval(trained):
    full = table(12, seed=2)
    half = replace(full, jacobian=full.jacobian.copy())
    half.jacobian[:, 0, 1] = np.nan
    bounds = conformal(trained, half, 0.9)
    assert bounds.rows[1].tolist() == [[12, 0]]
    lower, upper = bounds.interval(full.x, 1)[1]
    assert np.isfinite(lower[:, 0, 0]).all() and np.isnan(upper[:, 0, 1]).all()
    with pytest.raises(ConfigError, match="order 2 were not calibrated"):
        bounds.interval(full.x, 2)


def test_conformal_refuses(trained):
    few = replace(table(30, seed=2), jacobian=np.full((30, 1, 2), np.nan))
    few.jacobian[:8] = 0.0
    with pytest.raises(DataError, match=r"at least 9 .* derivative of u by a has 8.* 0\.889"):
        conformal(trained, few, 0.9)
    assert conformal(trained, few, 8 / 9).rows[1].tolist() == [[8, 8]]
    with pytest.raises(DataError, match="at least 19"):
        conformal(trained, table(18), 0.95)
    conformal(trained, table(19), 0.95)
    with pytest.raises(ConfigError, match="has no spread"):
        conformal(trained, table(30), by="spread")
    with pytest.raises(ConfigError, match="residual or spread"):
        conformal(trained, table(30), by="width")
    with pytest.raises(ConfigError, match="between 0 and 1"):
        conformal(trained, table(30), 1.0)
    with pytest.raises(DataError, match="the model has the outputs u"):
        conformal(trained, table(30, outputs=2))


def test_kriging_is_calibrated_by_its_spread():
    """Every function that is unsure can be: `spread` is the one name for it."""
    model, calibration = GEK.of(table(8), restarts=1), table(40, seed=2)
    bounds = conformal(model, calibration, 0.8, by="spread")
    (value, _) = bounds.interval(calibration.x, 1)
    assert value.holds(calibration.y).mean() >= 0.8
    widths = value.upper - value.lower
    assert widths.max() > 3 * widths.min()
    second = table(40, order=2, seed=2)
    with pytest.raises(ConfigError, match="spread of value and Jacobian"):
        conformal(model, second, 0.8, by="spread")
    assert len(conformal(model, second, 0.8).quantiles) == 3


def test_a_problem_is_calibrated_as_a_surrogate_is():
    known = of_callable(lambda x: values(x[None])[0, :1] + 0.1, ("a", "b"), ("u",), order=0)
    calibration = replace(table(20), jacobian=None)
    (value,) = conformal(known, calibration, 0.9).interval([0.0, 0.5])
    assert value.upper - value.lower == pytest.approx(0.2, rel=1e-9)
