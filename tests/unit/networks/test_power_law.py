"""Products of powers: orders for all decades, and what a network adds."""

import jax
import numpy as np
import pytest

from sobolev import Dataset, Surrogate, fit, networks
from sobolev.errors import ConfigError
from sobolev.networks import MLP, PowerLaw
from sobolev.optimisers import LevenbergMarquardt
from sobolev.weighting import Unweighted

NAMES = ("ln a", "ln b", "t")


def rates():
    """q = a² (1 + b) e^t over ten decades, its logarithm with slopes, and q₂ = b."""
    rng = np.random.default_rng(0)
    x = rng.uniform([-23, -23, -1], [0, 0, 1], (60, 3))
    x[:20, 1] = rng.uniform(-2, 0, 20)
    b = np.exp(x[:, 1])
    y = np.stack([2 * x[:, 0] + np.log1p(b) + x[:, 2], x[:, 1]], axis=1)
    slopes = np.zeros((60, 2, 3))
    slopes[:, 0] = np.stack([np.full(60, 2.0), b / (1 + b), np.ones(60)], axis=1)
    slopes[:, 1, 1] = 1
    return Dataset(x, y, slopes, inputs=NAMES, outputs=("ln q1", "ln q2"))


def test_orders_hold_beyond_the_decades_they_are_learnt_in():
    data = rates()
    made = PowerLaw(MLP((3,)), powers=((("ln a", 2),), (("ln b", 1),)))
    found = fit(
        Surrogate.new(data, made), data, epochs=40, records=1, check=False,
        optimiser=LevenbergMarquardt(), weighting=Unweighted(),
    ).surrogate  # fmt: skip
    far = np.array([-40.0, -40.0, 0.5])
    y, slopes = found.derivatives(far)
    assert y == pytest.approx([-79.5, -40.0], abs=0.05)
    assert slopes == pytest.approx(np.array([[2.0, 0.0, 1.0], [0.0, 1.0, 0.0]]), abs=0.05)
    assert abs(slopes[0, 1]) < 1e-12  # no power of b in the first, and there is none of it there
    learnt = Surrogate.new(data, PowerLaw(MLP((3,))))
    learnt = fit(
        learnt, data, epochs=40, records=1, check=False, optimiser=LevenbergMarquardt(),
        weighting=Unweighted(),
    ).surrogate  # fmt: skip
    assert learnt.jacobian(far) == pytest.approx(np.array([[2, 0, 1], [0, 1, 0]]), abs=0.05)
    assert found.jacobian([-5.0, 0.0, 0.0])[0, 1] == pytest.approx(0.5, abs=0.05)


def test_what_is_wrong_is_told_in_one_sentence():
    data = rates()
    with pytest.raises(ConfigError, match="PowerLaw lies around an architecture"):
        PowerLaw((3,))  # type: ignore
    with pytest.raises(ConfigError, match="powers are pairs of an input and an exponent for each"):
        PowerLaw(MLP((3,)), powers=("ln a",))  # type: ignore
    with pytest.raises(ConfigError, match="powers for 1 outputs, but there are 2"):
        Surrogate.new(data, PowerLaw(MLP((3,)), powers=((("ln a", 2),),)))
    with pytest.raises(ConfigError, match="there is no input 'c'"):
        Surrogate.new(data, PowerLaw(MLP((3,)), ("c",)))
    with pytest.raises(ConfigError, match="inputs that are logarithms: name some of x0, x1"):
        PowerLaw(MLP((3,))).within(networks.Frame.plain(2, 1))
    plain = PowerLaw(MLP((3,))).build(2, 1, jax.random.key(0))
    assert jax.eval_shape(plain, np.ones(2)).shape == (1,)
