"""A law out of values and slopes: coefficients, terms, intervals, beside PySINDy."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Dataset
from sobolev.dynamics import Explicit, Sampled, Trajectory
from sobolev.errors import ConfigError, DataError
from sobolev.identification import Library, Polynomials, identify

NAMES: dict[str, Any] = {"inputs": ("x", "v"), "outputs": ("dx/dt", "dv/dt")}
TRUE = np.zeros((2, 10))
TRUE[0, 2], TRUE[1, 1], TRUE[1, 2], TRUE[1, 6] = 1.0, -1.0, -0.1, -1.0


def labelled(n=64, noise=0.0, seed=0):
    """Duffing's rates and their slopes at states in [-2, 2]², with noise."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-2, 2, (n, 2))
    u, v = x.T
    y = np.stack([v, -0.1 * v - u - u**3], axis=1)
    slopes = np.zeros((n, 2, 2))
    slopes[:, 0, 1], slopes[:, 1, 0], slopes[:, 1, 1] = 1, -1 - 3 * u**2, -0.1
    y = y + noise * y.std(axis=0) * rng.standard_normal(y.shape)
    size = np.sqrt(np.mean(slopes**2, axis=0))
    return x, y, slopes + noise * size * rng.standard_normal(slopes.shape)


@pytest.fixture(scope="module")
def noisy():
    """Laws of 256 states with 5 % noise, without and with slopes."""
    x, y, slopes = labelled(256, 0.05, seed=1)
    rows = Dataset(x, y, **NAMES), Dataset(x, y, jacobian=slopes, **NAMES)
    return rows, [identify(data) for data in rows]


def test_terms_have_names_in_the_order_of_their_degree():
    names = Polynomials(3).names(("x", "v"))
    assert names == ("1", "x", "v", "x^2", "x v", "v^2", "x^3", "x^2 v", "x v^2", "v^3")
    at, slopes = Polynomials(2).at(np.array([[2.0, 3.0], [0.0, 0.0]]))
    assert at.tolist() == [[1, 2, 3, 4, 6, 9], [1, 0, 0, 0, 0, 0]]
    assert slopes[0].tolist() == [[0, 0], [1, 0], [0, 1], [4, 0], [3, 2], [0, 6]]
    assert slopes[1, 1:3].tolist() == [[1, 0], [0, 1]]


def test_slopes_alone_and_along_directions_say_the_same():
    x, y, slopes = labelled()
    v = np.tile(np.array([[1.0, 0.5], [-0.3, 1.0]]), (len(x), 1, 1))
    along = np.einsum("nqd,nkd->nqk", slopes, v)
    for labels in ({"y": y}, {"jacobian": slopes}, {"jvp": along, "directions": v}):
        law = identify(Dataset(x, **labels, **NAMES))
        assert law.coefficients == pytest.approx(TRUE, abs=1e-9)
        assert np.array_equal(law.coefficients != 0, TRUE != 0)


def test_slopes_bring_a_law_nearer_and_intervals_say_how_near(noisy):
    _, (of_values, of_both) = noisy
    for law in (of_values, of_both):
        assert np.array_equal(law.coefficients != 0, TRUE != 0)
        errors = np.abs(law.coefficients - TRUE)[TRUE != 0]
        assert (errors < 3 * law.deviations[TRUE != 0]).all()
    assert np.abs(of_both.coefficients / np.where(TRUE, TRUE, 1) - 1)[TRUE != 0].max() < 0.02
    ratio = of_both.deviations[TRUE != 0] / of_values.deviations[TRUE != 0]
    assert (ratio < 0.7).all() and ratio.min() < 0.1


def test_it_is_pysindy_where_there_are_no_slopes(noisy):
    ps = pytest.importorskip("pysindy", reason="PySINDy is not here: pip install pysindy")
    (data, _), (law, _) = noisy
    for q in range(2):
        threshold = 0.02 * np.linalg.norm(data.y[:, q])
        optimiser = ps.STLSQ(threshold=threshold, alpha=1e-3, normalize_columns=True)
        model = ps.SINDy(optimizer=optimiser, feature_library=ps.PolynomialLibrary(degree=3))
        found = model.fit(data.x, t=1.0, x_dot=data.y).coefficients()[q]
        assert law.coefficients[q] == pytest.approx(found, abs=1e-12)


