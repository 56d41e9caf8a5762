"""What is the same has the same digest, what differs another; rules on disk do not move."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from sobolev._base import identity
from sobolev._base.identity import code, digest, sha256

PLAIN = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=4),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=2), inner),
    max_leaves=6,
)


def made(power=2, names=("a", "b")):
    held = np.arange(3.0)

    def function(x, factor=1.0):
        return factor * x**power + held.sum() + (x in {1, 2, 3}) + len(names)

    return function


@given(PLAIN, PLAIN)
def test_equal_values_and_only_they_have_one_digest(one, other):
    assert (digest(one) == digest(other)) == (repr(one) == repr(other))


@pytest.mark.parametrize(
    "one, other",
    [
        (1, 1.0), (0.0, -0.0), (("ab", "c"), ("a", "bc")), ([1], (1,)), ("1", 1), (b"a", "a"),
        (np.zeros(2), np.zeros((2, 1))), (np.zeros(2), np.zeros(2, np.float32)),
        (np.array([0.0]), np.array([-0.0])), (made(2), made(3)), (made(), made(names=("a",))),
        (functools.partial(made(), factor=1), functools.partial(made(), factor=2)), (int, float),
    ],
)  # fmt: skip
def test_what_differs_differs(one, other):
    assert digest(one) != digest(other)


def test_what_holds_itself_has_a_digest():
    circle: list = [1]
    circle.append(circle)
    assert digest(circle) == digest(circle) != digest([1])


def test_an_array_in_another_order_of_memory_is_the_same_array():
    array = np.arange(6.0).reshape(2, 3)
    assert digest(array) == digest(np.asfortranarray(array))
    assert sha256(array) == sha256(np.asfortranarray(array)) == sha256(array.tobytes())


def test_a_room_can_say_what_its_arrays_are():
    class Own:
        def __init__(self, value):
            self.value = value

    def of_own(thing):
        return np.array([thing.value]) if isinstance(thing, Own) else identity.as_array(thing)

    assert digest(Own(1), of_own) == digest(Own(1), of_own) != digest(Own(2), of_own)


def test_code_is_what_a_function_does():
    assert code(made()) == code(made()) != code(made(3))
    assert code(made(names=("a",))) != code(made(names=("a", "b")))


def test_what_may_grow_while_rows_are_solved_does_not_count():
    cache: dict = {}

    def remembering(x):
        return cache.setdefault(x, x)

    before = code(remembering), digest(remembering)
    cache[1.0] = 1.0
    assert code(remembering) == before[0] and digest(remembering) != before[1]


def test_a_number_that_is_named_in_the_module_counts(monkeypatch):
    before = digest(naming)
    assert digest(naming) == before
    monkeypatch.setitem(globals(), "NUMBER", 3.0)
    assert digest(naming) != before


NUMBER = 2.0


def naming(x):
    return [helping(each) for each in x]


def helping(x):
    return NUMBER * x


def test_parts_follow_one_another():
    assert sha256("a", b"b") == sha256("ab")
    assert sha256() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_digest_of_a_data_set_is_what_it_always_was():
    """It stands in Parquet files: the header and every array, as JSON."""
    from sobolev.data.dataset import Dataset
    from sobolev.data.fingerprint import fingerprint

    x = np.arange(6.0).reshape(3, 2)
    data = Dataset(
        x,
        x[:, :1],
        x[:, None] / 4,
        group=np.array(["train", "train", "valid"]),
        noise={"y": np.full((3, 1), 0.5)},
        inputs=("a", "b"),
        outputs=("y",),
    )
    assert fingerprint(data) == "371d0bc5da303144b060f453ed6a3ff59a254e0eb869ec4650daccb0ac2c523c"
