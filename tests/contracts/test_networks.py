"""Every architecture of the registry, and one of a user's, held to the same contract."""

import runpy
from dataclasses import FrozenInstanceError, dataclass, fields, replace
from pathlib import Path
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import table

from sobolev import Ensemble, Surrogate, fit, networks
from sobolev.cli.settings.fit import FitSettings
from sobolev.errors import ConfigError, CorruptFile, DataError
from sobolev.networks import (
    ARCHITECTURES,
    MLP,
    Affine,
    Arc,
    Between,
    Circle,
    Clamped,
    Face,
    HardBoundary,
    Joined,
    Polygon,
    Segment,
    conforms,
)  # fmt: skip
from sobolev.networks.activations import ACTIVATIONS
from sobolev.networks.as_json import packed
from sobolev.networks.defaults import CANDIDATES, DEFAULT, ESTIMATOR, TALK
from sobolev.networks.parameters import flatten, unflatten_on_host
from sobolev.networks.registry import PARTS, fields_of, of_strings, register
from sobolev.plain_network import JETS, plain_network

DATA = replace(table(12, outputs=2), inputs=("x0", "x1"))  # as a plain frame calls them
WALLS = Face(0, -1.5), Between(1, -1.0, 1.0)
PLANE = (0, 1)
CURVE = Arc(PLANE, (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0))
TRIANGLE = Polygon(PLANE, ((-3.0, -2.0), (3.0, -2.0), (0.0, 4.0)))
MEETING = networks.Transfinite((networks.Formula("-sin(pi*x1) + x0**2/3"), Affine(0.5)))
SAMPLES = [
    *(family((4, 4)) for family in ARCHITECTURES.values()),
    MLP((4,), activation=networks.gelu, init=networks.orthogonal),
    networks.MixedMLP((5, 3), periodic=0.0),
    networks.FourierMLP((4,), frequencies=((0.3, -0.1), (0.0, 0.2))),
    HardBoundary(networks.FourierMLP((4,)), WALLS, outputs=(0,)),
    HardBoundary(
        HardBoundary(MLP((3,)), WALLS[:1], Affine(2.0), outputs=(1,)), WALLS[1:], outputs=(0,)
    ),
    networks.GaussianFeatures((6,), covariance="full", narrowest=0.05),
    networks.ConvexMLP((4, 3)),
    networks.Constants(MLP((4,)), (1,), start=2.0),
    networks.Constants(MLP((4,)), (0,), 0.5, positive=True),
    networks.Periodic(MLP((4,)), {1: 1.7}, harmonics=2),
    networks.Regular(MLP((4,)), 1, power=1),
    networks.PowerLaw(MLP((4,)), (1,)),
    HardBoundary(MLP((3,)), (Clamped(WALLS[0]), CURVE), MEETING, outputs=(1,)),
    HardBoundary(MLP((3,)), (Joined((CURVE, Segment(PLANE, (-1, 0), (1, 0)))),)),
    HardBoundary(MLP((3,)), (Circle(PLANE, (0, 0), 0.5, outside=True), TRIANGLE)),
]
FIELDS = [
    networks.SpectralNetwork(2, 2, 2),
    networks.LocalGlobalNetwork(2, 1, 1, activation=networks.tanh, kernel=3),
    networks.HistoryNetwork(0.5, 2, (3,)),
    networks.HistoryNetwork(0.5, 1, (3,), inertia=True),
]
KEPT = [*SAMPLES, *FIELDS]
POTENTIALS = [
    (networks.Potential(networks.ConvexMLP((2,)), networks.Fibres(), growth=0.5), 9),
    (networks.Potential(networks.FourierMLP((2,)), networks.Isochoric()), 6),
    (networks.Potential(MLP((2,), networks.softplus)), 6),
    (networks.AtomicEnergies(MLP((2,)), networks.Surroundings(3.0, 0.5, 2, ((1.0, 2, -1),))), 9),
]


