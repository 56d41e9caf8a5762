"""One progress: a value told to one callable; the callables of before are still told, for now."""

import warnings

import pytest

from sobolev.work.progress import Progress, teller


def test_a_callable_is_told_a_value():
    told = []
    tell = teller(told.append, "done", "total")
    tell("rows", 1, 3)
    tell("rows", 2, 3, "the last but one")
    assert told == [Progress("rows", 1, 3), Progress("rows", 2, 3, "the last but one")]


def test_nobody_is_told_without_a_callable():
    teller(None, "done", "total")("rows", 1, 3)


@pytest.mark.parametrize(
    "old, fields, expected",
    [
        (lambda done, total: (done, total), ("done", "total"), (1, 3)),
        (lambda done, total, name: (done, total, name), ("done", "total", "text"), (1, 3, "x")),
        (lambda what, done, total: (what, done, total), ("what", "done", "total"), ("rows", 1, 3)),
    ],
)
def test_the_callables_of_before_are_told_as_before_and_warned(old, fields, expected):
    told = []

    def record(*arguments):
        told.append(old(*arguments))

    record.__signature__ = __import__("inspect").signature(old)
    with pytest.warns(DeprecationWarning, match=r"becomes progress\(p\)"):
        tell = teller(record, *fields)
    tell("rows", 1, 3, "x")
    assert told == [expected]


def test_what_takes_any_number_of_arguments_is_told_the_value():
    told = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        teller(lambda *a: told.append(a), "done", "total")("rows", 1, 3)
    assert told == [(Progress("rows", 1, 3),)]
