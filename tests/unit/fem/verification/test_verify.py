"""Planted mistakes are found and named; right laws are left alone."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from spoilt_laws import DAMAGED, ELASTIC, KINDS, RETURNED, SIX, VISCOUS, changed, entries, spoilt

from sobolev import fem
from sobolev.errors import ConfigError
from sobolev.fem.laws.tensors import symmetric


@pytest.mark.parametrize("name", list(SIX))
def test_an_entry_that_is_off_by_a_thousandth_is_named(name):
    law = SIX[name]
    right = fem.verify(law, seed=3)
    assert right.good, str(right)
    rng = np.random.default_rng(7)
    n = entries(law)
    once = 1 if n == 6 else 4  # 11, 22, 33 are the entries 0, 4, 8 of nine
    for i, j in (once * rng.choice(3, (5, 2))).tolist():  # those of normal stresses are not small
        found = fem.verify(spoilt(law, i, j), seed=3)
        named = [each for each in found.findings if each.kind == "tangent"]
        digits = [f"{k + 1}{k + 1}" for k in (i // once, j // once)]
        assert [each.entry[2:4] + each.entry[-2:] for each in named] == ["".join(digits)]
        assert named[0].factor == pytest.approx(1.001, rel=1e-5)
        assert "is 0.1 % too large at state" in named[0].sentence


@pytest.mark.parametrize("kind", list(KINDS))
def test_other_mistakes_are_found_by_what_they_break(kind):
    make, wanted, claims = KINDS[kind]
    found = fem.verify(make(), **claims)
    assert {each.kind for each in found.findings} == wanted, str(found)


MEANT = {
    "twice what they should be: strains are engineering": "shear moduli twice, in the tangent",
    "it is the elastic one where the law flows": "the elastic tangent where it flows",
}


@pytest.mark.parametrize("sentence", list(MEANT))
def test_a_mistake_that_is_known_is_called_by_its_name(sentence):
    make, _, claims = KINDS[MEANT[sentence]]
    assert sentence in fem.verify(make(), **claims).findings[0].sentence


def _swap(T):
    return T.reshape(3, 3, 3, 3).transpose(0, 1, 3, 2)


@pytest.mark.parametrize(
    "routine, change, sentence",
    [
        (DAMAGED, lambda s, T, z: (s, _swap(T), z), "the strain in it is transposed"),
        (DAMAGED, lambda s, T, z: (s, 1.1 * T, z), "all of it is 1.1 times"),
        (DAMAGED, lambda s, T, z: (s, -T, z), "all of it is -1 times"),
        (
            RETURNED,
            lambda s, T, z: (s, T[:, [0, 1, 2, 3, 5, 4]][[0, 1, 2, 3, 5, 4]], z),
            "another order, that of 11 22 33 12 23 13",
        ),
        (
            ELASTIC,
            lambda s, T, z: (s, (T + np.eye(6, k=3) * 1e4).T, z),
            "∂σ12/∂ε11 should be zero",
        ),
    ],
)
def test_what_was_meant_is_told(routine, change, sentence):
    found = fem.verify(changed(routine, change))
    assert sentence in " ".join(each.sentence for each in found.findings), str(found)


def test_what_is_not_claimed_is_told():
    found = fem.verify(fem.LinearElastic(1.0, 0.3))
    assert "it is isotropic." in found.observations
    assert any("acoustic tensor is positive" in each for each in found.observations)
    softening = fem.verify(fem.SaintVenantKirchhoff(1.0, 0.3))
    assert softening.good and any("loses ellipticity" in each for each in softening.observations)
    assert "5 of 5 states" in found.line and str(found).endswith(found.line)


def _failing(strain, state, step):
    """A stress that softens until round-off is left of it: 1 - d is zero, its slope is not."""
    size = np.sqrt(strain @ strain)
    left, slope = 1 - (1 - np.exp(-size / 1e-5)), np.exp(-size / 1e-5) / 1e-5
    along = strain / size if size else strain
    return left * strain, left * np.eye(6) - slope * np.outer(strain, along), state


def test_what_round_off_leaves_of_a_failed_state_is_no_mistake():
    found = fem.verify(fem.Routine(_failing))
    assert not [each for each in found.findings if each.kind == "tangent"], str(found)
    assert max(each.sharp for each in found.seen if not each.problem) < 1e-4


def test_a_state_that_is_not_a_number_is_told():
    lost = fem.Routine(lambda e, s, t: (e, np.eye(6), np.full(1, np.nan)), start=np.zeros(1))
    (found,) = fem.verify(lost).findings
    assert found.kind == "state" and "new state is not a number at state 1" in found.sentence


def test_a_dashpot_the_right_way_round_is_left_alone():
    found = fem.verify(VISCOUS)
    assert found.good and {"dissipation", "update"} <= set(found.checked), str(found)


def test_a_kink_is_no_mistake():
    found = fem.verify(SIX["Holzapfel"])
    assert found.good and [each.problem for each in found.seen][:2] == ["kink", ""]


@dataclass(frozen=True)
class Acting(fem.Law):
    """A stress at rest, and other faults at a point."""

    fault: fem.values.Static[str]

    def traits(self):
        return fem.Traits(symmetric=False)

    def dual(self, at, state):
        P = symmetric(at.gradient)
        match self.fault:
            case "rest":
                P = P + jnp.eye(3)
            case "values":
                P = P * (1 + at.value[0] ** 2)
            case "no stress":
                P = jnp.sqrt(-1.0 - at.gradient**2) * P
            case "whole numbers":
                P = jnp.ones((3, 3), int)
            case "by numpy":
                P = np.asarray(at.gradient) * 1.0
            case "from outside":
                P = jax.pure_callback(
                    lambda g: g, jax.ShapeDtypeStruct((3, 3), float), P, vmap_method="sequential"
                )
        return (P, at.value * 0), state


@pytest.mark.parametrize("fault", ["rest", "values", "no stress"])
def test_a_fault_of_the_stress_is_named(fault):
    kinds = {each.kind for each in fem.verify(Acting(fault)).findings}
    assert kinds == {fault}


def test_a_stress_at_rest_may_be_meant():
    found = fem.verify(Acting("rest"), unstressed=False)
    assert found.good and any("at rest it acts" in each for each in found.observations)


BAD = {
    "whole numbers": "gives P as real numbers: got int",
    "by numpy": "write it with jax.numpy in place of numpy",
    "from outside": "has no derivative .* fem.Routine",
}


@pytest.mark.parametrize("fault", list(BAD))
def test_a_law_without_derivatives_is_refused_in_a_sentence(fault):
    with pytest.raises(ConfigError, match=BAD[fault]) as error:
        fem.verify(Acting(fault))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: fem.verify(3), "verify takes a law of fem, a fem.Routine or a fem.Umat: got 3"),
        (lambda: fem.verify(fem.NeoHooke), "verify takes a law"),
        (lambda: fem.verify(fem.NeoHooke("E", 0.3)), "there is no parameter 'E'"),
        (lambda: fem.verify(fem.NeoHooke(1.0, 0.3), -1), "strain must be a positive"),
        (lambda: fem.Routine(3), "a Routine is a function"),
        (lambda: fem.Routine(len, "cauchy"), "unknown form 'cauchy': choose one of voigt"),
        (lambda: fem.Routine(len, order=("11", "22")), "order holds the six components"),
        (lambda: fem.verify(fem.Routine(lambda e, s, t: e)), "returns .stress, tangent, state."),
        (
            lambda: fem.verify(fem.Routine(lambda e, s, t: (e, np.eye(5), s))),
            r"6 x 6 slopes in the form \"voigt\" and 0 numbers of state: got \[\(6,\), \(5, 5\)",
        ),
    ],
)
def test_what_is_no_law_is_refused_in_a_sentence(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()
