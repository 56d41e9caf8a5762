"""Bad input at every door: `Dataset`, `fit`, `evaluate` and predictions (experiment R9).

Each kind of damage is done to x, y and the Jacobian, and what comes back is one of three: a refusal
in one sentence that names the argument, a finite result, or, for harmless layouts, the bits that
the clean layout gives. Never a NaN that nobody mentions, never another exception.
"""

import re

import numpy as np
import pandas as pd
import pytest
from bad_inputs import (
    ALL,
    CLEAN,
    COUNTS,
    DOORS,
    EXTREME,
    GAPS,
    GOOD,
    KINDS,
    NAMES,
    PLACED,
    REFUSED,
    REMEDY,
    ROUNDED,
    SAME,
    SHAPES,
    SURROGATE,
    cases,
    column,
    counted,
    doors_of,
    errors_of,
    outcome,
    put,
    same_bits,
    trained,
)
from helpers import jacobians, net, values

import sobolev as sb


@pytest.fixture(scope="module")
def clean():
    return {door: outcome(door, "x", CLEAN.x)[1] for door in DOORS}


@pytest.mark.parametrize("kind, argument", cases(SAME))
def test_harmless_layouts_change_no_bit(kind, argument, clean):
    for door in doors_of(argument):
        how, found = outcome(door, argument, SAME[kind](GOOD[argument]))
        assert how == "finite", (door, found)
        same_bits(found, clean[door])
        counted(door, kind, how)


@pytest.mark.parametrize("kind, argument", cases(ROUNDED))
def test_other_numbers_are_as_their_values_in_64_bit(kind, argument):
    given = (3 * GOOD[argument]).astype(ROUNDED[kind])
    for door in doors_of(argument):
        how, found = outcome(door, argument, given)
        if (kind, door) == ("bool", "predict"):
            assert how == "refused" and "x holds bool" in found
            counted(door, kind, how)
            continue
        other_how, other = outcome(door, argument, given.astype(float))
        assert how == other_how
        if how == "finite":
            same_bits(found, other)
        counted(door, kind, how)


@pytest.mark.parametrize("kind, argument", cases(PLACED))
def test_infinity_is_refused_with_row_and_column(kind, argument):
    for door in doors_of(argument):
        how, said = outcome(door, argument, PLACED[kind](GOOD[argument]))
        assert how == "refused", (door, said)
        assert "row 2" in said and ("'u'" if argument == "y" else "'b'") in said, said
        assert argument in said or "input" in said, said
        counted(door, kind, how)


@pytest.mark.parametrize("kind, argument", cases(GAPS))
def test_a_gap_is_an_absent_label_or_refused_with_row_and_column(kind, argument):
    for door in doors_of(argument):
        how, found = outcome(door, argument, GAPS[kind](GOOD[argument]))
        if argument == "x":
            assert how == "refused" and "row 2" in found and "input 'b'" in found, found
        else:
            assert how == "finite", found
            same_bits(found, outcome(door, argument, put(np.nan)(GOOD[argument]))[1])
        counted(door, kind, how)


@pytest.mark.parametrize("kind, argument", cases(REFUSED))
def test_what_is_no_array_of_real_numbers_is_refused_by_name(kind, argument):
    for door in doors_of(argument):
        how, said = outcome(door, argument, REFUSED[kind](GOOD[argument]))
        assert how == "refused", (door, kind)
        assert re.search(rf"\b{argument}\b", said) or (argument != "jacobian" and "x has" in said)
        counted(door, kind, how)


@pytest.mark.parametrize("kind, argument", cases(SHAPES))
def test_rows_that_do_not_fit_are_refused(kind, argument):
    for door in doors_of(argument):
        how, said = outcome(door, argument, SHAPES[kind](GOOD[argument]))
        assert how == ("finite" if door == "predict" else "refused"), said
        assert door == "predict" or "row" in said or "empty" in said
        counted(door, kind, how)


@pytest.mark.parametrize("kind, argument", cases(EXTREME))
def test_extremes_are_refused_or_finite(kind, argument):
    for door in doors_of(argument):
        how, _ = outcome(door, argument, EXTREME[kind](GOOD[argument]))
        counted(door, kind, how)


def test_a_prediction_beyond_all_numbers_is_refused():
    """Both scaled inputs overflow, and ∞ − ∞ is NaN inside the network."""
    narrow = net(sb.Dataset(CLEAN.x / 10, CLEAN.y, **NAMES), (3,))
    x = np.array([[0.0, 0.0], [1e308, 1e308], [1e308, -1e308]])
    for ask in (narrow.value, narrow.jacobian, lambda p: narrow.jvp(p, np.ones_like(p))):
        with pytest.raises(
            sb.errors.DataError, match=r"row [12] of x, \[1e\+308.*too far.*Leave the row"
        ):
            ask(x)
        counted("predict", "both scaled inputs overflow", "refused")
    assert not narrow.inside(x)[1:].any()


def whole(x):
    return {"x": x, "y": values(x)[:, :1], "jacobian": jacobians(x)[:, :1]}


