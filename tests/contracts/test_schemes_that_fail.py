"""The conformance suite finds the schemes that do not keep to the protocol, each in its case."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array

from sobolev.errors import ConfigError
from sobolev.weighting import Scheme, Unweighted, conforms
from sobolev.weighting.conformance import ordinary, recorded


class Broken(Scheme):
    """Weights 1: the schemes below each have one fault."""

    def init(self, energies):
        return jnp.ones_like(energies)

    def update(self, statistics, state):
        return state, state


class NaNAtZeroLoss(Broken):
    def update(self, statistics, state):
        w = 1 / statistics.losses
        return w / w.sum(), state


class Counter(NamedTuple):
    step: int
    ones: Array


class PythonCounter(Broken):
    def init(self, energies):
        return Counter(0, jnp.ones_like(energies))

    def update(self, statistics, state):
        if state.step == 0:
            return state.ones, state._replace(step=1)
        return 2 * state.ones, state._replace(step=state.step + 1)


class Grows(Broken):
    def init(self, energies):
        return energies[None]

    def update(self, statistics, state):
        state = jnp.concatenate([state, statistics.losses[None]])
        return state.mean(axis=0), state


class Forgets(Broken):
    """Something beside the state: the second run of the same steps is another one."""

    seen: list = eqx.field(default_factory=list, static=True)

    def update(self, statistics, state):
        self.seen.append(1)
        return state * len(self.seen), state

    def __hash__(self):
        return id(self)

    def __eq__(self, other):
        return self is other


class Overflows(Broken):
    def update(self, statistics, state):
        return statistics.losses**2 / jnp.sum(statistics.losses**2 + 1), state


class AbsoluteFloor(Broken):
    needs = frozenset({"gram"})
    unit_free = True

    def update(self, statistics, state):
        return 1 / (jnp.sqrt(jnp.diagonal(statistics.gram)) + 1.0), state


class ChangesDtype(Broken):
    def update(self, statistics, state):
        return jnp.ones(len(state)), state.astype(jnp.float32)


class OneWeight(Broken):
    def update(self, statistics, state):
        return jnp.ones(()), state


class CannotCancel(Broken):
    needs = frozenset({"gram"})

    def update(self, statistics, state):
        total = jnp.sqrt(jnp.maximum(jnp.sum(statistics.gram[:2, :2]), 0.0))
        return state / total, state


class Telepathic(Broken):
    needs = frozenset({"thoughts"})


@pytest.mark.parametrize(
    "scheme, case, words",
    [
        (NaNAtZeroLoss(), "zero loss", "weight of term 0 is nan in step 0"),
        (NaNAtZeroLoss(), "everything zero", "is nan"),
        (PythonCounter(), "scan under vmap", "TracerBoolConversionError"),
        (PythonCounter(), "state", "0 in it is a int, not an array"),
        (Grows(), "state", "step 0 changes its structure, shapes or dtypes"),
        (Grows(), "scan under vmap", "TypeError"),
        (Forgets(), "scan = Python loop", "differ by"),
        (Forgets(), "going on from a stored state", "differ by"),
        (Overflows(), "losses of 1e300", "is nan"),
        (AbsoluteFloor(), "unit of a term", "shares differ"),
        (ChangesDtype(), "state", "changes its structure, shapes or dtypes"),
        (OneWeight(), "scan under vmap", "weights of shape () for 3 terms"),
        (CannotCancel(), "gradients that cancel", "is inf"),
        (Telepathic(), "protocol", "thoughts is not known"),
        (object(), "protocol", "it is no Scheme: class MyScheme(Scheme)"),
    ],
)
def test_each_fault_is_found_in_its_case(scheme, case, words):
    found = conforms(scheme)
    assert not found.good
    failed = {result.case: result.sentence for result in found.failures}
    assert words in failed[case]
    assert f"FAILED  {case}: " in str(found)


def test_a_scheme_without_a_fault_passes():
    assert conforms(Broken()).good


def test_losses_after_the_step_are_handed_over():
    class After(Broken):
        def init(self, energies):
            return (jnp.ones_like(energies), jnp.zeros_like(energies))

        def update(self, statistics, state):
            return state[0], (state[0], statistics.losses)

        def after(self, losses, state):
            return (losses / (losses + state[1] + 1e-300), state[1])

    assert conforms(After()).good


def test_a_random_key_in_the_state_is_stored_as_well():
    class Random(Broken):
        def init(self, energies):
            return jax.random.key(0), jnp.ones_like(energies)

        def update(self, statistics, state):
            key, draw = jax.random.split(state[0])
            return state[1] + jax.random.uniform(draw), (key, state[1])

    assert conforms(Random()).good


def test_no_terms_are_refused():
    with pytest.raises(ConfigError, match="at least one term"):
        conforms(Unweighted(), 0)


def test_the_problem_is_what_it_says():
    """Its losses and statistics against automatic derivatives of the residuals."""
    A, b, θ = ordinary(3)

    def losses(t):
        return 0.5 * jnp.mean((jnp.einsum("knp,p->kn", A, t) - b) ** 2, axis=1)

    record = recorded(ordinary(3), vectors=2)
    rows = np.stack([jax.jacrev(losses)(t) for t in θ[:-1]])
    s = record.statistics
    np.testing.assert_allclose(s.losses, [losses(t) for t in θ[:-1]], rtol=1e-13)
    np.testing.assert_allclose(record.after, [losses(t) for t in θ[1:]], rtol=1e-13)
    np.testing.assert_allclose(record.energies, losses(0 * θ[0]), rtol=1e-13)
    np.testing.assert_allclose(s.gram, rows @ rows.transpose(0, 2, 1), rtol=1e-11)
    np.testing.assert_allclose(s.moments.deviation, rows.std(axis=2), rtol=1e-12)
    np.testing.assert_allclose(s.moments.largest, np.abs(rows).max(axis=2), rtol=1e-12)
    np.testing.assert_allclose(s.traces[3], (A**2).sum(axis=2).mean(axis=1), rtol=1e-13)
    assert s.sketch.shape == (8, 2, 3)
