"""Labels of every kind: products along vectors, other points, noise, groups of terms."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import (
    block_of,
    hessians,
    in_units,
    jacobians,
    labels_of,
    net,
    table,
    task_of,
    values,
)  # fmt: skip

import sobolev as sb
from sobolev import Dataset, SobolevLoss, evaluate, fit
from sobolev.data import Scaling, read_npz, stack, write_npz
from sobolev.errors import ConfigError, DataError
from sobolev.losses import Labelled, Labels, View
from sobolev.networks import predict
from sobolev.optimisers import Adam

EXACT = sb.optimisers.LevenbergMarquardt()


def vectors(shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape)


def products(n=12, k=3, l=2, seed=0):  # noqa: E741
    """Rows on which products of the derivatives are known, and not the derivatives."""
    x = np.random.default_rng(seed).uniform([-1, 0], [2, 1], (n, 2))
    v, w = vectors((n, k, 2)), vectors((n, l, 2), 2)
    return Dataset(
        x,
        values(x),
        jvp=np.einsum("nqd,nkd->nqk", jacobians(x), v),
        hvp=np.einsum("nqde,nke->nqkd", hessians(x), v),
        vjp=np.einsum("nlq,nqd->nld", w, jacobians(x)),
        directions=v,
        cotangents=w,
        inputs=("a", "b"),
        outputs=("u", "v"),
    )


WHOLE = products()


# --- the container


BAD = {
    "no label": (dict(y=None, jvp=None, hvp=None, vjp=None, directions=None), "vjp"),
    "no vectors": (dict(directions=None), "jvp is given without directions: give the vectors"),
    "no product": (dict(vjp=None), "cotangents are given without vjp"),
    "short": (dict(jvp=WHOLE.jvp[:, :, :2]), r"but \(12, 2, 3\) is needed.*rows, responses, dir"),
    "rank": (dict(directions=WHOLE.directions[:, 0]), r"\[rows, directions, inputs\] are needed"),
    "zero": (dict(directions=WHOLE.directions * 0), r"row 0 of directions, vector 0, is \[0.0, 0"),
    "nan": (dict(cotangents=WHOLE.cotangents * np.nan), "row 0 of cotangents.*vjp has a label"),
    "inf": (dict(jvp=WHOLE.jvp * np.inf), r"row 0 of jvp \(output 'u', direction 0\) is"),
    "noise of nothing": (dict(noise={"hessian": 1}), "noise names 'hessian', of which there are"),
    "noise shape": (dict(noise={"jvp": [1, 2]}), r"noise of jvp does not fit.*\(12, 2, 3\)"),
    "negative": (dict(noise={"y": -1}), r"noise of row 0 of y \(output 'u'\) is -1"),
    "words": (dict(noise={"y": "much"}), "noise of y does not fit"),
}


@pytest.mark.parametrize("changes, message", BAD.values(), ids=BAD)
def test_bad_labels_are_refused(changes, message):
    with pytest.raises(DataError, match=message):
        replace(WHOLE, **changes)


def test_gradients_need_no_values():
    data = table()
    slopes = Dataset(data.x, jacobian=data.jacobian, outputs=("u",))
    assert slopes.y.shape == (12, 1) and np.isnan(slopes.y).all()
    with pytest.raises(DataError, match="there is no label"):
        Dataset(data.x)


def test_an_absent_product_needs_no_vector():
    jvp, hvp, v = WHOLE.jvp.copy(), WHOLE.hvp.copy(), WHOLE.directions.copy()
    jvp[3, :, 1], hvp[3, :, 1], v[3, 1] = np.nan, np.nan, np.nan
    data = replace(WHOLE, jvp=jvp, hvp=hvp, directions=v)
    assert np.isfinite(Scaling.of(data).scaled(data)["directions"]).all()


def test_rows_keep_products_noise_and_marks_aligned():
    levels = np.arange(24.0).reshape(12, 2)
    data = replace(WHOLE, noise={"y": levels}, estimated={"jvp": np.eye(12, 2)[..., None]})
    picked = data.rows([4, 1])
    assert (picked.noise["y"] == levels[[4, 1]]).all()
    assert (picked.directions == data.directions[[4, 1]]).all()
    assert picked.estimated["jvp"].dtype == bool and picked.estimated["jvp"][1, 1].all()
    assert not picked.estimated["jvp"][0].any()


def test_stacked_parts_know_what_each_knew():
    one = replace(table(5, outputs=2), noise={"jacobian": 0.1})
    other = replace(products(4, k=1), estimated={"jvp": True})
    both = stack(one, other, products(3, k=2))
    assert len(both) == 12 and both.jvp.shape == (12, 2, 2) and both.jacobian.shape == (12, 2, 2)
    assert np.isnan(both.jvp[:5]).all() and np.isnan(both.jacobian[5:]).all()
    assert (both.jvp[5:9, :, :1] == other.jvp).all() and np.isnan(both.jvp[5:9, :, 1]).all()
    assert (both.noise["jacobian"][:5] == 0.1).all() and np.isnan(both.noise["jacobian"][5:]).all()
    assert both.estimated["jvp"][5:9, :, 0].all() and both.estimated["jvp"].sum() == 8
    assert Scaling.of(both).scaled(both)["jvp"].shape == (12, 2, 2)
    with pytest.raises(DataError, match=r"data set 1 has the outputs \('v1', 'v2'\), the first"):
        stack(one, replace(one, outputs=("v1", "v2")))
    with pytest.raises(DataError, match="nothing to stack"):
        stack()


def test_an_npz_keeps_every_field(tmp_path):
    noise = {"y": np.full((12, 2), 5e-324), "vjp": np.full((12, 2, 2), np.nan)}
    data = replace(WHOLE, noise=noise, estimated={"hvp": np.eye(12, 2)[..., None, None] > 0})
    found = read_npz(write_npz(tmp_path / "data.npz", data))
    for name, array in (data.labels() | data.vectors()).items():
        assert getattr(found, name).tobytes() == array.tobytes()
    for name in ("noise", "estimated"):
        ours, theirs = getattr(data, name), getattr(found, name)
        assert ours.keys() == theirs.keys()
        assert all(ours[kind].tobytes() == theirs[kind].tobytes() for kind in ours)


# --- scaling


def test_products_are_scaled_like_the_derivatives_along_unit_vectors():
    scaling = Scaling.of(WHOLE)
    x = WHOLE.x
    whole = Dataset(x, values(x), jacobians(x), hessians(x))
    full, scaled = scaling.scaled(whole), scaling.scaled(WHOLE)
    v, w = scaled["directions"], scaled["cotangents"]
    np.testing.assert_allclose(np.linalg.norm(v, axis=-1), 1, rtol=1e-14)
    np.testing.assert_allclose(np.linalg.norm(w, axis=-1), 1, rtol=1e-14)
    along = np.einsum("nqd,nkd->nqk", full["jacobian"], v)
    np.testing.assert_allclose(scaled["jvp"], along, rtol=1e-12)
    curved = np.einsum("nqde,nke->nqkd", full["hessian"], v)
    np.testing.assert_allclose(scaled["hvp"], curved, rtol=1e-11, atol=1e-13)
    back = np.einsum("nlq,nqd->nld", w, full["jacobian"])
    np.testing.assert_allclose(scaled["vjp"], back, rtol=1e-12)


def test_the_length_of_a_vector_decides_nothing():
    long = replace(
        WHOLE,
        directions=WHOLE.directions * 1e3,
        jvp=WHOLE.jvp * 1e3,
        hvp=WHOLE.hvp * 1e3,
        cotangents=WHOLE.cotangents * 1e-7,
        vjp=WHOLE.vjp * 1e-7,
    )
    ours, theirs = Scaling.of(WHOLE).scaled(WHOLE), Scaling.of(long).scaled(long)
    for name, array in ours.items():
        np.testing.assert_allclose(theirs[name], array, rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("kind", ["jvp", "vjp"])
def test_a_response_known_by_products_alone_has_a_scale(kind):
    keep = {"jvp": dict(vjp=None, cotangents=None), "vjp": dict(jvp=None, directions=None)}[kind]
    data = replace(WHOLE, y=None, hvp=None, outputs=("u", "v"), **keep)
    for factor in (1.0, 1e6):
        big = replace(data, **{kind: getattr(data, kind) * factor})
        scaled = Scaling.of(big).scaled(big)[kind]
        assert 0.1 < np.sqrt(np.mean(scaled**2)) < 3


# --- the loss


def test_products_are_predicted_with_and_without_the_derivative():
    network = net(table(outputs=2)).network
    x, v, w = (jnp.asarray(a) for a in (WHOLE.x, WHOLE.directions, WHOLE.cotangents))
    everything = "y", "jacobian", "hessian", "jvp", "hvp", "vjp"
    full = predict(network, x, everything, v, w)
    J, H = np.asarray(full.jacobian), np.asarray(full.hessian)
    expected = {
        "jvp": np.einsum("nqd,nkd->nqk", J, v),
        "hvp": np.einsum("nqde,nke->nqkd", H, v),
        "vjp": np.einsum("nlq,nqd->nld", w, J),
    }
    for kinds in (("jvp",), ("hvp",), ("vjp",), ("jvp", "hvp", "vjp"), everything):
        found = predict(network, x, kinds, v, w)
        for kind in set(kinds) & expected.keys():
            np.testing.assert_allclose(getattr(found, kind), expected[kind], rtol=1e-12, atol=1e-14)


def losses_of(loss, data, scaling, network):
    block = Labelled.of(data, scaling, loss)
    return np.asarray(eqx.filter_jit(lambda n: block.losses(View(n), block.labels))(network))


def test_unit_directions_along_the_scaled_inputs_are_the_jacobian():
    data = table(outputs=2)
    scaling, surrogate = Scaling.of(data), net(data)
    v = np.broadcast_to(np.diag(scaling.x_scale), (12, 2, 2))
    along = replace(data, jacobian=None, jvp=data.jacobian @ np.diag(scaling.x_scale), directions=v)
    ours, theirs = SobolevLoss.of(data), SobolevLoss.of(along)
    assert theirs.names == ("u", "v", "du·v", "dv·v")
    by_entry = losses_of(ours, data, scaling, surrogate.network)
    summed = [*by_entry[:2], by_entry[2] + by_entry[3], by_entry[4] + by_entry[5]]
    found = losses_of(theirs, along, scaling, surrogate.network)
    np.testing.assert_allclose(found, summed, rtol=1e-13)


@pytest.mark.parametrize(
    "group, names",
    [
        ("by_order", ("value", "first derivatives", "second derivatives")),
        ("by_output", ("u", "v", "w·dy")),
    ],
)
def test_the_whole_loss_does_not_depend_on_how_it_is_grouped(group, names):
    surrogate = net(WHOLE)
    single = SobolevLoss.of(WHOLE)
    assert single.names == ("u", "v", "du·v", "dv·v", "w·dy", "d2u·v", "d2v·v")
    loss = SobolevLoss.of(WHOLE, group=group)
    assert loss.names == names and set(loss.entries) == set(single.entries)
    each = losses_of(single, WHOLE, surrogate.scaling, surrogate.network)
    found = losses_of(loss, WHOLE, surrogate.scaling, surrogate.network)
    assert found.sum() == pytest.approx(each.sum(), rel=1e-13)
    if group == "by_order":
        expected = [each[:2].sum(), each[2:5].sum(), each[5:].sum()]
        np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_a_group_trains_as_its_terms_with_equal_weights():
    data = table()
    for optimiser in (EXACT, sb.optimisers.Adam(1e-2, batch_size=5)):
        how = {
            "weighting": sb.weighting.Unweighted(),
            "optimiser": optimiser,
            "epochs": 4,
            "records": 2,
        }
        kept = [
            fit(net(data), data, loss=loss, **how).surrogate
            for loss in (SobolevLoss.of(data), SobolevLoss.of(data, group="by_order"))
        ]
        np.testing.assert_allclose(*(s.value(data.x) for s in kept), rtol=1e-9)


def test_the_weight_of_a_group_stands_beside_each_of_its_terms():
    data = table(outputs=2)
    loss = SobolevLoss.of(data, group="by_order").only([False, True])
    found = fit(
        net(data),
        data,
        loss=loss,
        weighting=sb.weighting.Fixed(lambda energies: 3 + 0 * energies),
        epochs=2,
        records=1,
    )
    assert found.history.terms == SobolevLoss.of(data).names
    assert found.history.weight[-1].tolist() == [0, 0, 3, 3, 3, 3]


def test_a_loss_is_refused_with_the_reason():
    cases = [
        (
            lambda: SobolevLoss.of(WHOLE, group="pairs"),
            "unknown group 'pairs': choose one of",
        ),
        (lambda: SobolevLoss.of(WHOLE, kinds=("jacobian",)), "kinds names 'jacobian', of which"),
        (lambda: sb.losses.Term("u", ()), "needs a tuple of Entry"),
        (
            lambda: SobolevLoss((sb.losses.Term.of("u", 0), sb.losses.Term.of("v", 0))),
            "occurs twice in the loss",
        ),
    ]
    for make, message in cases:
        with pytest.raises(ConfigError, match=message):
            make()
    assert SobolevLoss.of(WHOLE, kinds=("vjp",)).names == ("w·dy",)


# --- noise


def test_trust_is_inverse_variance_beyond_the_accuracy_of_the_surrogate():
    data = table()
    scaling = Scaling.of(data)
    σ = np.where(np.arange(12) % 2, 0.3, 0.0)[:, None, None] * np.ones((1, 1, 2))
    noisy = replace(data, noise={"jacobian": σ})
    trust = np.asarray(Labels.of(noisy, scaling).trust.jacobian)
    scaled = σ * scaling.x_scale / scaling.y_scale[:, None]
    np.testing.assert_allclose(trust, 1e-4 / (1e-4 + scaled**2), rtol=1e-13)
    assert (trust[::2] == 1).all()
    large = Labels.of(replace(data, noise={"y": 1.0}), scaling, accuracy=1e-9).trust.y
    ratio = np.asarray(large) * scaling.y_scale**-2 / 1e-18
    np.testing.assert_allclose(ratio, 1, rtol=1e-12)
    assert Labels.of(replace(data, noise={"y": 0.0}), scaling).trust.y is None


def test_losses_and_linearisation_see_the_same_trust():
    rng = np.random.default_rng(3)
    data = replace(table(), noise={"y": rng.uniform(0, 0.1, (12, 1)), "jacobian": 0.2})
    task, θ = task_of(data)
    r = np.asarray(block_of(task).raw_residuals(task.view(θ), labels_of(task)))
    trust = labels_of(task).trust
    τ = np.stack([trust.y[:, 0], trust.jacobian[:, 0, 0], trust.jacobian[:, 0, 1]])
    np.testing.assert_allclose(
        task.losses(θ, task.loss.batches()), (τ * r**2).mean(axis=1) / 2, rtol=1e-13
    )
    from sobolev.optimisers.linearisation import linearised

    here = eqx.filter_jit(linearised)(task, θ, task.loss.batches())
    ours = block_of(task).residuals(task.view(θ), labels_of(task))
    np.testing.assert_allclose(here.residuals[0], ours, rtol=1e-12, atol=1e-15)


def test_labels_do_not_depend_on_units_with_noise_and_products():
    data = replace(table(), noise={"y": 0.01, "jacobian": 0.05})
    other = in_units(replace(data, noise={}), [1e3, 1e-3], [1e6], 5.0, -2.0)
    levels = {"y": 0.01 * 1e6, "jacobian": 0.05 * 1e6 / np.array([1e3, 1e-3])}
    other = replace(other, noise=levels)
    ours, theirs = (Labels.of(d, Scaling.of(d)) for d in (data, other))
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_known_noise_levels_beat_equal_trust():
    """Half of the slopes are bad, and the data say which: median over 9 draws of the noise."""
    x = np.random.default_rng(5).uniform([-1, 0], [2, 1], (24, 2))
    fresh = np.random.default_rng(6).uniform([-1, 0], [2, 1], (400, 2))
    truth = Dataset(fresh, values(fresh)[:, :1], jacobians(fresh)[:, :1])
    σ = np.where(np.arange(24) % 2, 1.0, 0.01)[:, None, None]
    ratios = []
    for seed in range(9):
        noise = np.random.default_rng(seed).normal(size=(24, 1, 2)) * σ
        data = Dataset(x, values(x)[:, :1], jacobians(x)[:, :1] + noise)
        known = replace(data, noise={"jacobian": σ})
        told, not_told = (
            evaluate(fit(net(d), d, optimiser=EXACT, epochs=40, records=1).surrogate, truth)
            for d in (known, data)
        )
        ratios.append(told.relative_h1 / not_told.relative_h1)
    assert np.median(ratios) < 0.7


def test_a_static_weighting_does_not_take_back_what_noise_makes_a_term_count_less():
    """All slopes are noisy, so that 1/E of what is trusted would be as large as τ is small."""
    data = table()
    noisy = replace(data, noise={"jacobian": 0.2})
    quick = {"optimiser": Adam(1e-2, None), "epochs": 1}
    told, not_told = (fit(net(data), d, **quick).history for d in (noisy, data))
    np.testing.assert_allclose(told.weight[0], not_told.weight[0], rtol=1e-12)
    shares = told.weight[0] * told.loss[0] / (not_told.weight[0] * not_told.loss[0])
    τ = np.asarray(Labels.of(noisy, Scaling.of(noisy)).trust.jacobian)[0, 0]
    np.testing.assert_allclose(shares, [1, *τ], rtol=1e-9)


# --- training on what there is


FORTY = products(40)
SOME = {
    "gradients without values": Dataset(FORTY.x, jacobian=jacobians(FORTY.x), outputs=("u", "v")),
    "one direction": Dataset(
        FORTY.x,
        FORTY.y,
        jvp=FORTY.jvp[:, :, :1],
        directions=FORTY.directions[:, :1],
        outputs=("u", "v"),
    ),
    "adjoint products": Dataset(
        FORTY.x, FORTY.y, vjp=FORTY.vjp, cotangents=FORTY.cotangents, outputs=("u", "v")
    ),
    "products of the Hessian": Dataset(
        FORTY.x,
        FORTY.y,
        hvp=FORTY.hvp[:, :, :1],
        directions=FORTY.directions[:, :1],
        outputs=("u", "v"),
    ),
    "values here, gradients there": stack(
        Dataset(FORTY.x[:20], FORTY.y[:20]), Dataset(FORTY.x[20:], jacobian=jacobians(FORTY.x[20:]))
    ),
}


@pytest.mark.parametrize("data", SOME.values(), ids=SOME)
def test_whatever_is_known_is_learnt(data):
    fresh = np.random.default_rng(9).uniform([-0.8, 0.1], [1.8, 0.9], (200, 2))
    truth = Dataset(fresh, jacobian=jacobians(fresh), inputs=data.inputs, outputs=data.outputs)
    before = net(data, (8, 8))
    found = fit(before, data, optimiser=EXACT, epochs=150, records=1)
    error = evaluate(found.surrogate, truth).relative_h1
    assert error < 0.03 < evaluate(before, truth).relative_h1
    assert evaluate(found.surrogate, data).relative_h1 < 0.02
