"""Parts of the boundary of a region without a condition: told by their names, and no others."""

import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box, Dataset, Surrogate
from sobolev.equations.condition import zero
from sobolev.errors import EquationWarning
from sobolev.losses import Ball, Equation, Fixed, Polygon, Region, Uniform, View, by_names
from sobolev.networks import MLP, Circle, HardBoundary, tanh
from sobolev.training.notes import Kind
from sobolev.training.preparation.elsewhere import points_elsewhere
from sobolev.training.preparation.parts import notes_on_parts
from sobolev.training.trained_and_watched import pose

NET = MLP((3,), activation=tanh)
PLANE = ("x", "y")
SQUARE = Box(PLANE, (-1.0, -1.0), (1.0, 1.0))
PLATE = Region.of(SQUARE) - Ball(PLANE, (0.0, 0.0), 0.5, "hole")
RIM = np.stack([0.5 * np.cos(np.arange(6.0)), 0.5 * np.sin(np.arange(6.0))], axis=1)
pytestmark = pytest.mark.filterwarnings("ignore::sobolev.errors.EquationWarning")


def told(blocks, network=NET, box=SQUARE, outputs="u"):
    """The sentence, or nothing."""
    surrogate = Surrogate.on(box, outputs, network)
    posed = pose(blocks, surrogate.scaling, None)
    elsewhere = points_elsewhere(posed.watched, View.of(surrogate))
    notes = notes_on_parts(posed, surrogate, elsewhere)
    assert all(note.kind is Kind.UNDETERMINED and note.alarming for note in notes)
    return " ".join(map(str, notes))


def field(function, region=PLATE, box=SQUARE, outputs="u", name="field"):
    return Equation(name, by_names(box, outputs)(function), Uniform(region, 16))


def on(*names, region=PLATE):
    return Equation("/".join(names), zero, Uniform(region.boundary(*names), 16), order=0)


potential = field(lambda u: u.xx + u.yy)
EDGES = on("x=-1", "x=1", "y=-1", "y=1")


def test_the_part_without_a_condition_is_named():
    assert told([potential, EDGES, on("hole")]) == ""
    with pytest.warns(EquationWarning):
        sentence = told([potential, EDGES])
    assert "condition on all of the boundary" in sentence
    assert "there is none on 'hole'" in sentence
    assert 'region.boundary("hole")' in sentence
    assert "none on 'x=-1', 'hole'. Is" in told([potential, on("x=1", "y=-1", "y=1")])
    assert "'x=-1', 'x=1', 'y=-1', 'y=1', 'hole'" in told([potential])


def test_points_that_stay_and_labels_count_and_two_corners_do_not():
    rim = Equation("rim", zero, Fixed(RIM), order=0)
    assert told([potential, EDGES, rim]) == ""
    data = Dataset(RIM, np.zeros((6, 1)), inputs=PLANE, outputs=("u",))
    assert told([potential, EDGES, data]) == ""
    across = np.stack([np.linspace(-1, 1, 9), np.full(9, -1.0)], axis=1)
    lines = [Equation(n, zero, Fixed(s * across), order=0) for n, s in (("low", 1), ("high", -1))]
    assert "none on 'x=-1', 'x=1'. Is" in told([potential, on("hole"), *lines])


def test_what_the_network_holds_counts():
    hard = HardBoundary(NET, (Circle(PLANE, (0.0, 0.0), 0.5),))
    assert told([potential, EDGES], hard) == ""
    assert "'x=-1'" in told([potential, on("hole")], hard)


def test_what_may_be_hidden_or_needs_none_is_passed_over():
    inside = Dataset(np.full((1, 2), 0.8), np.zeros((1, 1)), inputs=PLANE, outputs=("u",))
    assert told([potential, EDGES, inside]) == ""
    assert told([field(lambda u: u.x + 2 * u.y)]) == ""  # it flows in on one side
    assert told([field(lambda u: u.xx - u.yy)]) == ""  # a wave, and its end
    assert told([field(lambda u, x: u.xx + x * u.yy)]) == ""  # of both kinds
    assert told([field(lambda u: u.x * u.xx + u.yy)]) == ""  # whose kind depends on u


def test_a_system_needs_something_on_each_part():
    def navier(u, v):
        return 3 * u.xx + u.yy + 2 * v.xy, v.xx + 3 * v.yy + 2 * u.xy

    both = field(navier, outputs=("u", "v"), name=("along", "across"))
    sentence = told([both, EDGES], outputs=("u", "v"))
    assert "'along, across' has second derivatives" in sentence and "on 'hole'. Is" in sentence
    assert told([both, EDGES, on("hole")], outputs=("u", "v")) == ""


def test_in_space_and_time_the_ends_are_left_to_others():
    box = Box(("x", "y", "t"), (-1.0, -1.0, 0.0), (1.0, 1.0, 2.0))
    disk = Ball(PLANE, (0.0, 0.0), 1.0, "rim") * Box(("t",), (0.0,), (2.0,))
    rim = on("rim", region=disk)
    for equation in (lambda u: u.t - u.xx - u.yy, lambda u: u.tt - u.xx - u.yy):
        body = field(equation, disk, box)
        assert "there is none on 'rim'. Is" in told([body], box=box)
        assert told([body, rim], box=box) == ""


def test_corners_of_a_polygon():
    wedge = Polygon(PLANE, [(-1, -1), (1, -1), (-1, 1)], names=("bottom", "slope", "left"))
    body = field(lambda u: -u.xx - 2 * u.yy + jnp.sin(u.value), wedge)
    assert "none on 'slope'. Is" in told([body, on("bottom", "left", region=wedge)])