def test_every_registered_class_is_a_sample():
    """One more architecture, or part of one, is a line here."""
    samples = [*KEPT, *(made for made, _ in POTENTIALS)]
    inside = [part for made in samples for part in found(made)]
    assert {type(part) for part in inside} == {*ARCHITECTURES.values(), *PARTS.values()}


def found(value):
    if isinstance(value, tuple):
        return [part for each in value for part in found(each)]
    if not isinstance(value, networks.Saved):
        return []
    return [value, *(part for f in fields(value) for part in found(getattr(value, f.name)))]


@pytest.mark.parametrize("made", SAMPLES, ids=repr)
def test_an_architecture_conforms(made):
    result = conforms(made, inputs=2, outputs=3)
    assert result.good, str(result)


@pytest.mark.parametrize("made, inputs", POTENTIALS, ids=repr)
def test_a_potential_conforms(made, inputs):
    """Of strains at which a body is not inside out."""
    result = conforms(made, inputs, 1, reach=0.15)
    assert result.good, str(result)


@pytest.mark.parametrize("made", FIELDS, ids=repr)
def test_a_network_of_fields_or_histories_conforms(made):
    result = conforms(made, inputs=4, outputs=4)
    assert result.good, str(result)


@pytest.mark.parametrize("sizes", [(1, 1), (3, 1)])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_any_number_of_inputs_and_outputs_will_do(name, sizes):
    result = conforms(ARCHITECTURES[name]((3, 3)), *sizes)
    assert result.good, str(result)


