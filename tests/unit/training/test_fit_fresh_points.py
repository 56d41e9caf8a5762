"""Points that are drawn anew in a training, and trainings without any data."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

import sobolev as sb
from sobolev import Box, Checkpoint, Dataset, Surrogate, fit
from sobolev.errors import DataError
from sobolev.losses import Adaptive, Equation, Uniform
from sobolev.networks import MLP, tanh
from sobolev.optimisers import Adam, LevenbergMarquardt, Optimiser, SSBroyden, random_streams
from sobolev.training.loop import epochs

BOX = Box(("t",), (0.0,), (2.0,))
NET = Surrogate.on(BOX, "u", MLP((6,), activation=tanh), output_scale=0.5)
START = Equation("start", lambda u, t: u(t)[0], np.zeros((1, 1)), labels=1.0, order=0)


def decay(u, t):
    """u' + u, whose solution from 1 is exp(−t)."""
    return jax.jacfwd(u)(t)[0, 0] + u(t)[0]


def equation(points):
    return Equation("decay", decay, points, order=1)


def along(block, optimiser, many, monkeypatch):
    """The points after each epoch, `[epochs, n]`, and the losses recorded there."""
    seen = []

    def kept(task, optimiser, state, count, advance=epochs.advance):
        state = advance(task, optimiser, state, jnp.asarray(1))
        seen.append(state)
        return state

    monkeypatch.setattr(epochs, "advance", kept)
    fitted = fit(NET, [START, block], optimiser=optimiser, epochs=many, records=many, seed=5)
    return np.array([s.drawn[1].x[:, 0] for s in seen]), fitted, seen


def by_hand(step, count):
    """The draw of step k for block 1, from the key and the count alone."""
    key = jax.random.fold_in(random_streams.points(jax.random.key(5), jnp.asarray(step)), 1)
    return 2.0 * jax.random.uniform(key, (count, 1), jnp.float64)[:, 0]


def test_first_order_steps_draw_them_after_as_many_steps_as_asked(monkeypatch):
    for every in (1, 3):
        block = equation(Uniform(BOX, 5, every))
        x, *_ = along(block, Adam(1e-3, None), 7, monkeypatch)
        known = [by_hand(step - step % every, 5) for step in range(7)]
        np.testing.assert_allclose(x, known, rtol=1e-14)
        monkeypatch.undo()


@pytest.mark.filterwarnings("ignore:.* points it was not trained on")
def test_levenberg_marquardt_draws_them_before_each_trial(monkeypatch):
    block = equation(Uniform(BOX, 5))
    x, *_ = along(block, LevenbergMarquardt(), 4, monkeypatch)
    np.testing.assert_allclose(x, [by_hand(step, 5) for step in range(4)], rtol=1e-14)


def test_a_quasi_newton_optimiser_keeps_them_while_it_holds(monkeypatch):
    """The step after the draw looks only: θ stays, the loss there is that on the new points."""
    block = equation(Uniform(BOX, 5))
    x, _, states = along(block, SSBroyden(hold=4), 9, monkeypatch)
    np.testing.assert_allclose(x, [by_hand(4 * (k // 4), 5) for k in range(9)], rtol=1e-14)
    moved = [np.any(a.θ != b.θ) for a, b in pairwise(states)]
    assert moved == [True, True, True, False, True, True, True, False]  # epochs 2 to 9


def test_the_history_is_of_the_points_that_were_drawn_last(monkeypatch):
    block = equation(Uniform(BOX, 5))
    x, fitted, states = along(block, Adam(1e-3, None), 3, monkeypatch)
    u = fitted.surrogate.as_function()
    r = jax.vmap(lambda t: decay(u, t))(jnp.asarray(x[-1])[:, None])
    np.testing.assert_allclose(fitted.history.loss[-1, 1], 0.5 * np.mean(r**2), rtol=1e-10)
    assert states[-1].drawn[0] is None


def test_mini_batches_have_all_fresh_points_in_every_step():
    data = Dataset(np.linspace(0, 2, 12)[:, None], np.exp(-np.linspace(0, 2, 12))[:, None])
    data = Dataset(data.x, data.y, inputs=("t",), outputs=("u",))
    fitted = fit(
        NET, [data, equation(Uniform(BOX, 50))], optimiser=Adam(1e-2, batch_size=4), epochs=2,
        records=1,
    )  # fmt: skip
    assert fitted.history.step[-1] == 6 and fitted.good


class Enough(Exception):
    pass


@pytest.mark.parametrize("points", [Uniform(BOX, 6, every=2), Adaptive(BOX, 6, every=3)], ids=str)
def test_a_training_that_was_left_goes_on_to_the_same_bits(tmp_path, points):
    how = {"optimiser": Adam(1e-2, None), "epochs": 7, "records": [2, 5]}
    blocks = [START, equation(points)]
    whole, kept = fit(NET, blocks, **how), Checkpoint(tmp_path / "c.npz", 0)

    def leave(progress):
        raise Enough

    with pytest.raises(Enough):
        fit(NET, blocks, checkpoint=kept, progress=leave, **how)
    resumed = fit(NET, blocks, checkpoint=kept, **how)
    np.testing.assert_array_equal(resumed.history.fresh_loss, whole.history.fresh_loss)
    assert np.isfinite(whole.history.fresh_loss[:, 1]).all()
    np.testing.assert_array_equal(
        ravel_pytree(resumed.surrogate.network)[0], ravel_pytree(whole.surrogate.network)[0]
    )
    wider = Box(("t",), (0.0,), (3.0,))
    for block, words in (
        (Equation("decay", lambda u, t: u(t)[0], points, order=1), "the loss differs"),
        (equation(type(points)(wider, 6, points.every)), "the training data differs"),
    ):
        with pytest.raises(DataError, match=f"of another training: .*{words}"):
            fit(NET, [START, block], checkpoint=kept, **how)


OPTIMISERS: dict[str, Optimiser | None] = {
    "Adam": Adam(3e-2, None), "LM": LevenbergMarquardt(), "SSBroyden": SSBroyden(), "chosen": None,
}  # fmt: skip


@pytest.mark.parametrize("name", OPTIMISERS)
def test_an_equation_and_its_start_are_learnt_without_any_data(name):
    t = np.linspace(0, 2, 9)[:, None]
    unseen = Dataset(t, np.exp(-t), inputs=("t",), outputs=("u",))
    fitted = fit(
        NET, [START, equation(Uniform(BOX, 40))], unseen, optimiser=OPTIMISERS[name], epochs=500,
        records=10, weighting=sb.weighting.Fixed(lambda e: jnp.array([10.0, 1.0])),
    )  # fmt: skip
    assert fitted.good and fitted.history.terms == ("start", "decay")
    assert np.abs(fitted.surrogate.value(t) - np.exp(-t)).max() < (3e-2 if name == "Adam" else 1e-3)
    # Validation data have terms of their own: their error is told, those of the equations are not.
    assert np.isnan(fitted.history.valid_loss).all()
    assert fitted.history.valid_error.min() < 0.05


def test_the_streams_of_a_training_are_different_ones():
    key, n = jax.random.key(3), jnp.arange(50)
    kinds = (
        random_streams.shuffle,
        random_streams.sketch,
        random_streams.points,
        random_streams.estimator,
    )
    keys = [jax.vmap(lambda k, s=stream: jax.random.key_data(s(key, k)))(n) for stream in kinds]
    assert len(np.unique(np.concatenate(keys), axis=0)) == 200
