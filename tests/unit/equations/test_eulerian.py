"""u(x, t) from labels: closed forms of the map, its inverse and all derivatives; refusals."""

from dataclasses import dataclass, replace
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box, Surrogate, load, networks
from sobolev.equations import Eulerian
from sobolev.errors import ConfigError, CorruptFile, DataError, Diverged

TURN = 2 * np.pi
BOX = Box(("x", "t"), (0.0, 0.0), (TURN, 1.0), ("m", "s"))
HALF = Box(("x", "t"), (0.0, 0.0), (TURN, 0.5))


class Map(eqx.Module):
    """d = (c + a sin X) t, u = sin X + t, of X and t scaled to [−1, 1]."""

    speed: jnp.ndarray
    bend: jnp.ndarray
    side: jnp.ndarray

    def __call__(self, x):
        X, t = self.side / 2 * (1 + x[0]), (1 + x[1]) / 2
        return jnp.stack([(self.speed + self.bend * jnp.sin(X)) * t, jnp.sin(X) + t])


@dataclass(frozen=True)
class Known(networks.Architecture):
    """A map whose inverse is known."""

    name: ClassVar[str] = "known map"
    speed: float = 50.0
    bend: float = 0.5
    side: float = TURN

    def build(self, inputs, outputs, key):
        return Map(jnp.asarray(self.speed), jnp.asarray(self.bend), jnp.asarray(self.side))


def of(speed=50.0, bend=0.5, unit="m", side=TURN):
    box, made = replace(BOX, upper=(side, 1.0)), Known(speed, bend, side)
    return Surrogate.on(box, ("d", "u"), made, output_units=(unit, "K"))


def known(X, t, speed, bend):
    """Place, u, u_x, u_t, u_xx of what began at X."""
    moved, J = speed + bend * np.sin(X), 1 + bend * t * np.cos(X)
    slope = np.cos(X) / J
    curved = (-np.sin(X) / J + np.cos(X) * bend * t * np.sin(X) / J**2) / J
    return X + moved * t, np.sin(X) + t, slope, 1 - slope * moved, curved


@pytest.mark.parametrize("speed, period", [(50.0, TURN), (0.0, None)])
def test_value_and_derivatives_are_those_of_the_inverse_map(speed, period):
    """Also eight periods away; and only by what the labels are, without one."""
    X, t = np.random.default_rng(0).random((2, 64)) * [[TURN], [1.0]]
    x, y, slope, rate, curved = known(X, t, speed, 0.5)
    field = Eulerian(of(speed), period=period)
    assert (field.outputs, field.output_units, field.box) == (("u",), ("K",), BOX)
    value, first, second = field.derivatives(np.stack([x, t], 1), 2)
    np.testing.assert_allclose(value[:, 0], y, atol=1e-13)
    np.testing.assert_allclose(first[:, 0, 0], slope, atol=1e-12)
    np.testing.assert_allclose(first[:, 0, 1], rate, atol=1e-11)
    np.testing.assert_allclose(second[:, 0, 0, 0], curved, atol=1e-11)


def test_the_least_stretch_is_found_between_points_and_at_the_end():
    assert Eulerian(of(bend=0.98), period=TURN).least_stretch == pytest.approx(0.02, abs=1e-3)


def test_where_characteristics_cross_it_is_refused_with_place_time_and_stretch():
    there = r"began at 3.14\d* arrives at x = 3.1\d*, t = 1 with J = -0.2"
    with pytest.raises(Diverged, match=there):
        Eulerian(of(0.0, 1.2))
    with pytest.raises(Diverged, match=r"J = 0.005, which must be 0.01 or more. Give a box that"):
        Eulerian(of(50.0, 0.995), period=TURN)
    with pytest.raises(Diverged, match=there):  # in the part of the period beyond the box
        Eulerian(of(0.0, 1.2, side=TURN / 4), period=TURN)
    field = Eulerian(of(0.0, 1.2), box=HALF)  # until then there is an answer, and none after
    x, y, *_ = known(2.0, 0.4, 0.0, 1.2)
    assert field.value([x, 0.4])[0] == pytest.approx(y, abs=1e-14)
    for ask in (field.value, field.hessian):
        with pytest.raises(Diverged, match=r"row 1 of x, \[3.0, 0.9\]: .*for t in \[0, 0.5\] only"):
            ask([[3.0, 0.4], [3.0, 0.9]])
    assert np.isnan(field.as_function()(jnp.array([3.0, 0.9]))).all()


def test_a_place_without_a_label_is_refused():
    field = Eulerian(of(0.0))
    ends = field.value([[0.0, 0.3], [TURN, 0.3]])
    np.testing.assert_allclose(ends, 0.3, atol=1e-14)
    for ask in (field.value, lambda x: field.hvp(x, np.ones((1, 2)))):
        with pytest.raises(Diverged, match=r"row 0 .*began outside of x in \[0, 6.28319\]"):
            ask([[-0.1, 0.3]])


def test_it_is_kept(tmp_path):
    field = Eulerian(of(), period=TURN, box=HALF)
    path = field.save(tmp_path / "field.npz")
    networks.register(Known)
    again = load(path)
    x = HALF.from_unit(np.random.default_rng(1).random((5, 2)))
    np.testing.assert_array_equal(again.value(x), field.value(x))
    assert isinstance(again, Eulerian) and again.box == field.box and again.period == TURN
    assert again.save(tmp_path / "two.npz").read_bytes() == path.read_bytes()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CorruptFile):
        load(path)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Eulerian(of(), "e"), "the displacement 'e' is one output.*has d, u"),
        (lambda: Eulerian(of(), "d", "y"), "no input 'y' that is displaced.*has x, t"),
        (lambda: Eulerian(of(unit="mm")), "d is in mm and x in m: they are added"),
        (lambda: Eulerian(of(), period=3.0), "u changes when x grows by the period 3: put Per"),
        (lambda: Eulerian(of(), period=-1.0), "the period must be a positive number: got -1"),
        (lambda: Eulerian(of(), box=Box(("x", "t"), (0, 0), (1, 2))), r"made for t in \[0, 1\]"),
        (lambda: Eulerian(of(), box=Box(("x",), (0,), (1,))), "box of an Eulerian is one of x, t"),
    ],
)
def test_what_does_not_fit_is_refused(make, words):
    with pytest.raises(ConfigError, match=words):
        make()
    with pytest.raises(DataError, match=r"lies around a Surrogate .*: got a str"):
        Eulerian("surrogate")  # type: ignore[arg-type]
