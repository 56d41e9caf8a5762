"""Equations that ask for more conditions than there are: told, and never where there are enough."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box, Dataset, Surrogate
from sobolev.equations import CATALOGUE
from sobolev.equations.condition import Condition, zero
from sobolev.errors import ConfigError, EquationWarning
from sobolev.losses import (
    Equation,
    Fixed,
    Region,
    Sobol,
    Uniform,
    View,
    by_names,
    derivatives_along,
)
from sobolev.networks import (
    MLP,
    Between,
    Circle,
    Clamped,
    Constants,
    Face,
    Formula,
    HardBoundary,
    Periodic,
    Regular,
    Segment,
    relu,
    tanh,
)
from sobolev.training.notes import Kind
from sobolev.training.preparation.checks import check_smoothness
from sobolev.training.preparation.conditions import notes_on_conditions
from sobolev.training.preparation.elsewhere import points_elsewhere
from sobolev.training.trained_and_watched import pose

NET = MLP((3,), activation=tanh)
BOX = Box(("x", "t"), (0.0, 0.0), (2.0, 3.0))
LINE = Box(("t",), (0.0,), (2.0,))
AT = Uniform(BOX, 8)


def told(blocks, network=NET, box=BOX, outputs="u"):
    """The sentence, or nothing."""
    surrogate = Surrogate.on(box, outputs, network)
    posed = pose(blocks, surrogate.scaling, None)
    elsewhere = points_elsewhere(posed.watched, View.of(surrogate))
    notes = notes_on_conditions(posed, surrogate, elsewhere)
    assert all(note.kind is Kind.UNDETERMINED and note.alarming for note in notes)
    return " ".join(map(str, notes))


heat = Equation("heat", by_names(BOX, "u")(lambda u: u.t - u.xx), AT)
wave = Equation("wave", by_names(BOX, "u")(lambda u: u.tt - u.xx), AT)
start = Equation("start", zero, Fixed(np.array([[0.2, 0.0], [1.5, 0.0]])), order=0)


def at(side):
    return Equation(side, zero, Uniform(Region.of(BOX).boundary(side), 4), order=0)


@pytest.mark.filterwarnings("ignore::sobolev.errors.EquationWarning")
@pytest.mark.parametrize("name", CATALOGUE)
def test_each_condition_that_is_left_out_is_told_and_no_other_one(name):
    problem = CATALOGUE[name]
    names = [condition.name for condition in problem.conditions]
    points = Uniform(problem.box, 8)
    how = {"box": problem.box, "outputs": problem.outputs}
    assert told(problem.blocks(points), problem.network(NET), **how) == ""
    assert told(problem.blocks(points, conditions=names), **how) == ""
    for condition in problem.conditions:
        rest = [each for each in names if each != condition.name]
        sentence = told(problem.blocks(points, conditions=rest), **how)
        if name == "convection" and condition.place == 0:  # value and slope go round: one will do
            assert sentence == ""
            continue
        assert f" by {problem.box.names[condition.place]}, which ask" in sentence


def test_the_sentence_says_what_there_is_and_what_to_do():
    with pytest.warns(EquationWarning):
        sentence = told([heat, start, at("x=0")])
    assert sentence == (
        "'heat' has derivatives of order 2 by x, which ask for 2 conditions at x = 0 and x = 2 "
        "together, and there is 1 at x = 0. Is one left out? Without it there are many solutions, "
        "and any of them may be found: give it as a further Equation at points of that side, "
        "Uniform(Region.of(box).boundary(...), 64), or in the network, HardBoundary(...)."
    )
    with pytest.warns(EquationWarning):
        alone = told([heat])
    assert "; derivatives of order 1 by t, which ask for a condition at t = 0 or t = 3" in alone


@pytest.mark.filterwarnings("ignore::sobolev.errors.EquationWarning")
def test_what_a_network_holds_counts():
    walls, begin = Between("x", 0.0, 2.0), Face("t", 0.0)
    assert told([heat], HardBoundary(NET, (walls, begin))) == ""
    assert told([wave], HardBoundary(NET, (walls, Clamped(begin)))) == ""
    assert "there is 1 at t = 0" in told([wave], HardBoundary(NET, (walls, begin)))
    assert told([heat, start], HardBoundary(NET, (walls,))) == ""
    assert told([heat, start], Periodic(NET, {"x": 2.0})) == ""
    assert " by t," in told([heat], Periodic(NET, {"x": 1.0}))
    assert " by x," in told([heat, start], Periodic(NET, {"x": 4.0}))  # of twice the box
    half = Segment(("x", "t"), (0.0, 1.5), (0.0, 0.0))
    assert told([heat, start, at("x=2")], HardBoundary(NET, (half,))) == ""
    assert told([heat, start], HardBoundary(NET, (Circle(("x", "t"), (1.0, 1.5), 0.5),))) == ""
    inner = Constants(HardBoundary(NET, (walls, begin)), ("k",))
    both = Equation("heat", by_names(BOX, ("u", "k"))(lambda u, k: u.t - k * u.xx), AT)
    assert told([both], inner, outputs=("u", "k")) == ""


@pytest.mark.filterwarnings("ignore::sobolev.errors.EquationWarning")
def test_a_period_that_what_is_added_does_not_have_is_none():
    """g + φN has the period of N only where g and φ have it."""
    begin, waves = Face("t", 0.0), Periodic(NET, {"x": 2.0})
    assert told([heat], HardBoundary(waves, (begin,), Formula("sin(pi*x) + t"))) == ""
    sentence = told([heat], HardBoundary(waves, (begin,), Formula("x**2")))
    assert (
        "at x = 0 and x = 2 together, and there is none. The network is periodic in x up to "
        in sentence
    )
    kink = told([heat], HardBoundary(waves, (begin,), Formula("(x - 1)**2")))
    assert "and there is 1 of both. The network is periodic in x" in kink
    drive = HardBoundary(Periodic(NET, {"t": 3.0}), (begin,))  # a known frequency, and a start
    assert told([heat, at("x=0"), at("x=2")], drive) == ""


@pytest.mark.filterwarnings("ignore::sobolev.errors.EquationWarning")
def test_what_lies_on_sides_counts_and_what_may_be_hidden_is_passed_over():
    x = np.array([[0.3, 0.0], [1.4, 0.0]])
    data = Dataset(x, np.zeros((2, 1)), inputs=BOX.names, outputs=("u",))
    assert told([heat, data, at("x=0"), at("x=2")]) == ""
    assert " by x," in told([heat, data])
    for inside in (x + 0.5, np.array([[0.3, 0.7]])):  # they may decide anything
        assert (
            told([heat, Dataset(inside, 0 * inside[:, :1], inputs=BOX.names, outputs=("u",))]) == ""
        )
    part = Uniform(Box(("x", "t"), (0.0, 0.0), (1.0, 3.0)), 8)
    assert told([Equation("heat", heat.function, part)]) == ""
    assert told([Equation("heat", heat.function, Uniform(Region.of(BOX) - part.where, 8))]) == ""
    corner = Equation("corner", zero, Fixed(np.zeros((1, 2))), order=0)
    assert " by x," in told([heat, corner])


@pytest.mark.filterwarnings("ignore::sobolev.errors.EquationWarning")
def test_it_is_the_order_at_a_side_that_asks():
    """Legendre's equation has no second derivative at its ends; r² u″ none at the axis."""

    def legendre(u, x):
        value, slope, curvature = derivatives_along(u, x, jnp.ones(1), 2)[:, 0]
        return (1 - x[0] ** 2) * curvature - 2 * x[0] * slope + 6 * value

    def spread(u, x):
        _, slope, curvature = derivatives_along(u, x, jnp.ones(1), 2)[:, 0]
        return x[0] ** 2 * curvature + x[0] * slope - 1

    line = Box(("r",), (-1.0,), (1.0,))
    assert told([Equation("legendre", legendre, Uniform(line, 8))], box=line) == ""
    disk = Box(("r",), (0.0,), (2.0,))
    alone = Equation("disk", spread, Uniform(disk, 8))
    assert "2 conditions" not in (sentence := told([alone], Regular(NET, "r"), disk))
    assert "a condition at r = 0 or r = 2" in sentence
    rim = Equation("rim", zero, Fixed(np.array([[2.0]])), order=0)
    assert told([alone, rim], Regular(NET, "r"), disk) == ""


