"""Equations are measured where they are not trained: recorded, chosen and stopped by, warned of."""

from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box, Stop, Surrogate, fit
from sobolev.errors import ConfigError, EquationWarning
from sobolev.losses import Equation, Loss, Uniform, View
from sobolev.networks import MLP, Constants, tanh
from sobolev.optimisers import (
    Adam,
    BayesianRegularisation,
    FirstOrder,
    LevenbergMarquardt,
    RatioGaussNewton,
    random_streams,
)
from sobolev.training.loop.judged import judged
from sobolev.training.notes import Kind
from sobolev.training.outcome import Outcome
from sobolev.training.preparation.elsewhere import notes_on_points_outside

BOX = Box(("t",), (0.0,), (2.0,))
NET = Surrogate.on(BOX, "u", MLP((6,), activation=tanh))
FEW, MANY = np.linspace(0, 2, 5)[:, None], np.linspace(0, 2, 40)[:, None]
HOW = {"optimiser": LevenbergMarquardt(), "epochs": 60, "records": 60}


def start(value=1.0):
    return Equation("start", lambda u, t: u(t)[0], np.zeros((1, 1)), labels=value, order=0)


class Wave(eqx.Module):
    """u' + u − a cos 6t: of another a nothing is compiled anew."""

    a: jax.Array

    def __call__(self, u, t):
        return jax.jacfwd(u)(t)[0, 0] + u(t)[0] - self.a * jnp.cos(6 * t[0])


def equation(points, labels=0.0, a=1.0):
    return Equation("wave", Wave(jnp.asarray(a)), points, labels, order=1)


def test_the_loss_at_points_never_trained_on_is_recorded():
    for points in (FEW, Uniform(BOX, 5, every=2)):
        block = equation(points)
        fitted = fit(
            NET, [start(), block], seed=3, stop=Stop(keep_best=False), **HOW | {"epochs": 2}
        )
        view = View.of(fitted.surrogate)
        x = block.elsewhere(random_streams.elsewhere(1), view).x
        r = block.raw_residuals(view, block.elsewhere(random_streams.elsewhere(1), view))
        history = fitted.history
        assert np.isnan(history.fresh_loss[:, 0]).all() and history.fresh_loss.shape == (3, 2)
        assert history.fresh_loss[-1, 1] == pytest.approx(0.5 * float(jnp.mean(r**2)), rel=1e-10)
        assert fitted.fresh_residual == pytest.approx(float(jnp.mean(r**2)), rel=1e-10)
        # Midpoints of five even points, others of the box.
        assert np.abs(np.asarray(x) - FEW.T).min() > 1e-3


def test_too_few_points_are_told():
    """Nineteen parameters meet the equation at five points, and not between them."""
    with pytest.warns(EquationWarning, match="times that at its own: it was met there and not"):
        few = fit(NET, [start(), equation(FEW)], **HOW)
    (note,) = (note for note in few.notes if note.alarming)
    assert note.kind is Kind.OVERFITTED and "'wave'" in str(note) and "Uniform(box" in str(note)
    ratio = few.history.fresh_loss[-1, 1] / few.history.loss[-1, 1]
    assert ratio > 1e3 and f"{ratio:.3g} times" in str(note)
    many = fit(NET, [start(), equation(MANY)], **HOW)
    assert not many.notes and 0 < many.fresh_residual < 10 * 2 * many.history.loss[-1, 1]


def test_the_best_record_is_chosen_and_patience_looks_away_from_the_points():
    growing = FirstOrder(Adam().transform, lambda step: jnp.where(step < 40, 1e-2, 0.3))
    how = {"optimiser": growing, "epochs": 60, "records": 20}
    best = fit(NET, [start(), equation(FEW)], **how)
    history = best.history
    away = (
        history.weight[0, 0] * history.loss[:, 0] + history.weight[0, 1] * history.fresh_loss[:, 1]
    )
    at = int(np.argmin(away))
    assert at < len(away) - 1 and best.best_epoch == history.epoch[at]
    assert best.fresh_residual == pytest.approx(2 * history.fresh_loss[at, 1])
    ended = fit(NET, [start(), equation(FEW)], stop=Stop(patience=9), **how)
    done = len(ended.history.epoch)
    assert ended.best_epoch == history.epoch[np.argmin(away[:done])] == history.epoch[done - 1] - 9
    assert ended.result.startswith("stopped early: the loss at points it is not trained on has")
    timed = fit(NET, [start(), equation(FEW)], stop=Stop(cpu_seconds=0.0), **how)
    assert timed.result == "stopped after 0.0 CPU s of training, at epoch 0" and timed.good


def record(**changes):
    """What is looked at when records are judged, of three terms."""
    nan = np.full(3, np.nan)
    plain = {"valid_error": np.array(np.nan), "fresh_loss": nan, "loss": np.array([4.0, 2.0, 1.0])}
    return SimpleNamespace(**{**plain, "weight": np.array([1.0, 3.0, 0.0]), **changes})


