"""Equations by names: the same numbers as by hand, every derivative once, and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box, Surrogate, fit
from sobolev.errors import ConfigError, DataError
from sobolev.losses import Equation, Functional, Uniform, by_names, derivatives_along

BOX = Box(("x", "y", "time"), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
POINT = jnp.array([0.3, 0.2, 0.5])


def known(z):
    """u = sin(x + 2y)·e^time, p = x² time."""
    return jnp.stack([jnp.sin(z[0] + 2 * z[1]) * jnp.exp(z[2]), z[0] ** 2 * z[2]])


def test_derivatives_by_names_are_those_of_calculus():
    @by_names(BOX, ("u", "p"))
    def found(u, p, x):
        sums = 2 - u + p * 3 - 1 / u - (-u) ** 2 + u / p + (1 + p) + abs(-u - 3) - 2 ** (+p)
        return u.x, u.xxyy, u.xtime, p.d("x", "time"), p.x_x + u.value, sums, x * p.time, u

    s, c, e = np.sin(0.7), np.cos(0.7), np.exp(0.5)
    u, p = s * e, 0.045
    sums = 2 - u + 3 * p - 1 / u - u**2 + u / p + 1 + p + (u + 3) - 2**p
    want = [c * e, 4 * u, c * e, 0.6, 1.0 + u, sums, 0.3 * 0.09, u]
    np.testing.assert_allclose(found(known, POINT), want, rtol=1e-12)
    assert found.order == 4
    assert Equation(tuple("abcdefgh"), found, Uniform(BOX, 4)).order == 4


def test_what_is_written_by_names_costs_what_it_costs_by_hand():
    """Counted: one Taylor pass along x and one along t, however often a derivative is used."""
    box = Box(("x", "t"), (-1.0, 0.0), (1.0, 1.0))
    W = jnp.asarray(np.random.default_rng(0).normal(size=(2, 30, 30)))

    def network(z):
        h = jnp.tanh(W[0] @ jnp.tanh(W[1][:, :2] @ z))
        return jnp.stack([jnp.sum(h)])

    def by_hand(u, z):
        value, slope, curved = derivatives_along(u, z, jnp.array([1.0, 0.0]), 2)[:, 0]
        rate = jax.jvp(u, (z,), (jnp.array([0.0, 1.0]),))[1][0]
        return rate + value * slope - 0.1 * curved

    named = by_names(box, "u")(lambda u: u.t + u * u.x - 0.1 * u.xx + 0 * (u.x + u.t - u))
    rows = jnp.asarray(np.random.default_rng(1).uniform(size=(64, 2)))
    flops, values = [], []
    for function in (named, by_hand):
        many = jax.jit(jax.vmap(lambda z, f=function: f(network, z))).lower(rows).compile()
        flops.append(many.cost_analysis()["flops"])
        values.append(many(rows))
    np.testing.assert_allclose(*values, rtol=1e-12)
    assert flops[0] < 1.05 * flops[1]


RATE = 1.0


def test_a_number_that_has_changed_in_the_module_makes_another_equation(monkeypatch):
    """Compiled code is found by it, and by its function alone would be that of the old number."""

    def plain(u, x):
        return RATE * u(x)[0]

    def named(u):
        return u.x + RATE * u

    def made():
        x = np.zeros((1, 3))
        return (
            Equation("plain", plain, x),
            Equation("named", by_names(BOX, "u")(named), x),
            Functional("energy", plain, x, np.ones(1)),
        )

    before, same = map(jax.tree.structure, made()), map(jax.tree.structure, made())
    monkeypatch.setitem(globals(), "RATE", 2.0)
    for first, again, changed in zip(before, same, map(jax.tree.structure, made()), strict=True):
        assert first == again != changed


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda u, s: u, "an argument 's', which is none of the inputs x, y, time and outputs u"),
        (lambda u: u.z, "'z' is no derivative by the inputs x, y, time"),
        (lambda u: u.d("z"), "a derivative by 'z': the inputs are x, y, time"),
        (lambda u: jnp.sin(u), r"cannot be evaluated.*u\.value"),
        (lambda u, x: u.x if x > 0.5 else u, r"cannot be evaluated.*jnp\.where"),
        (lambda u: np.sin(u.value), "cannot be evaluated.*take those of jax.numpy"),
        (lambda x: x, "has none of u in it: it says nothing"),
        (lambda *u: u[0].x, "has plain arguments, one for each of x, y, time, u"),
        (lambda u: None, "an equation of u returns None for one point: it must return a real"),
        (lambda u: u.x * 1j, "must return a real number"),
        (lambda u: (u.x, jnp.zeros(2) * u), "must return a real number, or one for each name"),
        (3.0, "by_names takes a function of"),
    ],
)
def test_equations_that_name_what_is_not_there_are_refused(make, words):
    with pytest.raises(ConfigError, match=words):
        by_names(BOX, "u")(make)


def test_names_that_may_be_read_in_two_ways_are_refused():
    with pytest.raises(ConfigError, match=r"'xx' may mean several derivatives.*write it as"):
        by_names(("x", "xx"), "u")(lambda u: u.xx)
    for name, asked in (("value", lambda u: u.value), ("size", lambda u: u.size)):
        with pytest.raises(ConfigError, match=rf"'.{name}' is not the derivative.*d\(\"{name}\"\)"):
            by_names((name, "x"), "u")(asked)
    with pytest.raises(ConfigError, match=r"the derivative by the input 'd' is u.d\(\"d\"\)"):
        by_names(("d", "x"), "u")(lambda u: u.d + u)
    with pytest.raises(ConfigError, match="different names"):
        by_names(("u", "x"), "u")
    with pytest.raises(ConfigError, match="has derivatives of order 2: leave order=1 out"):
        Equation("e", by_names(BOX, "u")(lambda u: u.xx), Uniform(BOX, 4), order=1)


def test_an_equation_of_other_names_than_the_surrogate_is_refused():
    equation = Equation("e", by_names(("y", "x", "time"), "u")(lambda u: u.x), Uniform(BOX, 4))
    with pytest.raises(DataError, match="is written in the inputs y, x, time: the surrogate has x"):
        fit(Surrogate.on(BOX, "u"), equation, epochs=1)
    with pytest.raises(ConfigError, match="of a function with 2 outputs: name all of them"):
        by_names(BOX, "u")(lambda u: u.x)(known, POINT)
