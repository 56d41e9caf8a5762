"""Every law of the registry is what its traits say, and `conforms` finds what is not."""

from dataclasses import dataclass

import jax.numpy as jnp
import pytest

from sobolev.errors import ConfigError
from sobolev.fem import Energy, Law, NeoHooke, PerPoint, Traits
from sobolev.fem.laws.conformance import conforms
from sobolev.fem.laws.registry import LAWS
from sobolev.fem.laws.tensors import symmetric
from sobolev.fem.values import Static


@pytest.mark.parametrize("name", list(LAWS))
def test_a_law_is_what_it_says(name):
    found = conforms(LAWS[name])
    assert found.good, str(found)


@dataclass(frozen=True)
class Wrong(Law):
    """Stress of a linear law with one planted fault."""

    fault: Static[str]

    def traits(self):
        return Traits(finite=self.fault == "objectivity")

    def dual(self, at, state):
        stress = 10 * symmetric(at.gradient)
        if self.fault == "rest":
            stress = stress + jnp.eye(3)
        if self.fault == "symmetry":
            stress = stress.at[0, 1].add(at.gradient[2, 2])
        if self.fault == "shapes":
            stress = stress[:2]
        return (stress, at.value * 0), state


@dataclass(frozen=True)
class Torn(Energy):
    """An energy whose dual is said to be another."""

    def density(self, H):
        return jnp.sum(symmetric(H) ** 2)

    def dual(self, at, state):
        return (3 * symmetric(at.gradient), at.value * 0), state


@pytest.mark.parametrize("fault", ["rest", "symmetry", "shapes", "objectivity"])
def test_a_planted_fault_is_found(fault):
    failed = {each.case for each in conforms(Wrong(fault)).failures}
    assert fault in failed


def test_an_energy_that_is_none_is_found():
    failed = {each.case for each in conforms(Torn()).failures}
    assert failed == {"energy"}


def test_what_is_no_law_with_numbers_is_refused():
    with pytest.raises(ConfigError, match="conforms takes a law"):
        conforms(3)
    with pytest.raises(ConfigError, match="give numbers"):
        conforms(NeoHooke(PerPoint(lambda x, p: x[0]), 0.3))