def test_by_what_a_record_is_judged():
    """The error where it is known, else the residual away from the points, and the conditions."""
    first, fresh = record(), np.array([np.nan, 5.0, np.nan])
    later = record(fresh_loss=fresh, weight=np.array([9.0, 9.0, 9.0]))
    assert np.isnan(judged(record(), first))
    assert judged(later, first) == 4.0 + 3.0 * 5.0
    assert judged(record(fresh_loss=fresh, valid_error=np.array(0.1)), first) == 0.1
    assert np.isnan(judged(record(fresh_loss=fresh, loss=first.loss * np.nan), first))


def test_where_nothing_can_be_measured_that_is_said_and_nothing_chosen():
    block = equation(MANY, np.zeros(40))
    fitted = fit(NET, [start(), block], **HOW)
    (note,) = fitted.notes
    assert note.kind is Kind.INFORMATION and "on its own points alone" in str(note)
    assert np.isnan(fitted.history.fresh_loss).all() and np.isnan(fitted.fresh_residual)
    assert fitted.best_epoch == fitted.history.epoch[-1]
    with pytest.raises(ConfigError, match="patience=3 looks at the validation error, or at equat"):
        fit(NET, [start(), block], stop=Stop(patience=3), **HOW)
    with pytest.raises(ConfigError, match="patience=3 looks"):  # the evidence chooses
        how = HOW | {"optimiser": BayesianRegularisation()}
        fit(NET, [start(), equation(MANY)], stop=Stop(patience=3), **how)
    with pytest.raises(ConfigError, match="cpu_seconds"):
        Stop(cpu_seconds=-1.0)


def test_a_solution_that_is_the_same_everywhere_is_told():
    """With nothing that pushes it, u' + u = 0 from 0 is 0."""
    with pytest.warns(EquationWarning, match="u = 0, and meets every equation"):
        fitted = fit(NET, [start(0.0), equation(MANY, a=0.0)], **HOW)
    (note,) = fitted.notes
    assert note.kind is Kind.TRIVIAL and "add a condition" in str(note)


def test_an_equation_that_is_no_number_is_told_with_a_place():
    """log t at t = 0 is met first by the second of the points."""
    singular = Equation("log", lambda u, t: u(t)[0] - jnp.log(t[0] - 0.6), FEW, order=0)
    with pytest.warns(EquationWarning, match="'log' is not a number before the first step, at t"):
        fitted = fit(NET, [start(), singular], **HOW)
    (note,) = (note for note in fitted.notes if note.alarming)
    assert note.kind is Kind.NOT_FINITE and "at t = 0 and in all at 2 of 5 points" in str(note)


def test_an_equation_in_other_units_than_its_scale_is_told():
    large = Equation("wave", lambda u, t: 1e6 * (u(t)[0] - t[0]), MANY, order=0)
    fitted = fit(NET, large, **HOW | {"epochs": 1})
    (note,) = fitted.notes
    assert note.kind is Kind.UNMET and "'wave' is not met: its residual is" in str(note)
    with pytest.warns(EquationWarning, match="'wave' is not met: its residual is 5 times its"):
        hopeless = Equation("wave", lambda u, t: 5.0 + 0 * u(t)[0], MANY, order=0)
        how = HOW | {"optimiser": RatioGaussNewton()}
        assert fit(NET, hopeless, **how).outcome is Outcome.CONVERGED


def test_outputs_that_nothing_depends_on_are_told():
    free = Equation("free", lambda u, t: u(t)[0] - t[0], MANY, order=0)
    plain = MLP((4,), activation=tanh)
    for network in (plain, Constants(plain, ("c",))):
        with pytest.warns(EquationWarning, match="'c' is as it was before .* no equation and no l"):
            fitted = fit(Surrogate.on(BOX, ("u", "c"), network), free, **HOW | {"epochs": 2})
        assert [n.kind for n in fitted.notes if n.alarming] == [Kind.UNDETERMINED]


def test_points_in_another_unit_are_told():
    """Minutes where the surrogate is made for hours."""
    far = [equation(FEW * 60), equation(Uniform(Box(("t",), (0.0,), (120.0,)), 5))]
    drawn = far[1].elsewhere(random_streams.elsewhere(0), None)
    for block, measured in zip(far, (None, drawn), strict=True):
        with pytest.warns(EquationWarning, match="'wave' reach t = .*, and the surrogate is made"):
            (note,) = notes_on_points_outside(Loss((block,)), (measured,), NET)
        assert note.kind is Kind.OUTSIDE and "for 0 to 2: give it the box" in str(note)
    near = equation(np.array([[-0.9], [2.9]]))
    assert notes_on_points_outside(Loss((start(), near)), (), NET) == ()
