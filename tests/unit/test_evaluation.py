"""Against numbers worked out by hand: a network whose output is exactly known."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import in_units, net, table, with_gaps

from sobolev import Dataset, evaluate
from sobolev.data import Scaling
from sobolev.errors import DataError
from sobolev.losses import SobolevLoss

# ŷ = 9 + 4 (W tanh(0) + c) = 9 + 4c: a constant, slope 0. The shift 9 is that of the training
# data, not the mean 10 of these.
DATA = Dataset(
    x=[[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [1.0, 10.0]],
    y=[[8.0], [14.0], [10.0], [8.0]],
    jacobian=[[[3.0, 0.1]], [[-3.0, 0.1]], [[3.0, -0.1]], [[3.0, 0.3]]],
    inputs=("a", "b"),
    outputs=("u",),
)
SCALING = Scaling(np.array([1.0, 5.0]), np.array([1.0, 5.0]), np.array([9.0]), np.array([4.0]))


def constant(c):
    surrogate = net(DATA, (3,))
    network = jax.tree.map(jnp.zeros_like, surrogate.network)
    last = network.layers[-1]
    object.__setattr__(last, "bias", jnp.array([c]))
    return replace(surrogate, network=network, scaling=SCALING)


def test_errors_by_hand():
    """ŷ = 12: errors 4, −2, 2, 4; labels about the shift 9: −1, 5, 1, −1."""
    found = evaluate(constant(0.75), DATA)
    value, along_a, along_b = found.terms
    assert (value.name, along_a.name, along_b.name) == ("u", "du/da", "du/db")
    assert value.rmse == pytest.approx(np.sqrt((16 + 4 + 4 + 16) / 4), rel=1e-15)
    assert value.relative == pytest.approx(np.sqrt(40 / 28), rel=1e-15)
    assert value.largest == 4 and value.rows == 4
    assert along_a.rmse == 3 and along_a.relative == 1 and along_a.largest == 3
    assert along_b.rmse == pytest.approx(np.sqrt(0.12 / 4), rel=1e-15)
    assert along_b.relative == 1 and along_b.largest == 0.3
    # scaled: values by 1/4, slopes along a by 1/4, along b by 5/4
    errors = 10 / 16 + 9 / 16 + 0.03 * 25 / 16
    energies = 7 / 16 + 9 / 16 + 0.03 * 25 / 16
    assert found.relative_h1 == pytest.approx(np.sqrt(errors / energies), rel=1e-15)


def test_the_mean_has_relative_error_one():
    found = evaluate(constant(0.0), DATA)
    assert [term.relative for term in found.terms] == [1, 1, 1]
    assert found.relative_h1 == 1


def test_absent_labels_are_not_counted():
    y = DATA.y.copy()
    y[0] = np.nan
    jacobian = DATA.jacobian.copy()
    jacobian[1:, 0, 1] = np.nan
    value, along_a, along_b = evaluate(constant(0.75), replace(DATA, y=y, jacobian=jacobian)).terms
    assert (value.rows, along_a.rows, along_b.rows) == (3, 4, 1)
    assert value.rmse == pytest.approx(np.sqrt(24 / 3), rel=1e-15)
    assert along_b.rmse == pytest.approx(0.1, rel=1e-15)


def test_only_what_is_labelled_is_compared():
    values = evaluate(constant(0.75), replace(DATA, jacobian=None))
    assert [term.name for term in values.terms] == ["u"]
    assert values.relative_h1 == pytest.approx(np.sqrt(40 / 28), rel=1e-15)
    slopes = evaluate(constant(0.75), replace(DATA, y=np.full((4, 1), np.nan)))
    assert [term.name for term in slopes.terms] == ["du/da", "du/db"]
    assert slopes.relative_h1 == 1


def test_second_derivatives_are_shown_but_not_part_of_h1():
    hessian = np.zeros((4, 1, 2, 2))
    hessian[:, 0, 0, 1] = hessian[:, 0, 1, 0] = 2.0
    found = evaluate(constant(0.75), replace(DATA, hessian=hessian))
    mixed = {term.name: term for term in found.terms}["d2u/dadb"]
    assert mixed.rmse == 2 and mixed.relative == 1
    assert found.relative_h1 == evaluate(constant(0.75), DATA).relative_h1


@pytest.mark.parametrize("c, relative", [(0.0, 0.0), (0.75, np.inf)])
def test_labels_without_any_size(c, relative):
    """A response that equals the training mean everywhere: right, or infinitely wrong."""
    flat = Dataset(DATA.x, np.full((4, 1), 9.0), inputs=("a", "b"), outputs=("u",))
    found = evaluate(constant(c), flat)
    assert found.terms[0].relative == relative and found.relative_h1 == relative


def test_errors_of_two_responses_equal_those_of_numpy():
    data = with_gaps(table(outputs=2, order=2))
    surrogate = net(data)
    parts = surrogate.derivatives(data.x, 2)
    found = evaluate(surrogate, data)
    assert len(found.terms) == 12
    hessian = data.hessian  # symmetric: what one half does not know, the other may
    hessian = np.where(np.isnan(hessian), hessian.swapaxes(2, 3), hessian)
    labels = {"": data.y, "d": data.jacobian, "d2": hessian}
    for term in found.terms:
        order = 2 if term.name.startswith("d2") else 1 if term.name.startswith("d") else 0
        u, *xs = term.name.removeprefix("d2").removeprefix("d").replace("/", "").split("d")
        index = (slice(None), "uv".index(u), *("ab".index(x) for x in xs))
        error = parts[order][index] - list(labels.values())[order][index]
        assert term.rmse == pytest.approx(np.sqrt(np.nanmean(error**2)), rel=1e-13)
        assert term.largest == pytest.approx(np.nanmax(np.abs(error)), rel=1e-15)
        assert term.rows == np.isfinite(error).sum()


def test_products_with_directions_are_compared_too():
    """Each against the same products of the surrogate's own derivatives, row by row."""
    rng, full = np.random.default_rng(2), table(outputs=2, order=2)
    v, w = rng.normal(size=(12, 3, 2)), rng.normal(size=(12, 2, 2))
    known = {"jvp": rng.normal(size=(12, 2, 3)), "vjp": rng.normal(size=(12, 2, 2)),
             "hvp": rng.normal(size=(12, 2, 3, 2))}  # fmt: skip
    data = replace(full, jacobian=None, hessian=None, directions=v, cotangents=w, **known)
    surrogate = net(data)
    _, jacobian, hessian = surrogate.derivatives(data.x, 2)
    by_hand = {
        "jvp": [jacobian[n] @ v[n].T for n in range(12)],
        "vjp": [w[n] @ jacobian[n] for n in range(12)],
        "hvp": [[(hessian[n, q] @ v[n].T).T for q in range(2)] for n in range(12)],
    }
    found = {term.name: term.rmse for term in evaluate(surrogate, data).terms}
    for term in SobolevLoss.of(data).terms[2:]:
        errors = [
            (np.array(by_hand[entry.kind]) - known[entry.kind])[:, *entry.index]
            for entry in term.entries
        ]
        assert found[term.name] == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=1e-12)


