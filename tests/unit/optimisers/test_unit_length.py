"""Unit length: the direction of the combined gradient alone, whatever follows it."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import net, task_of
from optimiser_runs import DATA, begin, epoch, parameters, term_rows

from sobolev import fit
from sobolev.errors import ConfigError
from sobolev.optimisers import LBFGS, SOAP, Adam, FirstOrder, MultiAdam, Then, UnitLength
from sobolev.optimisers.first_order.unit_length import scale_to_unit_length
from sobolev.weighting import FAMO, Fixed, InverseEnergy

PLAIN = FirstOrder(optax.identity(), 0.1)


def test_a_step_has_the_length_of_the_rate_and_the_direction_of_the_gradient():
    task, θ = task_of(DATA, weighting=InverseEnergy())
    before = begin(task, PLAIN)
    G = np.asarray(before.weights) @ np.asarray(term_rows(task, θ))
    after = epoch(UnitLength(PLAIN), task, begin(task, UnitLength(PLAIN)))
    np.testing.assert_allclose(θ - after.θ, 0.1 * G / np.linalg.norm(G), rtol=1e-11)
    np.testing.assert_array_equal(after.weights, before.weights)  # they are those of the weighting


@pytest.mark.parametrize("make", [lambda: Adam(1e-2, 5), lambda: SOAP(1e-2, 5)])
def test_the_size_of_the_weights_does_not_matter(make):
    small, large = (
        parameters(
            fit(
                net(DATA), DATA, weighting=Fixed(lambda e, c=c: c * jnp.ones(3)),
                optimiser=UnitLength(make()), epochs=4, records=1, check=False,
            ).surrogate
        )
        for c in (2.0**-20, 2.0**20)
    )  # fmt: skip
    np.testing.assert_allclose(small, large, rtol=1e-9)


def test_a_gradient_of_zero_stays_zero():
    transform = scale_to_unit_length()
    tree = {"a": jnp.zeros((2, 2)), "b": jnp.zeros(3)}
    found, _ = transform.update(tree, transform.init(tree))
    jax.tree.map(np.testing.assert_array_equal, found, tree)


def test_it_has_the_traits_of_what_it_is_around_and_compiles_once():
    around = UnitLength(Adam(1e-2, 7))
    assert around.first_order and around.batches and around.rows_a_step() == 7
    assert around.transform is UnitLength(Adam(5e-3, 7)).transform


@pytest.mark.parametrize(
    "wrong, called",
    [
        (LBFGS(), "QuasiNewton"),
        (MultiAdam(), "ByRows"),
        (Then(Adam(), 3, LBFGS()), "Then"),
        (FAMO(), "FAMO"),
        (InverseEnergy(), "InverseEnergy"),
        (InverseEnergy, "InverseEnergy"),
    ],
)
def test_what_has_no_combined_gradient_is_refused(wrong, called):
    with pytest.raises(ConfigError, match=rf"UnitLength\(Adam\(...\)\): got {called}\."):
        UnitLength(wrong)
