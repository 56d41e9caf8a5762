"""A package that is not imported before something of it is asked for."""

import subprocess
import sys

import pytest

from sobolev._base.late import Late

# What a training with the default does without.
IMPORTS = """
import sys, sobolev
sobolev.fit, sobolev.Surrogate
late = {"optax", "scipy.stats", "sobolev.weighting.registry", "sobolev.optimisers.registry"}
assert not late & set(sys.modules), late & set(sys.modules)
from sobolev.optimisers import Adam
Adam()
assert "optax" in sys.modules
"""


def test_it_stands_for_the_package():
    import json

    late = Late("json")
    assert late.loads is json.loads and late.loads("[1]") == [1]
    with pytest.raises(AttributeError, match="nothing"):
        late.nothing  # noqa: B018
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        Late("no_such_package").anything  # noqa: B018


def test_a_default_training_imports_no_more_than_it_uses():
    ended = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
