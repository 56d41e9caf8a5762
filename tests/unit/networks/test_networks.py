import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import table

from sobolev import SobolevLoss, Surrogate, fit, networks
from sobolev.errors import ConfigError
from sobolev.networks import ACTIVATIONS, ARCHITECTURES, MLP
from sobolev.networks.families.fourier import FourierModule
from sobolev.networks.families.gaussian import GaussianMLP
from sobolev.networks.families.mixed import MixedModule
from sobolev.networks.families.modified_mlp import ModifiedModule
from sobolev.networks.families.residual import ResidualModule
from sobolev.networks.families.sine import SineModule
from sobolev.networks.registry import fields_of, of_strings
from sobolev.optimisers import FirstOrder

predict = eqx.filter_jit(networks.predict)

LOGISTIC = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
# GELU in its tanh form: z/2 (1 + tanh u), u = √(2/π) (z + 0.044715 z³)
INNER = lambda z: np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)  # noqa: E731
SLOPE = lambda z: np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * z**2)  # noqa: E731
BUMP = lambda z: 1 - np.tanh(INNER(z)) ** 2  # noqa: E731
CURVE = np.sqrt(2 / np.pi) * 6 * 0.044715
# σ, σ′, σ″ written a second time, in NumPy and good for complex numbers
SIGMA = {
    "tanh": (
        np.tanh,
        lambda z: 1 - np.tanh(z) ** 2,
        lambda z: -2 * np.tanh(z) * (1 - np.tanh(z) ** 2),
    ),
    "softplus": (
        lambda z: np.log(1 + np.exp(z)),
        lambda z: 1 / (1 + np.exp(-z)),
        lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
    ),
    "sin": (np.sin, np.cos, lambda z: -np.sin(z)),
    "swish": (
        lambda z: z * LOGISTIC(z),
        lambda z: LOGISTIC(z) * (1 + z * LOGISTIC(-z)),
        lambda z: LOGISTIC(z) * LOGISTIC(-z) * (2 + z * (LOGISTIC(-z) - LOGISTIC(z))),
    ),
    "gelu": (
        lambda z: z / 2 * (1 + np.tanh(INNER(z))),
        lambda z: (1 + np.tanh(INNER(z))) / 2 + z / 2 * BUMP(z) * SLOPE(z),
        lambda z: (
            BUMP(z) * (SLOPE(z) + z / 2 * (CURVE * z - 2 * np.tanh(INNER(z)) * SLOPE(z) ** 2))
        ),
    ),
    "relu": (lambda z: np.where(z.real > 0, z, 0), lambda z: 1.0 * (z > 0), lambda z: 0 * z),
}
ROWS = np.random.default_rng(3).uniform(-2, 2, (5, 3))


def built(kind, inputs, hidden, outputs, key=1, **settings):
    architecture = of_strings(kind, hidden=hidden, **settings)
    return architecture.build(inputs, outputs, jax.random.key(key))


def network(hidden, activation="tanh", outputs=2, kind="mlp"):
    settings = {"activation": activation} if "activation" in fields_of(kind) else {}
    made = built(kind, 3, hidden, outputs, **settings)
    rng = np.random.default_rng(0)  # biases that are not zero
    return jax.tree.map(
        lambda leaf: (
            jnp.asarray(rng.normal(size=leaf.shape))
            if leaf.ndim == 1 and leaf.dtype == float
            else leaf
        ),
        made,
    )


def affine(layer, x):
    return np.asarray(layer.weight) @ x + np.asarray(layer.bias)


def by_hand(made, x):
    """The network in NumPy, for one row that may be complex."""
    if isinstance(made, SineModule):
        σ = lambda z: np.sin(made.frequency * z)  # noqa: E731
    elif isinstance(made, GaussianMLP):
        return gaussian_by_hand(made, x)
    elif isinstance(made, MixedModule):
        return mixed_by_hand(made, x)
    else:
        σ = SIGMA[made.activation.name][0]
    *hidden, last = made.layers
    if isinstance(made, ModifiedModule):
        u, v = (σ(affine(gate, x)) for gate in made.gates)
        for layer in hidden:
            z = σ(affine(layer, x))
            x = (1 - z) * u + z * v
    elif isinstance(made, ResidualModule):
        x = σ(affine(hidden[0], x))
        for layer in hidden[1:]:
            x = x + σ(affine(layer, x))
    else:
        if isinstance(made, FourierModule):
            phase = 2 * np.pi * np.array(made.frequencies) @ x
            x = np.concatenate([np.cos(phase), np.sin(phase)])
        for layer in hidden:
            x = σ(affine(layer, x))
    return affine(last, x)


