"""The grammar of names: what is printed is parsed as it was meant, whatever the names are."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sobolev import derivative_names

# The signs of the grammar are the likeliest to confuse it.
NAMES = some.text(alphabet="ad2y/_!, ()sλ", min_size=1, max_size=6)


@given(NAMES, some.lists(NAMES, min_size=1, max_size=2))
def test_what_is_printed_is_parsed(output, inputs):
    name = derivative_names.derivative_name(output, *inputs)
    assert (output, *inputs) in derivative_names.meanings(name, set(inputs), {output})


@given(some.text(alphabet="xyz", min_size=1), some.lists(some.text(alphabet="abc", min_size=1),
       min_size=1, max_size=2))  # fmt: skip
def test_names_without_signs_have_one_meaning(output, inputs):
    name = derivative_names.derivative_name(output, *inputs)
    assert derivative_names.meanings(name, set(inputs), {output}) == [(output, *inputs)]


@given(some.sampled_from(sorted(derivative_names.BESIDE)), NAMES, some.lists(NAMES, max_size=2))
def test_what_stands_beside_a_label_is_parsed(kind, output, inputs):
    label = derivative_names.derivative_name(output, *inputs)
    assert derivative_names.beside(derivative_names.beside_name(kind, label)) == (kind, label)


@given(some.lists(NAMES, min_size=1, max_size=3, unique=True),
       some.lists(NAMES, min_size=1, max_size=3, unique=True), some.integers(0, 2))  # fmt: skip
def test_every_entry_has_the_name_of_its_place(outputs, inputs, order):
    for name, index in derivative_names.entries(outputs, inputs, order).items():
        meant = outputs[index[0]], *(inputs[j] for j in index[1:])
        assert len(index) <= order + 1 and derivative_names.derivative_name(*meant) == name


def test_there_are_as_many_entries_as_numbers():
    found = derivative_names.entries(("y", "z"), ("a", "b", "c"), 2)
    assert len(found) == 2 * (1 + 3 + 9)
    assert found["d2z/dcda"] == (1, 2, 0) and found["y"] == (0,)


@pytest.mark.parametrize(
    "inputs, name, symbol",
    [
        ((), "y", "y"),
        (("a",), "dy/da", "∂y/∂a"),
        (("a", "b"), "d2y/dadb", "∂²y/∂a∂b"),
        (("b", "a"), "d2y/dbda", "∂²y/∂b∂a"),
        (("a", "a"), "d2y/dada", "∂²y/∂a²"),
    ],
)
def test_the_spelling(inputs, name, symbol):
    assert derivative_names.derivative_name("y", *inputs) == name
    assert derivative_names.symbol("y", *inputs) == symbol


@pytest.mark.parametrize(
    "name, meant",
    [
        ("dy/da", ("y", "a")), ("dy_da", ("y", "a")), ("dy__da", ("y", "a")),
        ("y!a", ("y", "a")), ("y,a", ("y", "a")), ("d2y/da2", ("y", "a", "a")),
        ("d2y_dadb", ("y", "a", "b")), ("d2y__dbda", ("y", "b", "a")),
    ],
)  # fmt: skip
def test_other_spellings_that_are_understood(name, meant):
    assert derivative_names.meanings(name, ("a", "b"), ("y",)) == [meant]


@pytest.mark.parametrize(
    "name", ["dy", "dy/a", "y/da", "dz/da", "dy/dc", "d2y/da", "d3y/dadbda", "z!a", "y,c"]
)
def test_other_names_mean_nothing(name):
    assert derivative_names.meanings(name, ("a", "b"), ("y",)) == []


def test_a_name_may_have_two_meanings():
    assert derivative_names.meanings("da/db/dc", ("c", "b/dc"), ("a", "a/db")) == [
        ("a", "b/dc"), ("a/db", "c"),
    ]  # fmt: skip


def test_products_go_by_output():
    assert derivative_names.product_name("y", 1) == "dy·v"
    assert derivative_names.product_name("a/b", 2) == "d2a/b·v"
