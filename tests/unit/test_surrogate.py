import io
import json
import zipfile
from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import in_units, net, table

from sobolev import Box, Dataset, Surrogate, networks
from sobolev._base import checksummed
from sobolev.errors import ConfigError, CorruptFile, DataError
from sobolev.networks import ARCHITECTURES
from sobolev.surrogate import FORMAT

DATA = replace(
    in_units(table(outputs=2), [1e3, 2e-2], [5.0, 1e-4], [2e3, 1.0], [0.0, 3e-4]),
    input_units=("mm", "K"),
    output_units=("MPa", ""),
)
SURROGATE = net(DATA)
POINTS = DATA.x[:5]
STEP = 1e-5 * SURROGATE.scaling.x_scale * np.eye(2)  # one row for each input


def test_values_are_the_network_between_the_two_scalings():
    s = SURROGATE.scaling
    for x, y in zip(POINTS, SURROGATE.value(POINTS), strict=True):
        inner = SURROGATE.network(jnp.asarray((x - s.x_shift) / s.x_scale))
        np.testing.assert_allclose(y, s.y_shift + s.y_scale * np.asarray(inner), rtol=1e-13)


@pytest.mark.parametrize("lower, upper", [("value", "jacobian"), ("jacobian", "hessian")])
def test_derivatives_are_those_of_physical_units(lower, upper):
    below, above = getattr(SURROGATE, lower), getattr(SURROGATE, upper)(POINTS)
    for i, step in enumerate(STEP):
        known = (below(POINTS + step) - below(POINTS - step)) / (2 * step[i])
        scale = np.abs(above[..., i]).max(axis=0)
        np.testing.assert_allclose(above[..., i] / scale, known / scale, atol=1e-9)


def test_the_hessian_is_symmetric():
    hessian = SURROGATE.hessian(POINTS)
    assert hessian.shape == (5, 2, 2, 2)
    np.testing.assert_allclose(hessian, np.swapaxes(hessian, 2, 3), rtol=1e-12)


@pytest.mark.parametrize("what, shape", [("value", ()), ("jacobian", (2,)), ("hessian", (2, 2))])
def test_one_point_is_one_row(what, shape):
    ask = getattr(SURROGATE, what)
    rows = ask(POINTS)
    assert rows.shape == (5, 2, *shape) and isinstance(rows, np.ndarray)
    for x, row in zip(POINTS, rows, strict=True):
        assert ask(x).shape == (2, *shape)
        np.testing.assert_allclose(ask(x), row, rtol=1e-13)
    assert ask(POINTS[:0]).shape == (0, 2, *shape)


def test_all_orders_come_in_one_pass():
    for order in (0, 1, 2):
        found = SURROGATE.derivatives(POINTS, order)
        assert len(found) == order + 1
        for array, what in zip(found, ("value", "jacobian", "hessian"), strict=False):
            np.testing.assert_allclose(array, getattr(SURROGATE, what)(POINTS), rtol=1e-13)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_a_row_does_not_depend_on_its_neighbours(n):
    np.testing.assert_array_equal(SURROGATE.value(POINTS[:n]), SURROGATE.value(DATA.x)[:n])


def test_a_directional_derivative_is_the_jacobian_times_the_direction():
    v = np.random.default_rng(0).normal(size=(5, 2)) * SURROGATE.scaling.x_scale
    y, dy = SURROGATE.jvp(POINTS, v)
    np.testing.assert_allclose(y, SURROGATE.value(POINTS), rtol=1e-13)
    known = np.einsum("nqd,nd->nq", SURROGATE.jacobian(POINTS), v)
    np.testing.assert_allclose(dy, known, rtol=1e-12)
    single = SURROGATE.jvp(POINTS[0], v[0])
    assert single[0].shape == single[1].shape == (2,)
    np.testing.assert_allclose(single[1], known[0], rtol=1e-12)