def mixed_by_hand(made, x):
    *hidden, last = made.layers
    for layer, waves in zip(hidden, np.asarray(made.waves), strict=True):
        z = affine(layer, x)
        x = np.concatenate(
            [z[:waves] + np.sin(z[:waves]) ** 2, z[waves:] / (1 + np.exp(-z[waves:]))]
        )
    return affine(last, x)


def gaussian_by_hand(made, x):
    """By the Cholesky factors of the precisions."""
    sums = jax.tree.map(np.asarray, made.sums)
    T = np.zeros((*sums.centres.shape, len(x))) + np.eye(len(x))
    if sums.below.shape[-1]:
        T[..., *np.tril_indices(len(x), -1)] = sums.below
    L = T / np.exp(sums.log_widths)[..., None]
    off = x - sums.centres
    φ = np.exp(-0.5 * np.einsum("fki,fkij,fklj,fkl->fk", off, L, L, off))
    x = (sums.weights * φ).sum(axis=1)
    *hidden, last = made.layers
    for layer in hidden:
        x = SIGMA[made.activation.name][0](affine(layer, x))
    return affine(last, x)


def complex_step(made, x):
    columns = [by_hand(made, x + 1e-30j * e).imag / 1e-30 for e in np.eye(len(x))]
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_one_hidden_layer_has_the_closed_form(activation):
    made = network((6,), activation)
    first, last = (np.asarray(layer.weight) for layer in made.layers)
    z = ROWS @ first.T + np.asarray(made.layers[0].bias)
    σ, slope, bend = SIGMA[activation]
    expected = (
        σ(z) @ last.T + np.asarray(made.layers[1].bias),
        np.einsum("qh,nh,hi->nqi", last, slope(z), first),
        np.einsum("qh,nh,hi,hj->nqij", last, bend(z), first, first),
    )
    for computed, known in zip(predict(made, jnp.asarray(ROWS), 2)[:3], expected, strict=True):
        np.testing.assert_allclose(computed, known, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(
    "hidden, activation, kind",
    [
        *[((5, 3), activation, "mlp") for activation in ACTIVATIONS],
        ((5, 4, 3), "tanh", "mlp"),
        *[((4, 4, 4), "swish", kind) for kind in ARCHITECTURES if kind != "mlp"],
    ],
)
def test_derivatives_equal_complex_steps(hidden, activation, kind):
    made = network(hidden, activation, kind=kind)
    y, jacobian, hessian = map(np.asarray, predict(made, ROWS, 2)[:3])
    step = 1e-5
    for n, x in enumerate(ROWS):
        np.testing.assert_allclose(y[n], by_hand(made, x), rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(jacobian[n], complex_step(made, x), rtol=1e-13, atol=1e-14)
        differences = [
            (complex_step(made, x + step * e) - complex_step(made, x - step * e)) / (2 * step)
            for e in np.eye(3)
        ]
        size = np.abs(hessian[n]).max()
        np.testing.assert_allclose(hessian[n], np.stack(differences, -1), atol=1e-9 * (1 + size))


@pytest.mark.parametrize("order", [0, 1, 2])
def test_only_the_orders_asked_for_are_there(order):
    made = network((4,), "tanh")
    full, part = predict(made, jnp.asarray(ROWS), 2), predict(made, jnp.asarray(ROWS), order)
    for number, (f, p) in enumerate(zip(full, part, strict=True)):
        if number > order:
            assert p is None
        else:
            np.testing.assert_allclose(p, f, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("hidden, count", [((5, 3, 3), 49), ((10, 5, 5, 3), 137), ((1,), 5)])
def test_the_number_of_parameters(hidden, count):
    made = MLP(hidden).build(2, 1, jax.random.key(0))
    assert sum(leaf.size for leaf in jax.tree.leaves(made)) == count
    assert (made.inputs, made.hidden, made.outputs) == (2, hidden, 1)


def test_glorot_bounds_are_reached_and_kept():
    made = MLP((60, 50)).build(40, 30, jax.random.key(0))
    for layer in made.layers:
        weight = np.asarray(layer.weight)
        bound = np.sqrt(6 / sum(weight.shape))
        assert 0.99 * bound < np.abs(weight).max() <= bound
        assert abs(np.var(weight) / (bound**2 / 3) - 1) < 0.05  # uniform
        assert abs(np.mean(weight)) < 0.03 * bound
        assert not np.asarray(layer.bias).any()


def test_the_key_decides_and_the_layers_differ():
    same, again, other = (MLP((3, 3)).build(3, 3, jax.random.key(k)) for k in (0, 0, 1))
    first, second, third = (np.asarray(layer.weight) for layer in same.layers)
    np.testing.assert_array_equal(first, again.layers[0].weight)
    assert np.all(first != np.asarray(other.layers[0].weight))
    assert np.all(first != second) and np.all(second != third)


@pytest.mark.parametrize(
    "inputs, hidden, outputs",
    [
        *[(2, hidden, 1) for hidden in [(), (3, 0), (-1,), (2.5,), ("3",), 5, "53"]],
        *[(0, (3,), 1), (2, (3,), 0)],
    ],
)
def test_an_impossible_architecture_is_refused(inputs, hidden, outputs):
    with pytest.raises(ConfigError, match="width"):
        MLP(hidden).build(inputs, outputs, jax.random.key(0))


@pytest.mark.parametrize("activation", ["Tanh", "step", "", None])
def test_an_unknown_activation_is_refused(activation):
    with pytest.raises(ConfigError, match="tanh, softplus, sin, swish, gelu, relu"):
        of_strings("mlp", activation=activation)
    with pytest.raises(ConfigError, match="give a value of Activation"):
        MLP(activation=activation)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_derivatives_ask_for_a_smooth_activation(activation, order):
    """Refused exactly where σ⁽ᵒ⁺¹⁾ vanishes almost everywhere."""
    made = network((3,), activation)
    if order == 0 or np.any(SIGMA[activation][2](np.array([-0.7, 0.4]))):
        networks.check_activation(made, order)
    else:
        with pytest.raises(ConfigError, match=f"'relu'.*order {order}.*constant in pieces"):
            networks.check_activation(made, order)


def test_fit_refuses_relu_with_a_jacobian_but_not_with_values_alone():
    data = table(6)
    surrogate = Surrogate.mlp(data, (3,), activation=networks.relu)
    with pytest.raises(ConfigError, match="'relu' cannot be trained on derivatives"):
        fit(surrogate, data, epochs=1)
    assert fit(surrogate, data, loss=SobolevLoss.of(data, 0), epochs=1).good


def test_a_network_without_a_named_activation_is_not_judged():
    networks.check_activation(network((3,), kind="sine"), 2)
    networks.check_activation(lambda x: x, 2)


# --- families


@pytest.mark.parametrize(
    "kind, count",
    [
        ("mlp", 41),
        ("mixed", 41),
        ("modified-mlp", 41 + 32),
        ("residual", 41),
        ("sine", 41),
        ("fourier", 157),
        ("gaussian", 4 * 4 * 7 + 25),
    ],
)
def test_the_number_of_parameters_of_a_family(kind, count):
    """16 + 20 + 5 parameters; two gates of 16; 32 waves, or 4 sums of 4 bumps, for 3 inputs."""
    made = built(kind, 3, (4, 4), 1)
    trained = eqx.filter(made, eqx.is_inexact_array)
    assert sum(leaf.size for leaf in jax.tree.leaves(trained)) == count


@pytest.mark.parametrize("kind", ["modified-mlp", "residual"])
def test_unequal_widths_are_refused_where_layers_are_added(kind):
    with pytest.raises(ConfigError, match=r"got \(5, 3\), give for instance \(5, 5\)"):
        built(kind, 2, (5, 3), 1)


@pytest.mark.parametrize(
    "kind, settings, sentence",
    [
        ("cnn", {}, "unknown network 'cnn'.*mlp, mixed, modified-mlp, fourier, residual, sine"),
        ("mlp", {"frequency": 2.0}, "frequency = 2.0 has no meaning.*activation, init"),
        ("sine", {"activation": "tanh"}, "activation = 'tanh' has no meaning.*frequency"),
        ("mlp", {"init": "he"}, "unknown initialisation 'he'.*glorot, glorot_normal, orthogonal"),
        ("mixed", {"periodic": 1.5}, "share of the units, from 0 to 1: got 1.5"),
        ("sine", {"frequency": 0.0}, "frequency of a sine network is > 0"),
        ("fourier", {"features": 0}, "features"),
        ("gaussian", {"features": 0}, "features = 0"),
        ("gaussian", {"width": 0.0}, "width > 0"),
        ("gaussian", {"narrowest": 0.1}, "below the first one, 0.1: got 0.1"),
        ("gaussian", {"covariance": "round"}, "covariance.*'round'.*diagonal, full"),
        ("fourier", {"frequency": float("nan")}, "frequency > 0"),
        ("fourier", {"frequencies": [[1.0]]}, r"\[features, 2\]"),
        ("fourier", {"frequencies": [[1.0, np.inf]]}, "finite"),
    ],
)
def test_settings_that_do_not_fit_are_refused(kind, settings, sentence):
    with pytest.raises(ConfigError, match=sentence):
        built(kind, 2, (3, 3), 1, **settings)


@pytest.mark.parametrize("kind", [kind for kind in ARCHITECTURES if "init" in fields_of(kind)])
def test_orthogonal_layers_are_orthogonal(kind):
    made = built(kind, 3, (5, 5), 2, key=2, init="orthogonal")
    for leaf in jax.tree.leaves(made.layers if kind == "gaussian" else made):
        if leaf.ndim == 1:
            assert not np.asarray(leaf).any()
        else:
            w = np.asarray(leaf)
            gram = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
            np.testing.assert_allclose(gram, np.eye(len(gram)), atol=1e-14)


def test_normal_weights_have_the_variance_of_the_uniform_ones():
    made = built("mlp", 30, (40,), 20, key=3, init="glorot_normal")
    for layer in made.layers:
        out, into = layer.weight.shape
        w = np.asarray(layer.weight).ravel() * np.sqrt((out + into) / 2)
        assert abs(w.std() - 1) < 4 / np.sqrt(2 * w.size) and abs(w.mean()) < 4 / np.sqrt(w.size)
        assert 3 < np.abs(w).max() < 6  # the uniform ones end at √3
        assert not np.asarray(layer.bias).any()


def test_orthogonal_layers_have_no_preferred_direction():
    """The plain Q of a Householder QR has a first entry that is never positive."""
    square = MLP((4,), init=networks.orthogonal)
    one = lambda key: square.build(4, 4, key).layers[0].weight  # noqa: E731
    drawn = np.asarray(jax.vmap(one)(jax.random.split(jax.random.key(0), 400)))
    means = drawn.mean(axis=0) * np.sqrt(400 * 4)  # each is about N(0, 1)
    assert np.abs(means).max() < 4  # 16 entries: exceeded by chance once in a thousand


def test_sine_weights_keep_their_bounds_and_the_law_of_the_activations():
    made = built("sine", 3, (200,) * 5, 1, frequency=30.0)
    bounds = [1 / 3, *[np.sqrt(6 / 200) / 30] * 5]
    for layer, bound in zip(made.layers, bounds, strict=True):
        assert 0.98 * bound < np.abs(layer.weight).max() <= bound
        into = layer.weight.shape[1]
        assert np.abs(layer.bias).max() <= 1 / np.sqrt(into)
    h = np.random.default_rng(0).uniform(-1, 1, (3, 300))
    for layer in made.layers[:-1]:
        h = np.sin(30 * (np.asarray(layer.weight) @ h + np.asarray(layer.bias)[:, None]))
        assert abs(np.var(h) - 0.5) < 0.05  # the arcsine law, at every depth


def test_fourier_frequencies_are_a_constant_that_no_optimiser_sees():
    data = table(12)
    one, other = (
        Surrogate.new(data, networks.FourierMLP((4,), features=5), key=key) for key in (0, 1)
    )
    assert one.network.frequencies == other.network.frequencies
    assert np.shape(one.network.frequencies) == (5, 2)
    assert jax.tree.structure(one.network) == jax.tree.structure(other.network)  # no recompilation
    decay = FirstOrder(optax.chain(optax.scale_by_adam(), optax.add_decayed_weights(0.5)), 1e-2)
    trained = fit(one, data, optimiser=decay, epochs=3).surrogate.network
    assert trained.frequencies == one.network.frequencies
    assert np.all(trained.layers[0].weight != one.network.layers[0].weight)


def test_fourier_frequencies_follow_their_law():
    made = built("fourier", 2, (3,), 1, features=2000, frequency=0.7)
    drawn = np.array(made.frequencies)
    assert abs(drawn.std() / 0.7 - 1) < 0.05 and abs(drawn.mean()) < 0.05
    seeded = built("fourier", 2, (3,), 1, features=2000, draw_seed=1)
    assert seeded.frequencies != made.frequencies
