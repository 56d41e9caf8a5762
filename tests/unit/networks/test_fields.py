"""Fields on a periodic grid: the layers by their formulas, and what a shift changes."""

import equinox as eqx
import jax
import numpy as np
import pytest

from sobolev import Dataset, Surrogate
from sobolev.errors import ConfigError
from sobolev.networks import LocalGlobalNetwork, SpectralNetwork, check_activation, relu
from sobolev.networks.families.dense import Dense
from sobolev.networks.families.fields.local_convolution import Convolution, Difference
from sobolev.networks.families.fields.spectral_convolution import SpectralConvolution

N = 8
RNG = np.random.default_rng(3)
H = RNG.normal(size=(N, 2))
MADE = [
    SpectralNetwork(3, 2, 3, fields=(2, 1)),
    LocalGlobalNetwork(3, 2, 3, fields=(2, 1), pairs=2, kernel=3),
]


@pytest.mark.parametrize("points", [N, 7])
def test_a_spectral_convolution_is_a_matrix_for_each_of_the_first_waves(points):
    w, h = RNG.normal(size=(5, 2, 2)), RNG.normal(size=(points, 2))
    layer = SpectralConvolution(w)
    R = np.concatenate([w[:1] + 0j, w[1:3] + 1j * w[3:]])
    waves = np.zeros((points // 2 + 1, 2), complex)
    waves[:3] = np.einsum("koi,ki->ko", R, np.fft.rfft(h, axis=0)[:3])
    known = np.fft.irfft(waves, points, axis=0)
    np.testing.assert_allclose(eqx.filter_jit(layer)(h), known, atol=1e-13 * np.abs(known).max())


def test_a_convolution_goes_around_the_circle():
    w, b = RNG.normal(size=(3, 6)), RNG.normal(size=3)
    found = eqx.filter_jit(Convolution(Dense(w, b)))(H)
    parts = zip(np.split(w, 3, axis=1), (-1, 0, 1), strict=True)
    known = b + sum(np.roll(H, -s, axis=0) @ part.T for part, s in parts)
    np.testing.assert_allclose(found, known, atol=1e-13)


def test_a_difference_is_a_kernel_of_sum_zero():
    w = RNG.normal(size=(3, 4))
    layer = eqx.filter_jit(Difference(w))
    left, right = np.split(w, 2, axis=1)
    kernel = zip((left, -left - right, right), (-1, 0, 1), strict=True)
    known = sum(np.roll(H, -s, axis=0) @ part.T for part, s in kernel)
    np.testing.assert_allclose(layer(H), known, atol=1e-13)
    assert np.array_equal(layer(np.full((N, 2), 1.7)), np.zeros((N, 3)))


def of_fields(rows: int = 6) -> Dataset:
    """Two fields of different size to one, at each point another range."""
    x = RNG.normal(size=(rows, 2 * N)) * np.repeat([1.0, 50.0], N) + np.repeat([0.0, 300.0], N)
    y = 1e-3 * RNG.normal(size=(rows, N)) + 7.0
    return Dataset(x, y)


@pytest.mark.parametrize("made", MADE, ids=repr)
def test_a_shifted_field_gives_the_shifted_one_whatever_the_scaling(made):
    data = of_fields()
    surrogate = Surrogate.new(data, made, key=1)
    assert np.ptp(surrogate.scaling.y_scale) > 0  # which differs from point to point
    shifted = np.roll(data.x.reshape(-1, 2, N), 3, axis=2).reshape(data.x.shape)
    (y, jacobian), (far, moved) = (surrogate.derivatives(x, 1) for x in (data.x, shifted))
    assert np.ptp(y) > 1e-4
    np.testing.assert_allclose(far, np.roll(y, 3, axis=1), rtol=0, atol=1e-12 * np.abs(y).max())
    back = np.roll(jacobian.reshape(-1, N, 2, N), (3, 3), axis=(1, 3)).reshape(jacobian.shape)
    np.testing.assert_allclose(moved, back, rtol=0, atol=1e-12 * np.abs(jacobian).max())


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: SpectralNetwork(0), "channels must be a whole number ≥ 1: got 0"),
        (lambda: SpectralNetwork(modes=0), "modes must be a whole number ≥ 1: got 0"),
        (lambda: SpectralNetwork(fields=(1,)), "fields are two numbers"),
        (lambda: SpectralNetwork(fields=3), "fields are two numbers.*got 3"),
        (lambda: SpectralNetwork(activation="gelu"), "activation = 'gelu' is a str"),
        (lambda: LocalGlobalNetwork(kernel=2), "its size is odd: got 2"),
        (lambda: LocalGlobalNetwork(pairs=0), "pairs must be a whole number ≥ 1: got 0"),
        (lambda: MADE[0].build(5, 2, jax.random.key(0)), "2·n and 1·n: got 5 inputs and 2 outputs"),
        (lambda: MADE[0].build(8, 8, jax.random.key(0)), "got 8 inputs and 8 outputs"),
    ],
)
def test_what_is_no_network_of_fields_is_refused(make, words):
    with pytest.raises(ConfigError, match=words):
        make()


def test_slopes_ask_for_a_smooth_activation():
    check_activation(SpectralNetwork(activation=relu), 0)
    with pytest.raises(ConfigError, match="'relu' cannot be trained on derivatives"):
        check_activation(SpectralNetwork(activation=relu), 1)