def test_the_jax_function_can_be_composed_and_differentiated():
    function = SURROGATE.as_function()
    energy = lambda x: 0.5 * jnp.sum(function(x) ** 2)  # noqa: E731
    x = POINTS[0]
    y, jacobian, hessian = SURROGATE.derivatives(x, 2)
    np.testing.assert_allclose(function(jnp.asarray(x)), y, rtol=1e-13)
    np.testing.assert_allclose(jax.grad(energy)(jnp.asarray(x)), y @ jacobian, rtol=1e-12)
    known = jacobian.T @ jacobian + np.einsum("q,qij->ij", y, hessian)
    np.testing.assert_allclose(jax.jit(jax.hessian(energy))(jnp.asarray(x)), known, rtol=1e-10)
    np.testing.assert_allclose(
        jax.vmap(function)(jnp.asarray(POINTS)), SURROGATE.value(POINTS), rtol=1e-13
    )


def test_inside_is_the_range_of_the_training_data():
    low, high = DATA.x.min(axis=0), DATA.x.max(axis=0)
    across = high - low
    beyond = [high + across * [1, 0], low - across * [0, 1], high + 1e-6 * across, low + across / 2]
    np.testing.assert_array_equal(SURROGATE.inside(np.array(beyond)), [False, False, False, True])
    assert SURROGATE.inside(DATA.x).all() and SURROGATE.inside(low) and SURROGATE.inside(high)
    assert np.ndim(SURROGATE.inside(low)) == 0


@pytest.mark.parametrize(
    "x, sentence",
    [
        (np.ones(3), r"shape \(3,\)"),
        (np.ones((2, 3)), r"shape \(2, 3\)"),
        (np.ones((1, 2, 2)), r"shape \(1, 2, 2\)"),
        (1.0, r"\[2\] or \[n, 2\]"),
        (["a", "b"], "real numbers"),
        ([1j, 0], "complex"),
        ([True, False], "bool"),
        ([1.0, np.nan], "row 0 of x is nan for input 'b'"),
        ([[1.0, 2.0], [np.inf, 0.0]], "row 1 of x is inf for input 'a'"),
    ],
)
def test_points_that_are_none_are_refused(x, sentence):
    for ask in (SURROGATE.value, SURROGATE.hessian, SURROGATE.inside):
        with pytest.raises(DataError, match=sentence):
            ask(x)


@pytest.mark.parametrize("v", [np.ones((4, 2)), np.ones(2), np.ones(3), [np.nan, 1.0]])
def test_a_direction_that_does_not_fit_is_refused(v):
    with pytest.raises(DataError, match="direction"):
        SURROGATE.jvp(POINTS, v)


@pytest.mark.parametrize("kind", [list, np.asfortranarray, lambda x: x.astype(np.float32)])
def test_any_kind_of_real_rows_will_do(kind):
    x = kind(POINTS)
    known = SURROGATE.value(np.array(x, float))
    np.testing.assert_array_equal(SURROGATE.value(x), known)
    assert known.dtype == np.float64


# --- files


@pytest.fixture
def saved(tmp_path):
    return SURROGATE.save(tmp_path / "plate.npz")


