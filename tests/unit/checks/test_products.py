"""Products J·v and Jᵀw, and gradients in rows without values: wrong ones are named."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from helpers import jacobians, table
from planted import FORMS, PROBLEMS, PRODUCT_KINDS, in_form, named, plant_product

from sobolev import Dataset, check
from sobolev.data import stack

BY_NAME = {problem.name: problem for problem in PROBLEMS}
given = cache(lambda form, seed=0: in_form(form, table(120, outputs=2, seed=seed), seed))


# where the vectors are the same in all rows, or there are none, nothing can go wrong with them
PLANTED = [
    (form, kind)
    for form in FORMS
    for kind in PRODUCT_KINDS
    if kind != "with vectors" or form not in (FORMS[1], FORMS[3])
]


@pytest.mark.parametrize(("form", "kind"), PLANTED)
def test_mistakes_are_named(form, kind):
    wrong = plant_product(kind, form, given(form), 0)
    checked = check(wrong.data)
    assert named(wrong, checked), checked.line
    assert wrong.output in checked.line or "more" in checked.line


@pytest.mark.parametrize("form", FORMS)
def test_right_ones_are_judged_and_not_accused(form):
    for seed in range(3):
        checked = check(given(form, seed))
        assert checked.good and checked.judged and not checked.unjudged


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["beam", "borehole"])
def test_real_tables_are_not_accused(form, name):
    assert check(in_form(form, BY_NAME[name].table(1), 1)).good


def test_products_are_compared_with_the_jacobian_of_their_rows():
    data = table(40)
    v = np.random.default_rng(0).normal(size=(40, 2, 2))
    jvp = np.einsum("nqd,nkd->nqk", data.jacobian, v)
    jvp[:, :, 1] *= -1
    (found,) = check(replace(data, jvp=jvp, directions=v)).findings
    assert (found.kind, found.output, found.inputs) == ("factor", "u", ("direction 1",))
    assert "J·v of u along direction 1 has the wrong sign" in found.sentence


def test_gradients_from_elsewhere_are_compared_with_local_fits():
    x = np.random.default_rng(3).uniform([-1, 0], [2, 1], (60, 2))
    there = Dataset(x, jacobian=-jacobians(x)[:, :1], inputs=("a", "b"), outputs=("u",))
    both = stack(replace(table(100), jacobian=None), there)
    (found,) = check(both).findings
    assert found.kind == "sign"
    assert "every derivative of u in rows without values" in found.sentence
    right = replace(both, jacobian=-both.jacobian)
    assert check(right).line == ("derivatives agree with the values (2 columns, 160 rows)")


def test_what_cannot_be_compared_is_said():
    data = table(40)
    v = np.ones((40, 1, 2))
    jvp = np.einsum("nqd,nkd->nqk", data.jacobian, v)
    only = Dataset(data.x, jvp=jvp, directions=v, outputs=("u",))
    assert check(only).good and "cannot be judged" in check(only).line
    w = np.random.default_rng(0).normal(size=(40, 1, 1))
    only = Dataset(data.x, vjp=w * data.jacobian, cotangents=w, outputs=("u",))
    assert check(only).good and "cannot be judged" in check(only).line
    hvp = np.zeros((40, 1, 1, 2))
    both = replace(data, hvp=hvp, directions=v)
    assert "not judged: H·v of u along direction 0" in check(both).line
    noise = np.random.default_rng(0).normal(size=(40, 1))
    checked = check(Dataset(data.x, noise, jvp=jvp, directions=v))
    assert checked.good and "no values around tell it" in checked.line


def test_estimates_are_not_compared_with_what_they_come_from():
    data = given(FORMS[0])
    wrong = replace(data, jvp=-data.jvp, estimated={"jvp": True})
    assert check(wrong).good
