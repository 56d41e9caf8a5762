"""Problems of mechanics that are posed wrongly: one sentence each, never a number."""

import re

import numpy as np
import pytest
from bad_mechanics import AT_ONCE, AT_SOME_PARAMETERS, AT_THE_SOLVE, BOX, model

from sobolev.errors import ConfigError, DataError, Diverged


def told(error):
    """One paragraph, ended by a full stop or by what to write."""
    text = str(error.value)
    assert "\n" not in text and 20 < len(text) < 500 and text.rstrip()[-1] in ".)"
    return text


@pytest.mark.parametrize("name", list(AT_ONCE))
def test_what_is_wrong_at_once(name):
    wrong, sentence = AT_ONCE[name]
    with pytest.raises(ConfigError) as error:
        wrong()
    assert re.search(sentence, told(error))


@pytest.mark.parametrize("name", list(AT_THE_SOLVE))
def test_what_is_wrong_at_the_solve(name):
    wrong, sentence = AT_THE_SOLVE[name]
    with pytest.raises(ConfigError) as error:
        wrong()
    assert re.search(sentence, told(error))


@pytest.mark.parametrize("name", list(AT_SOME_PARAMETERS))
def test_what_is_wrong_at_some_parameters(name):
    wrong, sentence = AT_SOME_PARAMETERS[name]
    with pytest.raises(Diverged) as error:
        wrong()
    assert re.search(sentence, told(error))


@pytest.mark.parametrize("x", [[1.0, 2.0], [[1.5]], "a"])
def test_parameters_of_another_shape(x):
    with pytest.raises(DataError, match=r"parameters (have the shape \(1,\)|are numbers \[1\])"):
        model().solve(x)


def test_what_is_sound_has_a_solution():
    """The problem that all of these change, so that none is refused for another reason."""
    y, dy = model().solve(np.array(BOX.lower))
    assert y == pytest.approx([0.1]) and dy == pytest.approx(np.array([[-0.1]]))