def test_a_noisy_kind_of_label_counts_less():
    """Values that are wrong by their own size hardly move what exact slopes say."""
    x, y, slopes = labelled(128)
    y = y + y.std(axis=0) * np.random.default_rng(2).standard_normal(y.shape)
    law = identify(Dataset(x, y, jacobian=slopes, **NAMES), threshold=0.01)
    assert law.coefficients[:, 1:] == pytest.approx(TRUE[:, 1:], abs=1e-4)
    assert law.deviations[1, 0] > 100 * law.deviations[1, 1]  # the level is in the values alone


def test_intervals_by_groups_see_what_is_common_to_a_group():
    """Half of the noise is one number for each group: drawn groups tell, single rows do not."""
    x, y, _ = labelled(400)
    groups = np.repeat(np.arange(20), 20)
    common = np.random.default_rng(3).standard_normal(20)[groups]
    y = y + 0.5 * common[:, None]
    data = Dataset(x, y[:, :1], inputs=("x", "v"), outputs=("a",))
    rows, drawn = (identify(data, Polynomials(1), threshold=0, groups=g) for g in (None, groups))
    assert np.array_equal(rows.coefficients, drawn.coefficients)
    wider = drawn.deviations[0, 0] / rows.deviations[0, 0]
    assert 2.5 < wider < 8  # √20 = 4.5 for the level, which the groups share


def test_a_law_is_printed_and_moves_a_system(noisy):
    x, y, _ = labelled()
    law = identify(Dataset(x, y, **NAMES))
    assert str(noisy[1][1]).splitlines()[1].startswith("dv/dt = -1.0")
    assert [line.count("(") for line in str(noisy[1][1]).splitlines()] == [1, 3]
    system = law.system([2.0, 0.0])
    assert system.box.names == ("dx/dt: v", "dv/dt: x", "dv/dt: v", "dv/dt: x^3")
    path = Trajectory(system, Sampled([1.0]), Explicit(1e-8, 1e-10))
    found = path.value([1.0, -1.0, 0.0, 0.0])
    assert found == pytest.approx([2 * np.cos(1), -2 * np.sin(1)], rel=1e-6)


class Waves(Library):
    """sin and cos of an input, which has no other terms."""

    def names(self, inputs):
        return tuple(f"{wave} {name}" for wave in ("sin", "cos") for name in inputs)

    def terms(self, x):
        return jnp.concatenate([jnp.sin(x), jnp.cos(x)])


def test_a_library_of_ones_own():
    x = np.linspace(0, 6, 32)[:, None]
    law = identify(Dataset(x, 2 * np.sin(x)), Waves())
    assert law.terms == ("sin x1", "cos x1") and law.coefficients.tolist()[0][1] == 0
    assert str(law).startswith("y1 = 2.0000")
    assert law.value([0.5]) == pytest.approx([2 * np.sin(0.5)])


@pytest.mark.parametrize(
    "ask, error, said",
    [
        (lambda d: identify(np.ones(3)), DataError, "data is of type ndarray"),
        (lambda d: identify(d, "cubic"), ConfigError, "library is of type str"),
        (lambda d: identify(d, threshold=-1), ConfigError, "threshold must not be negative"),
        (lambda d: identify(d.rows(range(4))), DataError, "4 labels of values and slopes, and the"),
        (lambda d: identify(d, groups=np.ones(3)), ConfigError, r"groups has shape \(3,\)"),
        (lambda d: identify(d, groups=np.ones(64)), ConfigError, "three of them at least: got 1"),
        (lambda d: identify(Dataset(d.x * [1, 0], d.y)), DataError, "'x2' is 0 in every row"),
        (lambda d: identify(d).system([1.0]), ConfigError, "start must be 2 finite numbers"),
        (lambda d: identify(Dataset(d.x, d.y[:, :1])).system([1, 0]), ConfigError, "1 outputs and"),
    ],
)  # fmt: skip
def test_bad_input_in_one_sentence(ask, error, said):
    x, y, _ = labelled()
    with pytest.raises(error, match=said):
        ask(Dataset(x, y, **NAMES))
