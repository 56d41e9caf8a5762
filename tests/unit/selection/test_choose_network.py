"""Which network: compared on rows held out, with the code of the training after it."""

import numpy as np
import pytest

import sobolev as sb
from sobolev.selection import choose_network as choose
from sobolev.selection.held_out import without
from sobolev.training.loop import epochs


def waves(n, seed=0):
    """Three periods in each of two directions: hopeless for few swish units of 60 rows."""
    x = np.random.default_rng(seed).uniform(-1, 1, (n, 2))
    y = np.cos(3 * np.pi * x).sum(axis=1, keepdims=True)
    return sb.Dataset(x, y, -3 * np.pi * np.sin(3 * np.pi * x)[:, None])


def hill(n, seed=0):
    x = np.random.default_rng(seed).uniform(-1, 1, (n, 2))
    y = np.exp(x @ [1.0, 0.5])[:, None]
    return sb.Dataset(x, y, y[..., None] * np.array([1.0, 0.5]))


@pytest.mark.parametrize("data, periodic", [(waves, True), (hill, False)])
def test_the_network_that_is_right_about_unseen_rows_is_taken(data, periodic):
    surrogate, why = sb.choose_network(data(60), draws=1)
    assert bool(surrogate.network.waves.sum()) == periodic
    assert why.startswith("swish and 50% periodic units" if periodic else "swish units")
    assert "in 12 rows held out" in why


def trained(surrogate, data):
    how = {"epochs": 300, "weighting": sb.weighting.Unweighted(), "check": False}
    return sb.fit(surrogate, data, **how).surrogate


def test_the_choice_is_worth_it_in_rows_that_nobody_saw():
    test, other = waves(500, 1), sb.Surrogate.new(waves(60), sb.networks.MixedMLP(periodic=0))
    chosen, _ = sb.choose_network(waves(60), draws=1)
    errors = [sb.evaluate(trained(s, waves(60)), test).relative_h1 for s in (chosen, other)]
    assert errors[0] < 0.2 * errors[1]


def test_a_row_is_either_trained_on_or_judged(monkeypatch):
    seen = []

    def spy(start, train, valid, **how):
        seen.append((train, valid))
        return sb.fit(start, train, valid, **how)

    monkeypatch.setattr(choose, "fit", spy)
    sb.choose_network(hill(50), draws=1, epochs=1)
    assert len(seen) == 2
    for train, valid in seen:
        trained, judged = (~np.isnan(d.jacobian[:, 0, 0]) for d in (train, valid))
        assert judged.sum() == 10 and np.all(trained != judged)
        np.testing.assert_array_equal(trained, ~np.isnan(train.y[:, 0]))


def test_rows_are_hidden_with_every_kind_of_label():
    x = np.zeros((4, 2))
    data = sb.Dataset(
        x, np.ones((4, 1)), hessian=np.ones((4, 1, 2, 2)), jvp=np.ones((4, 1, 1)),
        directions=np.ones((4, 1, 2)),
    )  # fmt: skip
    hidden = without(data, np.array([1, 3]))
    for kind, labels in hidden.labels().items():
        assert np.all(np.isnan(labels[[1, 3]])), kind
        np.testing.assert_array_equal(labels[[0, 2]], data.labels()[kind][[0, 2]])


def test_the_training_after_the_trials_compiles_nothing_large():
    data = hill(40)
    surrogate, _ = sb.choose_network(data, epochs=2)
    functions = epochs.start, epochs.advance, epochs._on_little
    before = [f.programs() for f in functions]
    sb.fit(surrogate, data, epochs=2, check=False)
    assert [f.programs() for f in functions] == before


def test_few_rows_and_many():
    surrogate, why = sb.choose_network(hill(9))
    assert not surrogate.network.waves.any() and "9 rows are too few" in why
    _, why = sb.choose_network(hill(450), hidden=(4,), draws=1, epochs=1)
    assert "in 80 rows held out" in why


def test_the_same_key_chooses_the_same_bits():
    pairs = [sb.choose_network(hill(20), hidden=(4,), key=3, draws=1, epochs=3) for _ in range(2)]
    for layers in zip(*(p[0].network.layers for p in pairs), strict=True):
        np.testing.assert_array_equal(layers[0].weight, layers[1].weight)
    assert pairs[0][1] == pairs[1][1]


def test_what_cannot_be_is_refused():
    with pytest.raises(sb.errors.ConfigError, match="draws must be a whole number ≥ 1: got 0"):
        sb.choose_network(hill(20), draws=0)
    with pytest.raises(sb.errors.ConfigError, match="widths"):
        sb.choose_network(hill(20), hidden=(0,))