def test_rows_that_tell_nothing():
    """All arrays at once: one row, the same row again and again, one input always the same."""
    x = CLEAN.x
    for kind, rows in (("a single row", x[:1]), ("the same row", np.repeat(x[:1], 6, axis=0)),
                       ("one input fixed", column(0.5)(x))):  # fmt: skip
        data = sb.Dataset(**whole(rows), **NAMES)
        if kind == "one input fixed":  # its slopes tell something
            assert np.isfinite(net(data, (3,)).value(x)).all()
        else:
            with pytest.raises(sb.errors.DataError, match=r"there is one row|every input is const"):
                net(data, (3,))
        found = errors_of(sb.evaluate(SURROGATE, data))
        assert all(np.isfinite(a).all() for a in found.values())
        fitted = "finite" if kind == "one input fixed" else "refused"
        for door, how in (("Dataset", "finite"), ("fit", fitted), ("evaluate", "finite")):
            counted(door, kind, how)


WRONG_NAMES = {
    "too few": {"inputs": ("a",)},
    "too many": {"outputs": ("u", "v")},
    "twice the same": {"inputs": ("a", "a")},
    "one text": {"inputs": "ab"},
    "a number": {"inputs": 2},
    "None": {"outputs": None},
    "input and output": {"outputs": ("a",)},
    "too many units": {"input_units": ("mm",) * 3},
    "units as one text": {"output_units": "m"},
    "units of a number": {"output_units": 1},
}


@pytest.mark.parametrize("kind", WRONG_NAMES)
def test_wrong_names_are_refused(kind):
    with pytest.raises(
        sb.errors.DataError, match=r"inputs|outputs|units|an input and an output"
    ) as up:
        sb.Dataset(**GOOD, **(NAMES | WRONG_NAMES[kind]))
    assert re.search(REMEDY, str(up.value), re.IGNORECASE), up.value
    counted("Dataset", kind, "refused")


OTHER_NAMES = {
    "other inputs": {"inputs": ("p", "q")},
    "swapped inputs": {"inputs": ("b", "a")},
    "other outputs": {"outputs": ("w",)},
    "default names": {"inputs": (), "outputs": ()},
}


@pytest.mark.parametrize("kind", OTHER_NAMES)
def test_data_with_other_names_than_the_surrogate_are_refused(kind):
    data = sb.Dataset(**GOOD, **(NAMES | OTHER_NAMES[kind]))
    calls = {
        "fit": [lambda: trained(SURROGATE, data, None), lambda: trained(SURROGATE, CLEAN, data)],
        "evaluate": [lambda: sb.evaluate(SURROGATE, data)],
    }
    for door, tries in calls.items():
        for call in tries:
            with pytest.raises(sb.errors.DataError, match="must be the same"):
                call()
            counted(door, kind, "refused")


@pytest.mark.parametrize("columns", [["b", "a"], ["p", "q"]])
def test_a_frame_with_other_columns_is_refused(columns):
    """Its columns would be taken by their places, and nobody would see it."""
    given = pd.DataFrame(GOOD["x"], columns=columns)
    for door in DOORS:
        how, said = outcome(door, "x", given)
        assert how == "refused" and f"x has the columns {', '.join(columns)}" in said
        counted(door, f"frame {columns}", how)


THINGS = {
    "None": None,
    "text": "plate.csv",
    "number": 3,
    "array": CLEAN.x,
    "pair": (CLEAN.x, CLEAN.y),
    "dictionary": GOOD,
    "frame": pd.DataFrame(CLEAN.x),
    "object": object(),
    "class": sb.Dataset,
}


@pytest.mark.parametrize("kind", THINGS)
def test_what_is_no_data_set_or_no_surrogate_is_refused(kind):
    thing = THINGS[kind]
    calls = [
        ("fit", "train", lambda: trained(SURROGATE, thing, None)),
        ("fit", "surrogate", lambda: trained(thing, CLEAN, None)),
        ("evaluate", "data", lambda: sb.evaluate(SURROGATE, thing)),
        ("evaluate", "surrogate", lambda: sb.evaluate(thing, CLEAN)),
    ]
    if thing is not None:
        calls.append(("fit", "valid", lambda: trained(SURROGATE, CLEAN, thing)))
    for door, argument, call in calls:
        with pytest.raises(sb.errors.DataError, match=rf"^{argument} is .*: give a"):
            call()
        counted(door, f"{kind} as {argument}", "refused")


def test_the_count(capsys):
    """Everything above asserts; this says how much it was."""
    if not ALL.keys() <= KINDS:
        pytest.skip("only a part of the battery was run")
    said = ", ".join(
        f"{door} {COUNTS[door, 'refused']} + {COUNTS[door, 'finite']}" for door in DOORS
    )
    with capsys.disabled():
        print(
            f"\n{COUNTS.total()} bad-input cases of {len(KINDS)} kinds: 0 silent NaN "
            f"(refused + finite: {said})"
        )
    assert len(KINDS) >= 60 and COUNTS.total() >= 240