@pytest.mark.parametrize("made", KEPT, ids=repr)
def test_a_surrogate_of_it_is_kept_and_drawn_anew(made, tmp_path):
    start = Surrogate.new(DATA, made, key=2)
    θ = np.asarray(flatten(start.network))
    trained = unflatten_on_host(start.network, θ + 0.01 * np.arange(len(θ)) / len(θ))
    surrogate = replace(start, network=trained)
    loaded = Surrogate.load(surrogate.save(tmp_path / "s.npz"))
    for ours, theirs in zip(
        loaded.derivatives(DATA.x, 2), surrogate.derivatives(DATA.x, 2), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    assert loaded.architecture == surrogate.architecture == made.explicit(2, 2)
    assert loaded.save(tmp_path / "t.npz").read_bytes() == (tmp_path / "s.npz").read_bytes()
    np.testing.assert_array_equal(loaded.redrawing()(2).value(DATA.x), start.value(DATA.x))
    asked = plain_network(tmp_path / "s.npz")
    assert (asked is not None) == isinstance(made, MLP | networks.MixedMLP)
    if asked is not None:
        for ours, theirs in zip(
            asked.derivatives(DATA.x, 2), surrogate.derivatives(DATA.x, 2), strict=True
        ):
            np.testing.assert_allclose(ours, theirs, atol=1e-13 * np.abs(theirs).max(), rtol=0)


def test_numpy_knows_every_activation_with_its_derivatives():
    """Of which `plain_network` makes derivatives by hand."""
    z = np.concatenate([np.linspace(-4, 4, 40), [-800.0, -40.0, 40.0, 800.0]])

    def derivatives(σ, z):
        first = lambda z: jax.jvp(σ, (z,), (jnp.ones_like(z),))[1]  # noqa: E731
        return σ(z), first(z), jax.jvp(first, (z,), (jnp.ones_like(z),))[1]

    found = jax.jit(lambda z: {name: derivatives(σ, z) for name, σ in ACTIVATIONS.items()})(z)
    assert found.keys() == JETS.keys()
    for name, jet in JETS.items():
        for ours, theirs in zip(jet(z), found[name], strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=1e-14, err_msg=name)


@pytest.mark.parametrize("made", KEPT, ids=repr)
def test_fields_decide_whether_two_are_equal(made):
    assert made == replace(made) and hash(made) == hash(replace(made))
    assert len({made, replace(made), *KEPT}) == len(KEPT)
    with pytest.raises(FrozenInstanceError):
        made.hidden = (3,)
    names = {name: getattr(networks, name) for name in dir(networks)}
    again = eval(repr(made), names)  # a value can be read as it is written
    assert again == made


# --- one of a user's


SMALL = MLP((3,))


class Product(eqx.Module):
    a: eqx.nn.MLP
    b: eqx.Module

    def __call__(self, x):
        return self.a(x) * self.b(x)


@dataclass(frozen=True)
class Own(networks.Architecture):
    """A network of Equinox times one of the house."""

    name: ClassVar[str] = "own-product"

    width: int = 4
    other: networks.Architecture = SMALL

    def build(self, inputs, outputs, key):
        if min(inputs, outputs) < 1:
            raise ConfigError("a product needs inputs and outputs.")
        one, two = jax.random.split(key)
        mine = eqx.nn.MLP(inputs, outputs, self.width, 1, activation=jnp.tanh, key=one)
        return Product(mine, self.other.build(inputs, outputs, two))


def test_one_from_outside_the_package_conforms():
    result = conforms(Own(other=Own(width=2)))
    assert result.good, str(result)


def test_the_example_of_an_own_network_conforms_and_is_trained(tmp_path):
    place = Path(__file__).parents[2] / "examples" / "ex06_own_network.py"
    example = runpy.run_path(str(place))
    gaussians = example["Gaussians"](count=12)
    result = conforms(gaussians)
    assert result.good, str(result)
    fitted = fit(Surrogate.new(DATA, gaussians), DATA, epochs=30, check=False)
    assert fitted.history.loss[-1].sum() < 1e-2 * fitted.history.loss[0].sum()
    kept = fitted.surrogate.save(tmp_path / "s.npz")
    loaded = Surrogate.load(kept, architectures=(example["Gaussians"],))
    np.testing.assert_array_equal(loaded.value(DATA.x), fitted.surrogate.value(DATA.x))


def test_one_from_outside_is_kept_and_read_where_its_class_is_given(tmp_path):
    surrogate = Surrogate.new(DATA, HardBoundary(Own(), WALLS), key=1)
    path = surrogate.save(tmp_path / "s.npz")
    with pytest.raises(DataError, match=r"'own-product'.*networks\.register.*architectures=") as no:
        Surrogate.load(path)
    assert not isinstance(no.value, CorruptFile)
    loaded = Surrogate.load(path, architectures=(Own,))
    assert loaded.architecture == surrogate.architecture
    np.testing.assert_array_equal(loaded.hessian(DATA.x), surrogate.hessian(DATA.x))
    both = Ensemble((surrogate, loaded.redrawing()(4)), (1, 4))
    kept = both.save(tmp_path / "e.npz")
    with pytest.raises(DataError, match="'own-product'"):
        Ensemble.load(kept)
    np.testing.assert_array_equal(
        Ensemble.load(kept, architectures=(Own,)).value(DATA.x), both.value(DATA.x)
    )


def test_what_is_registered_is_known_from_then_on(tmp_path, monkeypatch):
    monkeypatch.setattr(networks.registry, "_KNOWN", dict(networks.registry._KNOWN))
    snake = networks.Activation("snake", lambda z: z + jnp.sin(z) ** 2)
    surrogate = Surrogate.new(DATA, Own(other=MLP((3,), activation=snake)))
    path = surrogate.save(tmp_path / "s.npz")
    register(Own)
    with pytest.raises(DataError, match="'snake'"):
        Surrogate.load(path)
    register(Own, snake)
    np.testing.assert_array_equal(Surrogate.load(path).value(DATA.x), surrogate.value(DATA.x))
    with pytest.raises(ConfigError, match=r"the name 'snake' of snake is that of snake"):
        register(networks.Activation("snake", jnp.tanh))


@dataclass
class Thawed(networks.Architecture):
    name: ClassVar[str] = "thawed"

    def build(self, inputs, outputs, key):
        raise NotImplementedError


@dataclass(frozen=True)
class Nameless(MLP):
    pass


@dataclass(frozen=True)
class Taken(MLP):
    name: ClassVar[str] = "mlp"


@pytest.mark.parametrize(
    "thing, words",
    [
        (Thawed, "frozen dataclass"),
        (Nameless, 'says name = "…"'),
        (MLP(), "cannot be registered"),
        (jnp.tanh, "cannot be registered"),
        (Taken, "the name 'mlp' of .*Taken.* is that of .*MLP.*: give it another one"),
    ],
)
def test_what_cannot_be_registered_is_refused(thing, words):
    with pytest.raises(ConfigError, match=words):
        register(thing)


# --- architectures that break one promise each


def broken(case, **methods):
    kind = type("Broken", (Own,), {"name": "broken", "__doc__": "One promise broken.", **methods})
    return case, dataclass(frozen=True)(kind)()


def built(change, seed=lambda key: key):
    """`build` with something done to the network."""
    return lambda self, d, q, key: change(Own.build(self, d, q, seed(key)))


class Adjusted(eqx.Module):
    """A network and what happens to its output."""

    inner: eqx.Module
    change: object = eqx.field(static=True)

    def __call__(self, x):
        return self.change(self.inner(x), x)


def told(change):
    return built(lambda network: Adjusted(network, change))


@jax.custom_jvp
def lying(y):
    return y


lying.defjvp(lambda primals, tangents: (primals[0], 2 * tangents[0]))


def bump(self, d, q):
    return replace(self, width=self.width + 1)


COUNT = iter(range(1000))
BROKEN = [
    broken("value", __eq__=lambda a, b: a is b, __hash__=lambda a: 0),
    broken("saved", __annotations__={"array": np.ndarray}, array=jnp.tanh),
    broken("settled", explicit=bump),
    broken("shape", build=told(lambda y, x: y[:1])),
    broken("shape", build=told(lambda y, x: y * jnp.inf)),
    broken("shape", build=told(lambda y, x: y.astype(jnp.float32))),
    broken("keys", build=built(lambda n: n, lambda key: jax.random.key(0))),
    broken("keys", build=built(lambda n: n, lambda key: jax.random.key(next(COUNT)))),
    broken("derivatives", build=told(lambda y, x: lying(y))),
    broken("parameters", build=told(lambda y, x: jax.lax.stop_gradient(y) + 0 * x.sum())),
    broken("refusal", build=lambda self, d, q, key: Own.build(self, max(d, 1), max(q, 1), key)),
]


@pytest.mark.parametrize("case, made", BROKEN)
def test_a_broken_promise_is_seen(case, made):
    result = conforms(made)
    assert case in {failure.case for failure in result.failures}, str(result)


def test_what_an_architecture_raises_is_a_failed_case():
    result = conforms(Own(width=-1))
    assert not result.good and "it raised" in str(result)


@pytest.mark.parametrize("given", [(None,), (MLP(), 0), (MLP(), 2, 0)])
def test_what_cannot_be_tried_is_refused(given):
    with pytest.raises(ConfigError, match="conforms tries an architecture"):
        conforms(*given)


@pytest.mark.parametrize("value", [np.ones(3), jnp.tanh, {"a": 1}, [1]])
def test_a_field_that_no_file_can_hold_is_refused(value):
    with pytest.raises(ConfigError, match="a file cannot hold"):
        packed((1, value))


# --- names


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_command_line_takes_what_the_registry_has(name):
    settings = FitSettings(network=name)
    known = {key: value for key, value in settings.model_dump().items() if key in fields_of(name)}
    assert of_strings(name, **known) == ARCHITECTURES[name]()


def test_the_defaults_are_those_that_the_documentation_names():
    assert DEFAULT == MLP((24, 24), activation=networks.swish, init=networks.glorot)
    assert TALK == MLP((10, 5, 5, 3), activation=networks.tanh)
    assert ESTIMATOR == MLP((16, 16), activation=networks.tanh)
    assert {made.hidden for made in CANDIDATES} == {(24, 24)}
    assert [made.periodic for made in CANDIDATES] == [0.0, 0.5]
    assert Surrogate.new(DATA).architecture == DEFAULT
    assert Surrogate.mlp(DATA).architecture == TALK
