"""What data do not decide is said, kept and marked: constant inputs and responses, levels."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from helpers import jacobians, net, table, values

import sobolev as sb
from sobolev import Box, Dataset, Surrogate, evaluate, fit
from sobolev.data.undetermined import undetermined
from sobolev.errors import ConfigError, DataError
from sobolev.losses import Equation, Group, Labelled, Loss
from sobolev.optimisers import Adam
from sobolev.training.notes import Kind
from sobolev.weighting import InverseEnergy

BATCH = Adam(5e-3, 4)
TRAIN = table()
AT = TRAIN.x * [1, 0] + [0, 2.0]
FLAT = replace(TRAIN, x=AT, y=values(AT)[:, :1], jacobian=jacobians(AT)[:, :1])
EVERYTHING = [("y", (0,)), ("jacobian", (0, 0)), ("jacobian", (0, 1))]


def trained(data, epochs=2, **how):
    return fit(net(data), data, optimiser=BATCH, epochs=epochs, check=False, **how)


@pytest.mark.parametrize(
    "entries, constant, names",
    [
        (EVERYTHING, (), ()),
        (EVERYTHING[:1], (), ()),
        (EVERYTHING[:1], (1,), ("du/db",)),
        (EVERYTHING[1:], (), ("u",)),
        (EVERYTHING[1:2], (), ("u", "du/db")),
        (EVERYTHING, (0, 1), ()),
        ([("jvp", (0, 0))], (), ("u",)),
        ([("vjp", (0, 0)), ("vjp", (0, 1))], (), ("u",)),
        ([("hessian", (0, 0, 1))], (), ("u", "du/da", "du/db")),
    ],
)
def test_what_no_label_decides(entries, constant, names):
    assert undetermined(("a", "b"), ("u",), constant, entries) == names


def test_slopes_by_an_input_that_never_varies_are_learnt():
    fitted = trained(FLAT, 200)
    (note,) = fitted.notes
    assert note.kind is Kind.INFORMATION and "input 'b' is 2 in every row" in str(note)
    assert fitted.surrogate.undetermined == ()
    by_b = fitted.surrogate.jacobian(FLAT.x)[:, 0, 1] - FLAT.jacobian[:, 0, 1]
    assert np.sqrt(np.mean(by_b**2)) < 0.3 * FLAT.jacobian[:, 0, 1].std()
    beside = FLAT.x + np.array([0, 0.1])
    assert fitted.surrogate.inside(FLAT.x).all() and not fitted.surrogate.inside(beside).any()


def test_of_a_block_alone_the_same_is_said():
    start = net(FLAT)
    fitted = fit(start, Labelled.of(FLAT, start.scaling), optimiser=BATCH, epochs=2, check=False)
    assert [str(note) for note in fitted.notes] == [str(note) for note in trained(FLAT).notes]


def test_without_slopes_by_it_that_is_said_and_kept(tmp_path):
    fitted = trained(replace(FLAT, jacobian=None))
    assert fitted.surrogate.undetermined == ("du/db",)
    assert any("no label decides 'du/db'" in str(n) and n.alarming for n in fitted.notes)
    again = sb.load(fitted.surrogate.save(tmp_path / "m.npz"))
    assert (again.undetermined, again.scaling.constant) == (("du/db",), (1,))


def test_a_constant_response_of_several_stops_nothing():
    both = table(outputs=2)
    same = replace(both, y=np.c_[both.y[:, :1], np.full(12, 5.0)], jacobian=None)
    fitted = trained(same, 300)
    assert any("response 'v' is 5 in every row" in str(note) for note in fitted.notes)
    np.testing.assert_allclose(fitted.surrogate.value(same.x)[:, 1], 5, rtol=0.05)
    assert sb.GEK.of(same).value(same.x)[:, 1] == pytest.approx(5, rel=1e-6)


def test_the_level_of_a_value_without_values_is_said_by_everybody(tmp_path):
    slopes = replace(TRAIN, y=np.full_like(TRAIN.y, np.nan))
    fitted = trained(slopes)
    (note,) = fitted.notes
    assert note.kind is Kind.UNDETERMINED and "without any value of 'u'" in str(note)
    assert note.alarming and "up to an unknown constant" in str(note)
    again = sb.load(fitted.surrogate.save(tmp_path / "m.npz"))
    assert again.undetermined == ("u",)
    assert str(note) in str(evaluate(again, TRAIN)) and evaluate(again, TRAIN).notes == (str(note),)
    assert evaluate(trained(TRAIN).surrogate, TRAIN).notes == ()
    kriging = sb.GEK.of(slopes)
    assert kriging.undetermined == ("u",)
    assert sb.load(kriging.save(tmp_path / "k.npz")).undetermined == ("u",)


def test_what_is_trained_on_decides_not_what_the_data_have():
    by_slopes = sb.SobolevLoss.of(TRAIN, kinds=("jacobian",))
    start = trained(TRAIN, loss=by_slopes).surrogate
    assert start.undetermined == ("u",)
    assert fit(start, TRAIN, optimiser=BATCH, epochs=1).surrogate.undetermined == ()


def decay(u, x):
    """u_b + u."""
    return jax.jacfwd(u)(x)[0, 1] + u(x)[0]


BOX = Box(("a", "b"), (-1.0, 0.0), (2.0, 10.0))
START = Dataset(TRAIN.x * [1, 0], np.zeros((12, 1)), inputs=("a", "b"), outputs=("u",))


def test_initial_values_and_an_equation_are_a_problem():
    surrogate = Surrogate.new(START, sb.networks.MLP((4,)), box=BOX)
    assert surrogate.box.upper[1] == 10
    fitted = fit(surrogate, [START, Equation("decay", decay, TRAIN.x)], epochs=2, optimiser=BATCH)
    assert fitted.notes == () and fitted.surrogate.undetermined == ()
    some = replace(START, y=TRAIN.y)
    blind = fit(net(some), [some, Equation("decay", decay, TRAIN.x)], epochs=1, optimiser=BATCH)
    (note,) = blind.notes
    assert "input 'b' is 0 in every labelled row" in str(note) and "box=Box" in str(note)


def test_a_homogeneous_condition_is_not_switched_off_by_an_equation_with_large_labels():
    scaling = Surrogate.new(START, box=BOX).scaling
    zero, some = (Labelled.of(replace(START, y=y), scaling) for y in (START.y, 3 + 0 * START.y))
    some = eqx_renamed(some, "u, elsewhere")
    equation = Equation("decay", decay, TRAIN.x, labels=250.0)
    still = Equation(("balance", "still"), lambda u, x: u(x)[0] * np.ones(2), TRAIN.x, labels=0.0)
    loss = Loss((zero, equation, still))
    np.testing.assert_allclose(loss.signals(loss.batches()), [0.5, 31250, 0.5, 0.5])
    w = InverseEnergy().init(loss.signals(loss.batches()))
    assert w[0] == pytest.approx(31250 / 0.5 * w[1])
    both = Loss((zero, equation, some))
    np.testing.assert_allclose(both.signals(both.batches()), [4.5, 31250, 4.5])
    assert loss.energies(loss.batches())[0] == 0


def test_an_energy_is_floored_among_those_of_labels_only():
    """A tiny label is noise beside others; values beside an equation of another size are not."""
    scaling = net(TRAIN).scaling
    tiny = replace(TRAIN, jacobian=TRAIN.jacobian * [1, 1e-5])
    block = Labelled.of(tiny, scaling)
    equation = Equation("decay", decay, TRAIN.x, labels=1e9)
    loss = Loss((block, equation))
    energies, signals = (f(loss.batches()) for f in (loss.energies, loss.signals))
    largest = energies[:3].max()
    assert energies[2] < 1e-7 * largest
    np.testing.assert_allclose(signals, [*energies[:2], 1e-6 * largest, energies[3]], rtol=1e-12)
    w = InverseEnergy().init(signals)
    np.testing.assert_allclose(w * signals, w[0] * signals[0], rtol=1e-12)


def eqx_renamed(block, name):
    (term,) = block.loss.terms
    return Labelled(replace(block.loss, terms=(replace(term, name=name),)), block.labels)


def test_rows_may_be_groups_with_a_weight_each():
    start, ends = Group.split(TRAIN, np.where(TRAIN.x[:, 1] < 0.5, "start", "ends"))[::-1]
    names = {start.name, ends.name}
    assert names == {"start", "ends"} and len(start.data) + len(ends.data) == len(TRAIN)
    groups = [start, ends]
    fitted = fit(net(TRAIN), groups, optimiser=BATCH, epochs=2, weighting=InverseEnergy())
    terms = [f"{term}, {group.name}" for group in groups for term in ("u", "du/da", "du/db")]
    assert list(fitted.history.terms) == terms
    plain = sb.SobolevLoss.of(TRAIN, 0)
    only = fit(net(TRAIN), groups, optimiser=BATCH, epochs=1, loss=plain)
    trained_on = only.history.weight[-1] > 0
    assert [t for t, on in zip(terms, trained_on, strict=True) if on] == [terms[0], terms[3]]


def test_groups_that_cannot_be_are_refused():
    with pytest.raises(ConfigError, match=r"Group\(name, data\) for each"):
        fit(net(TRAIN), [TRAIN, TRAIN], optimiser=BATCH, epochs=1)
    with pytest.raises(DataError, match="name of a group for each of 12 rows: got none"):
        Group.split(TRAIN)
    with pytest.raises(ConfigError, match="needs a name"):
        Group("", TRAIN)
    with pytest.raises(DataError, match="needs a Dataset"):
        Group("start", TRAIN.x)
    slopes = Group("slopes", replace(TRAIN, y=np.full_like(TRAIN.y, np.nan)))
    with pytest.raises(ConfigError, match="the group 'slopes' has no labels of any term"):
        fit(net(TRAIN), slopes, optimiser=BATCH, epochs=1, loss=sb.SobolevLoss.of(TRAIN, 0))