@pytest.mark.parametrize("activation", [networks.tanh, networks.softplus, networks.sin])
@pytest.mark.parametrize("hidden", [(1,), (5, 3, 3)])
def test_save_and_load_keep_every_bit(tmp_path, hidden, activation):
    surrogate = Surrogate.mlp(DATA, hidden, key=4, activation=activation)
    path = surrogate.save(tmp_path / "s.npz")
    loaded = Surrogate.load(path)
    np.testing.assert_array_equal(loaded.value(POINTS), surrogate.value(POINTS))
    np.testing.assert_array_equal(loaded.jacobian(POINTS), surrogate.jacobian(POINTS))
    for name in ("inputs", "outputs", "input_units", "output_units"):
        assert getattr(loaded, name) == getattr(surrogate, name)
    assert loaded.save(tmp_path / "again.npz").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_every_family_is_kept_bit_for_bit(tmp_path, kind):
    surrogate = Surrogate.new(DATA, ARCHITECTURES[kind]((4, 4)), key=4)
    path = surrogate.save(tmp_path / "s.npz")
    loaded = Surrogate.load(path)
    for ours, theirs in zip(loaded.derivatives(POINTS), surrogate.derivatives(POINTS), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    header, _ = contents(path)
    assert header["network"]["kind"] == kind
    assert header["version"] == 3 and loaded.architecture == surrogate.architecture
    assert loaded.save(tmp_path / "again.npz").read_bytes() == path.read_bytes()


def test_a_file_of_format_1_is_read(tmp_path):
    """As the first version of this program wrote it: names and layout spelt out."""
    rng = np.random.default_rng(0)
    shapes = {"layer0/weight": (3, 2), "layer0/bias": (3,), "layer1/weight": (2, 3)}
    shapes |= {"layer1/bias": (2,), "scaling/x_shift": (2,), "scaling/x_scale": (2,)}
    shapes |= {"scaling/y_shift": (2,), "scaling/y_scale": (2,)}
    arrays = {name: rng.uniform(0.5, 1, shape) for name, shape in shapes.items()}
    header = {"network": {"kind": "mlp", "hidden": [3], "activation": "tanh"}}
    header |= {"inputs": ["a", "b"], "outputs": ["u", "v"]}
    header |= {"input_units": ["", ""], "output_units": ["", ""]}
    path = checksummed.write_archive(tmp_path / "old.npz", "surrogate", 1, header, arrays)
    x = np.array([0.3, -0.2])
    a = {name.split("/")[-1] if "sc" in name else name: array for name, array in arrays.items()}
    h = np.tanh(a["layer0/weight"] @ ((x - a["x_shift"]) / a["x_scale"]) + a["layer0/bias"])
    known = a["y_shift"] + a["y_scale"] * (a["layer1/weight"] @ h + a["layer1/bias"])
    np.testing.assert_allclose(Surrogate.load(path).value(x), known, rtol=1e-14)
    again = Surrogate.load(Surrogate.load(path).save(tmp_path / "new.npz"))
    np.testing.assert_array_equal(again.value(x), Surrogate.load(path).value(x))


class Own(eqx.Module):
    """A network that no architecture built."""

    weight: jax.Array

    def __call__(self, x):
        return jnp.tanh(self.weight @ x)


def test_a_network_of_ones_own_can_be_asked_but_not_saved(tmp_path):
    surrogate = Surrogate.of(DATA, Own(jnp.ones((2, 2))))
    assert surrogate.jacobian(POINTS).shape == (5, 2, 2)
    with pytest.raises(ConfigError, match="a Own, was given without an architecture"):
        surrogate.save(tmp_path / "s.npz")
    assert not (tmp_path / "s.npz").exists()


@pytest.mark.parametrize("network", [lambda x: x[:1], lambda x: (x, x), jnp.sum])
def test_a_network_with_other_outputs_is_refused(network):
    with pytest.raises(ConfigError, match=r"2 outputs: it must return an array of shape \(2,\)"):
        Surrogate.of(DATA, network)


def test_a_thousand_flipped_bits_are_all_noticed(saved, tmp_path):
    content, rng = saved.read_bytes(), np.random.default_rng(0)
    broken = tmp_path / "broken.npz"
    for position, bit in zip(
        rng.integers(0, len(content), 1000), rng.integers(0, 8, 1000), strict=True
    ):
        other = bytearray(content)
        other[position] ^= 1 << bit
        broken.write_bytes(other)
        with pytest.raises(CorruptFile, match="checksum"):
            Surrogate.load(broken)


@pytest.mark.parametrize("cut", [0, 1, 63, 64, 500, -1, -64, -300])
def test_a_file_that_was_cut_off_is_noticed(saved, cut):
    saved.write_bytes(saved.read_bytes()[:cut])
    with pytest.raises(CorruptFile):
        Surrogate.load(saved)


def test_something_appended_is_noticed(saved):
    saved.write_bytes(saved.read_bytes() + b"\0")
    with pytest.raises(CorruptFile):
        Surrogate.load(saved)


def contents(saved):
    return checksummed.read_archive(saved, "surrogate", FORMAT)


def test_another_kind_a_newer_version_and_no_file_say_what_they_are(saved, tmp_path):
    header, arrays = contents(saved)
    checksummed.write_archive(saved, "dataset", 1, header, arrays)
    with pytest.raises(DataError, match="holds a dataset, but a surrogate is needed"):
        Surrogate.load(saved)
    checksummed.write_archive(saved, "surrogate", FORMAT + 1, header, arrays)
    with pytest.raises(DataError, match=rf"format version {FORMAT + 1}.*update sobolev"):
        Surrogate.load(saved)
    with pytest.raises(DataError, match="cannot read"):
        Surrogate.load(tmp_path / "none.npz")


@pytest.mark.parametrize(
    "damage",
    [
        lambda header, arrays: arrays.pop("layer0/weight"),
        lambda header, arrays: arrays.pop("scaling/x_scale"),
        lambda header, arrays: header.pop("outputs"),
        lambda header, arrays: header.pop("network"),
        lambda header, arrays: header["network"].pop("activation"),
        lambda header, arrays: header["network"].update(hidden=[4, 4]),
        lambda header, arrays: header["network"].update(hidden=[]),
        lambda header, arrays: header["network"].update(hidden=None),
        lambda header, arrays: header["network"].update(activation="step"),
        lambda header, arrays: header["network"].update(kind="swish"),
        lambda header, arrays: header["network"].update(kind="modified-mlp"),
        lambda header, arrays: header["network"].update(init="glorot"),
        lambda header, arrays: header.update(network="mlp"),
        lambda header, arrays: header.update(inputs=3),
        lambda header, arrays: header.update(input_units=["mm"]),
        lambda header, arrays: arrays.update({"layer1/bias": np.zeros(7)}),
        lambda header, arrays: arrays.update({"layer1/bias": np.zeros(3, np.float32)}),
        lambda header, arrays: arrays.update({"scaling/y_scale": np.ones(1)}),
        lambda header, arrays: arrays.update({"scaling/y_scale": np.array(["a", "b"])}),
    ],
)
@pytest.mark.parametrize("version", [1, 3])
def test_a_whole_file_with_a_wrong_inside_is_refused(saved, damage, version):
    """The right checksum over contents that no `save` wrote."""
    header, arrays = contents(saved)
    if version == 1:
        header["network"] = dict(OLD)
    damage(header, arrays)
    checksummed.write_archive(saved, "surrogate", version, header, arrays)
    with pytest.raises(CorruptFile, match="does not hold a whole surrogate"):
        Surrogate.load(saved)


OLD = {"kind": "mlp", "hidden": [4, 3], "activation": "tanh"}  # as format 1 has it


@pytest.mark.parametrize("version, kind", [(1, CorruptFile), (3, DataError)])
def test_a_network_that_is_not_known_is_refused(saved, version, kind):
    """In formats 1 and 2 all there are were known; later ones may be a user's own."""
    header, arrays = contents(saved)
    header["network"] = {**(OLD if version == 1 else header["network"]), "kind": "cnn"}
    checksummed.write_archive(saved, "surrogate", version, header, arrays)
    with pytest.raises(kind, match=r"'cnn'.*mlp, mixed, modified-mlp") as caught:
        Surrogate.load(saved)
    assert type(caught.value) is CorruptFile or "register its class" in str(caught.value)


def test_numpy_can_read_the_file_and_there_is_no_pickle(saved):
    with np.load(saved, allow_pickle=False) as archive:
        header = json.loads(archive["__header__"].tobytes())
        np.testing.assert_array_equal(archive["layer0/weight"], SURROGATE.network.layers[0].weight)
    assert header["kind"] == "surrogate" and header["version"] == 3
    with zipfile.ZipFile(io.BytesIO(saved.read_bytes())) as archive:
        assert archive.testzip() is None


@pytest.mark.parametrize("hidden", [(), (0,), 5, "53"])
def test_an_impossible_architecture_is_refused(hidden):
    with pytest.raises(ConfigError, match="width"):
        Surrogate.mlp(DATA, hidden)


def test_a_surrogate_on_a_box_is_the_one_of_data_that_fill_it():
    """Without data: the box gives the scaling of the inputs, a number that of the outputs."""
    corners = np.array([[-1.0, 0.0], [3.0, 5.0], [0.0, 1.0]])
    data = Dataset(corners, np.array([[1.0], [3.0], [5.0]]), inputs=("x", "t"), outputs=("u",))
    box = Box(("x", "t"), (-1.0, 0.0), (3.0, 5.0), ("m", "s"))
    scale = {"output_shift": 3.0, "output_scale": float(np.std(data.y))}
    asked = networks.MLP((5,))
    made = Surrogate.on(box, ("u",), asked, key=3, output_units=("K",), **scale)
    np.testing.assert_array_equal(
        made.value(corners), Surrogate.new(data, asked, key=3).value(corners)
    )
    assert (made.inputs, made.outputs) == (("x", "t"), ("u",))
    assert (made.input_units, made.output_units) == (("m", "s"), ("K",))
    plain = Surrogate.on(box, "u").scaling
    assert (plain.y_shift, plain.y_scale) == (0.0, 1.0)


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"outputs": ()}, "needs outputs of different names"),
        ({"outputs": ("u", "u")}, "needs outputs of different names"),
        ({"output_units": ("m", "s")}, "with a unit each"),
        ({"output_scale": 0.0}, "output_scale must be positive: got 0.0"),
        ({"output_scale": (1.0, 2.0)}, "one for each of 1 outputs"),
        ({"output_shift": np.inf}, "output_shift must be one finite number"),
    ],
)
def test_a_box_with_outputs_that_cannot_be_is_refused(settings, words):
    with pytest.raises(ConfigError, match=words):
        Surrogate.on(Box(("x",), (0.0,), (1.0,)), **({"outputs": ("u",)} | settings))


