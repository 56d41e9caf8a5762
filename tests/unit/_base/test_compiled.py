"""Programs with options of their own: in force, kept out of other programs, never in the way."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev._base.compiled import SELDOM, STEPS, Compiled, compiled, jitted

X = jnp.arange(3.0)


def twice(x, what="sum"):
    """Of an array, with a setting that is no array."""
    return getattr(jnp, what)(2 * x)


@pytest.mark.parametrize("options", [STEPS, SELDOM, {}, {"xla_no_such_option": True, **SELDOM}])
def test_it_says_what_the_function_says(options):
    function = compiled(options)(twice)
    assert float(function(X)) == 6 and float(function(X, what="max")) == 4
    assert float(function(X + 1)) == 12
    assert function.programs() == 2 and function.__doc__ == twice.__doc__


def test_within_others_it_is_a_part_of_them():
    function = Compiled(twice, SELDOM)
    assert float(jax.jit(lambda x: function(x) + 1)(X)) == 7
    assert jax.eval_shape(lambda: function(jnp.ones(3))).shape == ()
    np.testing.assert_array_equal(jax.grad(function)(X), 2 * np.ones(3))
    np.testing.assert_array_equal(jax.vmap(function)(jnp.ones((2, 3))), [6, 6])
    assert float(function(X)) == 6


def test_what_the_user_sets_wins(monkeypatch):
    """An option of that name is not asked for, here one that would be refused."""
    monkeypatch.setenv("XLA_FLAGS", "--xla_no_such_option=3")
    function = Compiled(twice, {"xla_no_such_option": True})
    assert float(function(X)) == 6
    assert function._options == {"xla_no_such_option": True}  # never asked for, so never refused


def test_an_error_of_the_program_is_raised():
    def bad(x):
        raise jax.errors.JaxRuntimeError("out of memory")

    with pytest.raises(jax.errors.JaxRuntimeError, match="out of memory"):
        Compiled(bad, SELDOM)(X)


def test_a_static_first_argument_decides_the_program():
    @jitted(SELDOM)
    def power(n, x):
        return x**n

    assert [float(power(n, jnp.asarray(3.0))) for n in (1, 2)] == [3.0, 9.0]
    assert float(jax.jit(lambda x: power(2, x))(3.0)) == 9.0
    assert float(jax.grad(lambda x: power(2, x))(3.0)) == 6.0
    power._options["xla_an_option_of_tomorrow"] = True
    del power._outside
    assert float(power(3, jnp.asarray(2.0))) == 8.0
