"""Outputs that are unknown constants: the same everywhere, in physical units, trained with it."""

from dataclasses import replace

import equinox as eqx
import jax
import numpy as np
import pytest

from sobolev import Box, Dataset, Surrogate, fit
from sobolev.errors import ConfigError, DataError
from sobolev.losses import Equation
from sobolev.networks import MLP, Affine, Constants, Face, HardBoundary, tanh
from sobolev.optimisers import LevenbergMarquardt

BOX = Box(("t",), (0.0,), (2.0,))
T = np.linspace(0, 2, 12)[:, None]
SMALL = MLP((6,), activation=tanh)


def decay(u, t):
    """u' = −k u, of outputs (k, u)."""
    return jax.jacfwd(u)(t)[1, 0] + u(t)[0] * u(t)[1]


EQUATION = Equation("decay", decay, np.linspace(0, 2, 30)[:, None], order=1)


@pytest.mark.parametrize(
    "start, positive", [(3.0, True), (3.0, False), (0.0, False), (-2.0, False)]
)
def test_they_start_where_they_should_in_any_unit(start, positive):
    for scale, shift in ((1.0, 0.0), (1e-2, 5.0)):
        made = Constants(SMALL, ("k",), start, positive)
        net = Surrogate.on(BOX, ("k", "u"), made, output_scale=(scale, 1), output_shift=(shift, 0))
        k, slopes, curves = net.derivatives(T, 2)
        np.testing.assert_allclose(k[:, 0], start, atol=1e-12)
        assert not slopes[:, 0].any() and not curves[:, 0].any() and slopes[:, 1].all()
        moved = eqx.tree_at(lambda n: n.constants, net.network, np.array([-0.5]))
        size = abs(start) if start else scale
        known = start * np.exp(-0.5) if positive else start - 0.5 * size
        found = replace(net, network=moved).derivatives(T, 2)[0]
        np.testing.assert_allclose(found[:, 0], known, atol=1e-13)


def test_a_constant_of_an_equation_is_found_from_data_of_the_other_outputs():
    """u = exp(−0.7 t); whatever lies around or inside, the constant is one number."""
    data = Dataset(T, np.exp(-0.7 * T), inputs=("t",), outputs=("u",))
    start = (Face("t", 0.0),), Affine(1.0)
    inside = Constants(HardBoundary(SMALL, *start), ("k",), 0.1, positive=True)
    around = HardBoundary(Constants(SMALL, ("k",), 0.1), *start, outputs=("u",))
    for made in (inside, around):
        net = Surrogate.on(BOX, ("k", "u"), made)
        fitted = fit(net, [data, EQUATION], data, optimiser=LevenbergMarquardt(), epochs=60)
        y, slopes = fitted.surrogate.derivatives(T, 1)
        np.testing.assert_allclose(y[:, 0], 0.7, rtol=2e-3)
        assert np.ptp(y[:, 0]) == 0 and not slopes[:, 0].any()
        np.testing.assert_allclose(y[:, 1], data.y[:, 0], atol=1e-3)
        assert fitted.history.terms == ("u", "decay")
        assert fitted.history.valid_error[-1] < 1e-3


def test_data_of_some_outputs_alone_are_refused():
    """Nothing would know of the constant: an output was rather forgotten."""
    data = Dataset(T, np.exp(-T), inputs=("t",), outputs=("u",))
    net = Surrogate.on(BOX, ("k", "u"), Constants(SMALL, ("k",)))
    with pytest.raises(DataError, match=r"outputs \('u',\), the surrogate has .*'k', 'u'"):
        fit(net, data)
    other = Dataset(T, np.exp(-T), inputs=("t",), outputs=("v",))
    with pytest.raises(DataError, match=r"outputs \('v',\)"):
        fit(net, [other, EQUATION])


@pytest.mark.parametrize(
    "made, words",
    [
        (lambda: Constants("MLP", ("k",)), "lies around an architecture"),
        (lambda: Constants(SMALL), "the outputs that are constant, each once"),
        (lambda: Constants(SMALL, ("k", "k")), "each once"),
        (lambda: Constants(SMALL, ("k",), (1.0, 2.0)), "one for each of 1 constants"),
        (lambda: Constants(SMALL, ("k",), np.nan), "one finite number"),
        (lambda: Constants(SMALL, ("k",), 0.0, positive=True), "stays positive starts so"),
        (lambda: Surrogate.on(BOX, ("k",), Constants(SMALL, ("k",))), "at least one output beside"),
        (lambda: Surrogate.on(BOX, ("k", "u"), Constants(SMALL, ("c",))), "no output 'c'"),
        (lambda: Surrogate.on(BOX, [*"abc"], Constants(SMALL, ("a", 0))), "an output is one const"),
    ],
)  # fmt: skip
def test_what_is_no_constant_is_refused(made, words):
    with pytest.raises(ConfigError, match=words):
        made()
