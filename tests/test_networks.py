import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import MLP, ConfigError, networks
from sobolev.networks import ACTIVATIONS

predict = eqx.filter_jit(networks.predict)

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
}
ROWS = np.random.default_rng(3).uniform(-2, 2, (5, 3))


def network(hidden, activation, outputs=2):
    made = MLP(3, hidden, outputs, key=jax.random.key(1), activation=activation)
    biases = np.random.default_rng(0).normal(size=(len(made.layers), 32))
    layers = tuple(
        type(layer)(layer.weight, jnp.asarray(bias[: len(layer.bias)]))
        for layer, bias in zip(made.layers, biases, strict=True)
    )
    object.__setattr__(made, "layers", layers)  # biases that are not zero
    return made


def by_hand(made, x):
    """The network in NumPy, for one row that may be complex."""
    for layer in made.layers[:-1]:
        x = SIGMA[made.activation][0](np.asarray(layer.weight) @ x + np.asarray(layer.bias))
    return np.asarray(made.layers[-1].weight) @ x + np.asarray(made.layers[-1].bias)


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


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(5, 3), (5, 4, 3)])
def test_derivatives_equal_complex_steps(activation, hidden):
    made = network(hidden, activation)
    y, jacobian, hessian = predict(made, jnp.asarray(ROWS), 2)[:3]
    step = 1e-5
    for n, x in enumerate(ROWS):
        np.testing.assert_allclose(y[n], by_hand(made, x), rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(jacobian[n], complex_step(made, x), rtol=1e-13, atol=1e-14)
        differences = [
            (complex_step(made, x + step * e) - complex_step(made, x - step * e)) / (2 * step)
            for e in np.eye(3)
        ]
        np.testing.assert_allclose(hessian[n], np.stack(differences, -1), atol=1e-9)


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
    made = MLP(2, hidden, 1, key=jax.random.key(0))
    assert sum(leaf.size for leaf in jax.tree.leaves(made)) == count
    assert (made.inputs, made.hidden, made.outputs) == (2, hidden, 1)


def test_glorot_bounds_are_reached_and_kept():
    made = MLP(40, (60, 50), 30, key=jax.random.key(0))
    for layer in made.layers:
        out, into = layer.weight.shape
        bound = np.sqrt(6 / (into + out))
        assert 0.99 * bound < np.abs(layer.weight).max() <= bound
        assert abs(np.var(layer.weight) / (bound**2 / 3) - 1) < 0.05  # uniform
        assert abs(np.mean(layer.weight)) < 0.03 * bound
        assert not np.any(layer.bias)


def test_the_key_decides_and_the_layers_differ():
    same, again, other = (MLP(3, (3, 3), 3, key=jax.random.key(k)) for k in (0, 0, 1))
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
        MLP(inputs, hidden, outputs, key=jax.random.key(0))


@pytest.mark.parametrize("activation", ["relu", "Tanh", "", None])
def test_an_activation_that_is_not_smooth_is_refused(activation):
    with pytest.raises(ConfigError, match="tanh, softplus, sin"):
        MLP(2, (3,), 1, key=jax.random.key(0), activation=activation)
