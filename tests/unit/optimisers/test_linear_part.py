"""The last layer by least squares, alone and in every step."""

from dataclasses import dataclass
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import table

from sobolev import Surrogate, fit, networks
from sobolev.errors import ConfigError
from sobolev.losses import Equation, Labelled, Loss
from sobolev.losses.view import ScalingArrays
from sobolev.networks import MLP, Periodic
from sobolev.networks.last_layer import places_of_last_layer
from sobolev.networks.parameters import flatten, unflatten_on_host
from sobolev.optimisers import LastLayer, LevenbergMarquardt, Task, VariableProjection
from sobolev.optimisers.least_squares.linear_part import Projection
from sobolev.optimisers.linearisation import linearised, stacked
from sobolev.weighting import Unweighted

DATA = table(15)
X = np.random.default_rng(3).uniform([-1, 0], [2, 1], (9, 2))


def laplace(u, x):
    return jnp.trace(jax.hessian(lambda p: u(p)[0])(x)) + 0.3 * u(x)[0]


def square(u, x):
    return laplace(u, x) + u(x)[0] ** 2


MADE = MLP((7,), activation=networks.tanh)


def true(x):
    a, b = x
    return jnp.stack([jnp.sin(1.3 * a) + a * b**2])


LINEAR, CURVED = (
    Equation("equation", f, X, jax.vmap(lambda x, f=f: f(true, x))(X), scale=2.0)
    for f in (laplace, square)
)


def trained(optimiser, epochs, equation=LINEAR):
    return fit(
        Surrogate.new(DATA, MADE, key=2), [DATA, equation], optimiser=optimiser, epochs=epochs,
        weighting=Unweighted(), check=False,
    )  # fmt: skip


@eqx.filter_jit
def _columns(network, scaling, equation):
    loss = Loss((Labelled.of(DATA, scaling), equation))
    task = Task(network, loss, Unweighted(), jax.random.key(0), ScalingArrays.of(scaling))
    here = linearised(task, flatten(network), task.loss.batches())
    return stacked(task, here, jnp.ones(len(loss.names)))


def columns(surrogate, equation=LINEAR, network=None):
    """r and J of values, slopes and an equation at the parameters of a surrogate."""
    scaling = surrogate.scaling
    network = surrogate.network if network is None else network
    return map(np.asarray, _columns(network, scaling, equation))


def test_one_epoch_is_the_least_squares_answer_of_values_slopes_and_a_linear_equation():
    start = Surrogate.new(DATA, MADE, key=2)
    places = places_of_last_layer(start.network)
    r, J = columns(start)
    least = r - J[:, places] @ np.linalg.lstsq(J[:, places], r, rcond=1e-8)[0]
    found = trained(LastLayer(), 3)
    np.testing.assert_allclose(found.history.loss[-1].sum(), least @ least / 2, rtol=1e-9)
    left, J = columns(found.surrogate)
    assert np.abs(J[:, places].T @ left).max() < 1e-8 * np.abs(r).max()
    θ, before = flatten(found.surrogate.network), flatten(start.network)
    others = np.setdiff1d(np.arange(len(θ)), places)
    np.testing.assert_array_equal(θ[others], before[others])
    assert found.outcome.name == "CONVERGED"


def test_a_nonlinear_equation_takes_steps_that_never_rise_and_end():
    found = trained(LastLayer(), 12, CURVED)
    total = found.history.loss.sum(axis=1)
    assert np.all(np.diff(total) <= 0) and total[-1] < 0.4 * total[0]
    left, J = columns(found.surrogate, CURVED)
    gradient = J[:, places_of_last_layer(found.surrogate.network)].T @ left
    assert np.abs(gradient).max() < 1e-2 * np.abs(left).max()


projection = eqx.filter_jit(Projection.of)


def test_projected_steps_go_down_the_loss_that_is_left():
    """B̃ᵀr̃ is the gradient of min over c of the loss, by differences of that."""
    start = trained(LastLayer(1e-12), 2).surrogate
    places = places_of_last_layer(start.network)
    r, J = columns(start)
    others = np.setdiff1d(np.arange(J.shape[1]), places)
    off, left = projection(np.asarray(J[:, places]), 1e-12), eqx.filter_jit(Projection.left)
    parts = (left(off, np.asarray(part)) for part in (J[:, others], r))
    gradient = np.transpose(next(parts)) @ np.asarray(next(parts))
    direction = np.random.default_rng(0).standard_normal(len(others))

    def least(step):
        θ = np.array(flatten(start.network))
        θ[others] += step * direction
        r, J = columns(start, network=unflatten_on_host(start.network, θ))
        r = r - J[:, places] @ np.linalg.lstsq(J[:, places], r, rcond=1e-12)[0]
        return r @ r / 2

    slope = (least(1e-5) - least(-1e-5)) / 2e-5
    assert gradient @ direction == pytest.approx(slope, rel=1e-6)


def test_in_every_step_it_ends_lower_than_damped_steps_alone():
    projected = trained(VariableProjection(1.0), 30).history.loss.sum(axis=1)
    plain = trained(LevenbergMarquardt(), 30).history.loss.sum(axis=1)
    assert np.all(np.diff(projected) <= 0)
    assert projected[-1] < 0.5 * plain[-1]


def test_what_has_no_digits_is_cut():
    A = np.random.default_rng(1).standard_normal((20, 4)) * np.array([1.0, 1e5, 1e-4, 1.0])
    A = np.c_[A, A[:, :1] + 1e-13]
    r = np.random.default_rng(2).standard_normal(20)
    found, solved = projection(A, 1e-8), eqx.filter_jit(Projection.solved)
    assert np.sum(np.any(np.asarray(found.basis) != 0, axis=0)) == 4
    known = np.linalg.lstsq(np.asarray(A[:, :4]), -np.asarray(r), rcond=None)[0]
    c = np.asarray(solved(found, r))
    np.testing.assert_allclose(A @ c, A[:, :4] @ known, atol=1e-9)
    np.testing.assert_allclose(c[[0, 4]], known[0] / 2, rtol=1e-6)  # the least of all
    ranges = np.asarray(A[:, :4]) / np.linalg.norm(A[:, :4], axis=0)
    assert np.abs(ranges.T @ np.asarray(eqx.filter_jit(Projection.left)(found, r))).max() < 1e-12
    nothing = projection(np.zeros((5, 2)), 1e-8)
    assert not np.asarray(solved(nothing, np.ones(5))).any()


@dataclass(frozen=True)
class Own(networks.Architecture):
    name: ClassVar[str] = "without-last-layer"

    def build(self, inputs, outputs, key):
        return eqx.nn.MLP(inputs, outputs, 3, 1, key=key)


@pytest.mark.parametrize("optimiser", [LastLayer(), VariableProjection()])
@pytest.mark.parametrize("made", [Own(), Periodic(Own(), {"a": 3.0})])
def test_a_network_that_says_no_last_layer_is_refused(optimiser, made):
    with pytest.raises(ConfigError, match=r"an? MLP says no last layer.*networks\.WithLastLayer"):
        fit(Surrogate.new(DATA, made), DATA, optimiser=optimiser, epochs=1, check=False)