def test_relative_errors_do_not_depend_on_the_units():
    data = table(outputs=2)
    other = in_units(data, [1e3, 2e-2], [5.0, 1e-4], [2e3, 1.0], [0.0, 3e-4])
    ours, theirs = evaluate(net(data), data), evaluate(net(other), other)
    np.testing.assert_allclose(theirs.relative_h1, ours.relative_h1, rtol=1e-10)
    for a, b in zip(ours.terms, theirs.terms, strict=True):
        np.testing.assert_allclose(b.relative, a.relative, rtol=1e-9)
    assert theirs.terms[0].rmse == pytest.approx(5 * ours.terms[0].rmse, rel=1e-10)


def test_printed_it_is_a_table():
    lines = str(evaluate(constant(0.75), DATA)).splitlines()
    assert lines[0].split() == ["term", "RMSE", "relative", "largest", "rows"]
    assert lines[1].split() == ["u", "3.1623e+00", "119.523%", "4.0000e+00", "4"]
    assert len(lines) == 5 and lines[-1].startswith("relative H1 error 108.58")
    assert len({len(line) for line in lines[:-1]}) == 1


@pytest.mark.parametrize("what, names", [("inputs", ("b", "a")), ("outputs", ("w",))])
def test_other_names_are_refused(what, names):
    with pytest.raises(DataError, match=f"the surrogate has the {what}"):
        evaluate(constant(0.75), replace(DATA, **{what: names}))