@pytest.mark.filterwarnings("ignore::sobolev.errors.EquationWarning")
def test_first_order_equations_ask_where_nothing_can_flow_in_unseen():
    decay = Equation("decay", lambda u, t: jax.jacfwd(u)(t)[0, 0] + u(t)[0] ** 2, Sobol(LINE, 8))
    assert "'decay' has derivatives of order 1 by t" in told([decay], box=LINE)
    assert told([decay, Equation("end", zero, Fixed(np.array([[2.0]])))], box=LINE) == ""

    def flow(velocity):
        made = by_names(BOX, "u")(lambda u, x: u.t + velocity(x) * u.x)
        return Equation("flow", made, AT)

    assert " by x," in told([flow(lambda x: 1 + 0 * x), start])
    assert told([flow(lambda x: x - 1), start]) == ""  # out on both sides


@pytest.mark.filterwarnings("ignore::sobolev.errors.EquationWarning")
def test_a_system_is_counted_as_a_whole():
    def stokes(u, v, p):
        return u.xx + u.tt - p.x, v.xx + v.tt - p.t, u.x + v.t

    made = by_names(BOX, ("u", "v", "p"))(stokes)
    block = Equation(("along", "across", "volume"), made, AT)
    how = {"outputs": ("u", "v", "p")}
    walls = HardBoundary(NET, (Between("x", 0.0, 2.0), Between("t", 0.0, 3.0)), outputs=("u", "v"))
    assert told([block], walls, **how) == ""
    open_ = HardBoundary(NET, (Face("x", 0.0), Between("t", 0.0, 3.0)), outputs=("u", "v"))
    assert "4 conditions at x = 0 and x = 2 together, and there is 2 at x = 0" in told(
        [block], open_, **how
    )
    out = Condition("out", 0, 2.0, lambda u, x: u(x)[2])
    assert told([block, Equation("out", out, AT, order=0)], open_, **how) == ""


def test_the_order_of_an_equation_is_found_where_it_matters():
    """A ReLU has a slope and no curvature: what was said of the order decides nothing."""
    rough = Surrogate.on(LINE, "u", MLP((3,), activation=relu))

    def along(order):
        return lambda u, t: derivatives_along(u, t, jnp.ones(1), order)[order, 0]

    for order in (1, 2, 3):
        wave = Equation("wave", along(order), Sobol(LINE, 8), order=0)
        loss = pose([wave], rough.scaling, None).loss
        with pytest.raises(ConfigError, match=f"'relu' .*order {order} is asked"):
            check_smoothness(loss, rough)
    loss = pose([Equation("value", zero, Sobol(LINE, 8))], rough.scaling, None).loss
    check_smoothness(loss, rough)
