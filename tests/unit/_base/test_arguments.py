"""The vocabulary of refusals: what passes, what does not, and that each sentence says the value."""

import jax.numpy as jnp
import numpy as np
import pytest

from sobolev._base import arguments
from sobolev.errors import ConfigError

NO_NUMBER = [None, "3", [1.0], np.ones(2), np.ones((1, 1)), 1j, True, object(), [[1], [2, 3]]]
RULES = {
    "positive": ([1e-300, 3, np.float32(2), jnp.asarray(0.5)], [0, -1, np.inf, np.nan]),
    "not_negative": ([0, 1e300, np.int64(4)], [-1e-300, np.inf, np.nan]),
    "finite": ([0, -1e300], [np.inf, -np.inf, np.nan, 10**400]),
    "within": ([0, 1, 0.5], [-0.1, 1.1, np.nan]),
    "fraction": ([0, 0.999], [1, -0.1, np.nan]),
    "between": ([0.1, 0.999], [0, 1, np.nan]),
    "whole": ([0, 7, 3.0, np.int64(2), 2**70], [-1, 1.5, np.inf, np.nan]),
}


@pytest.mark.parametrize("rule, value", [(r, v) for r, (good, _) in RULES.items() for v in good])
def test_what_passes_is_a_plain_number_of_the_same_size(rule, value):
    found = getattr(arguments, rule)("the size", value)
    assert type(found) is (int if rule == "whole" else float) and found == value


@pytest.mark.parametrize(
    "rule, value", [(r, v) for r, (_, bad) in RULES.items() for v in [*bad, *NO_NUMBER]]
)
def test_what_does_not_is_named_with_its_value(rule, value):
    with pytest.raises(ConfigError) as refused:
        getattr(arguments, rule)("the size", value)
    said = str(refused.value)
    assert said.startswith("the size must ") and f"got {arguments.shown(value)}" in said


def test_a_whole_number_says_of_what_and_what_else_may_stand_there():
    with pytest.raises(ConfigError, match=r"^n must be a whole number of rows ≥ 2, or None: got 1"):
        arguments.whole("n", 1, 2, " of rows", ", or None")


@pytest.mark.parametrize("choice", ["first", None, ["best"], np.ones(2), 0])
def test_another_word_is_refused_with_those_that_there_are(choice):
    with pytest.raises(ConfigError, match=r"^unknown keep .*: choose one of best, last"):
        arguments.one_of("keep", choice, ("best", "last"))


def test_one_of_the_words_comes_back():
    assert arguments.one_of("keep", "last", ("best", "last")) == "last"
    assert arguments.one_of("mode", None, (None, "adjoint")) is None
    assert arguments.one_of("order", np.int64(2), (0, 1, 2)) == 2


def test_a_long_value_is_cut_and_a_text_is_quoted():
    assert arguments.shown("mean") == "'mean'" and arguments.shown(1.5) == "1.5"
    assert len(arguments.shown("x" * 1000)) == 60