def test_a_network_that_its_architecture_does_not_build_is_not_saved(tmp_path):
    other = networks.MLP((5,)).build(2, 2, jax.random.key(0))
    changed = replace(SURROGATE, network=other)
    with pytest.raises(ConfigError, match=r"not one that MLP\(hidden=\(4, 3\).* builds for 2"):
        changed.save(tmp_path / "s.npz")
    with pytest.raises(ConfigError, match="not one that MLP"):
        Surrogate.of(DATA, other, SURROGATE.architecture)
    kept = Surrogate.of(DATA, other, networks.MLP((5,))).save(tmp_path / "s.npz")
    np.testing.assert_array_equal(
        Surrogate.load(kept).network.layers[0].weight, other.layers[0].weight
    )


def test_calls_of_the_version_before_still_work(tmp_path):
    with pytest.warns(DeprecationWarning, match=r"MLP\(hidden\)\.build\(inputs, outputs, key\)"):
        network = networks.MLP(2, (3,), 2, key=jax.random.key(5))
    with pytest.warns(DeprecationWarning, match=r"networks\.MLP"):
        named = Surrogate.new(DATA, "mlp", (3,), 5, activation="tanh", init="glorot")
    with pytest.warns(DeprecationWarning, match=r"networks\.MLP"):
        Surrogate.new(DATA, hidden=(3,))
    with pytest.warns(DeprecationWarning, match=r"activation=networks\.tanh"):
        talk = Surrogate.mlp(DATA, (3,), 5, activation="tanh")
    made = Surrogate.of(DATA, network)
    assert made.architecture == named.architecture == talk.architecture
    assert (network.inputs, network.hidden, network.outputs) == (2, (3,), 2)
    for surrogate in (made, named, Surrogate.load(made.save(tmp_path / "s.npz"))):
        np.testing.assert_array_equal(surrogate.value(POINTS), talk.value(POINTS))


@pytest.mark.parametrize(
    "given, settings, words",
    [
        (networks.MLP(), {"hidden": (3,)}, r"takes the data and key=\.\.\. only: got hidden"),
        (networks.MLP, {}, "give a value of sobolev.networks"),
        (None, {}, "give a value of sobolev.networks"),
    ],
)
def test_what_is_no_architecture_is_refused(given, settings, words):
    with pytest.raises(ConfigError, match=words):
        Surrogate.new(DATA, given, **settings)
