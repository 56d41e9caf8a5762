"""Given values as text and on several parts: exact, in physical units, refused with the place."""

import numpy as np
import pytest

from sobolev import Box, Surrogate
from sobolev.errors import ConfigError
from sobolev.networks import (
    MLP,
    Affine,
    Between,
    Circle,
    Clamped,
    Face,
    Formula,
    HardBoundary,
    Transfinite,
)  # fmt: skip
from sobolev.networks.wrappers.hard.expression import FUNCTIONS, evaluated

BOX = Box(("x", "t"), (-1.0, 0.0), (2.0, 3.0))
START, ENDS = Clamped(Face("t", 0.0)), Between("x", -1.0, 2.0)
WAVE = Formula(("sin(pi*x) + t*(x + 1)*(2 - x)", "1e3*x**2"))
WALL = Formula(("0", "1e3*x**2*cos(t)"))
X = np.linspace(-1, 2, 500)


def new(value, boundaries=(START, ENDS), **settings):
    made = HardBoundary(MLP((5,)), boundaries, value)
    outputs = {"output_scale": (1.0, 1e3), "output_shift": (0.5, -20.0)}
    return Surrogate.on(BOX, ("u", "v"), made, **(outputs | settings))


def test_a_start_with_its_slope_and_other_values_at_the_ends_are_exact(tmp_path):
    surrogate = new(Transfinite((WAVE, WALL)))
    at = np.stack([X, 0 * X], 1)
    start = np.stack([np.sin(np.pi * X), 1e3 * X**2], 1)
    np.testing.assert_allclose(surrogate.value(at), start, atol=1e-12)
    rate = surrogate.jacobian(at)[1:-1, :, 1]
    np.testing.assert_allclose(rate[:, 0], ((X + 1) * (2 - X))[1:-1], atol=1e-12)
    assert np.abs(rate[:, 1]).max() < 1e-9
    for x in (-1.0, 2.0):
        wall = np.stack([0 * X + x, X + 1], 1)
        end = np.stack([0 * X, 1e3 * x**2 * np.cos(X + 1)], 1)
        np.testing.assert_allclose(surrogate.value(wall), end, atol=1e-11)
    corners = np.array([[-1.0, 0.0], [2.0, 0.0]])
    assert all(np.isfinite(part).all() for part in surrogate.derivatives(corners, 2))
    loaded = Surrogate.load(surrogate.save(tmp_path / "s.npz"))
    assert loaded.architecture == surrogate.architecture
    np.testing.assert_array_equal(loaded.hessian(at), surrogate.hessian(at))


def test_every_function_is_the_one_of_its_name():
    """And knows its derivatives."""
    arguments = {1: "x/3 + 0.4", 2: "x/3 + 0.4, 0.3*x + t"}
    texts = tuple(f"{name}({arguments[count]})" for name, (count, _) in FUNCTIONS.items())
    made = HardBoundary(MLP((1,)), (Face("t", 0.0),), Formula(texts))
    surrogate = Surrogate.on(BOX, tuple(FUNCTIONS), made)
    values, slopes = surrogate.derivatives([0.7, 0.0], 1)
    names = {"atan": "arctan", "atan2": "arctan2", "min": "minimum", "max": "maximum"}
    for k, (name, (count, _)) in enumerate(FUNCTIONS.items()):
        of_numpy = getattr(np, names.get(name, name))
        x = 0.7 + np.array([0.0, 1e-5, -1e-5])
        wanted = of_numpy(*(x / 3 + 0.4, 0.3 * x)[:count])
        assert values[k] == pytest.approx(wanted[0], rel=1e-14)
        assert slopes[k, 0] == pytest.approx((wanted[1] - wanted[2]) / 2e-5, abs=1e-9)


@pytest.mark.parametrize(
    "text, value",
    [("-2**2", -4.0), ("2*x**-1", 4.0), ("(1 - x)**2/4 - +1", -0.9375), ("x**3", 0.125)],
)
def test_signs_and_powers_are_those_of_mathematics(text, value):
    assert evaluated(text, {"x": np.array(0.5)}, np) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    "text, words",
    [
        ("sin(pi*x", r"'sin\(pi\*x' cannot be read .* at column 4"),
        ("x + sin(z)", "has 'z', which is no input at column 9: choose one of x, t, pi"),
        ("x^2", r"has '\^' at column 2: write a power as \*\*"),
        ("2*x.real", "has 'x.real' at column 3: write numbers"),
        ("__import__('os').remove", "has '__import__"),
        ("open('f')", "calls 'open' at column 1: choose one of sin, cos"),
        ("sin(x, t)", "gives 'sin' 2 at column 1: it takes 1 number"),
        ("x if t else 2", "write numbers, names of inputs"),
        ("lambda: x", "write numbers, names of inputs"),
        ("1e999*x", "has a number that is too large at column 1"),
        ("x**1000", "has a power above 100 at column 4"),
        ("x + True", "has 'True' at column 5"),
        ("x + 2j", "has '2j' at column 5"),
        ("(" * 300 + "x" + ")" * 300, "nested|cannot be read"),
        ("x" * 1001, "at most 1000 letters: got 1001"),
        ("", "a formula is a text"),
        (3.0, "a formula is a text like .*: got 3.0"),
        ((), r"one for each output: got \(\)"),
        (("x", "t", "1"), "3 formulas for the 2 outputs u, v"),
        ("log(t)", "the formula 'log.t.' is -inf at x = .*, t = 0, on the face"),
        ("sqrt(x)", "is nan at x = -1, t = 0"),
    ],
)
def test_what_is_no_formula_is_refused_with_its_place(text, words):
    with pytest.raises(ConfigError, match=words):
        new(Formula(text))


@pytest.mark.parametrize(
    "values, boundaries, words",
    [
        ((WAVE, Affine(1.0)), (START, ENDS), "meet at x = .*, t = 0 and contradict .*'u' is .* on"),
        ((WAVE, WALL, WALL), (START, ENDS), "3 values for 2 boundaries"),
        ((WAVE,), (START, ENDS), "two or more"),
        (
            (Affine(0.0), Affine(1.0)), (Circle(("x", "t"), (1.0, 1.0), 1.0), Face("t", 0.0)),
            "meet at x = 1, t = 0 and contradict each other: 'u' is 0 on the circle and 1 on the f",
        ),
    ],
)  # fmt: skip
def test_values_that_contradict_are_refused(values, boundaries, words):
    with pytest.raises(ConfigError, match=words):
        new(Transfinite(values), boundaries)
