"""Data sets with labels of every kind, at random, and what it means that two are the same."""

import numpy as np
from hypothesis import strategies as st

from sobolev import Dataset
from sobolev.data.kinds import LABELS

SIZES = dict(n=5, d=2, q=2, k=3, l=1)
AWKWARD = np.array([-0.0, 0.0, 5e-324, -2.2e-308, 1.7976931348623157e308, np.pi, -1 / 3, 1e-7])


def numbers(rng, shape, gaps=0.3):
    """Numbers whose last bits, signs and sizes are easily lost, and gaps."""
    ordinary = rng.normal(size=shape) * 10.0 ** rng.integers(-12, 12, shape)
    found = np.where(rng.random(shape) < 0.2, rng.choice(AWKWARD, shape), ordinary)
    return np.where(rng.random(shape) < gaps, np.nan, found)


def everything(seed=0, kinds=tuple(LABELS), table=False, **changes):
    """Labels of all these kinds with noise and marks; `table`: only what a table can hold."""
    rng = np.random.default_rng(seed)
    shape = lambda letters: tuple(SIZES[a] for a in letters)  # noqa: E731
    labels = {kind: numbers(rng, shape(LABELS[kind])) for kind in kinds}
    if table and "hessian" in labels:
        labels["hessian"] = _symmetric(labels["hessian"])
    noise = {
        kind: np.abs(numbers(rng, a.shape)) for kind, a in labels.items() if rng.random() < 0.6
    }
    marks = {kind: rng.random(a.shape) < 0.5 for kind, a in labels.items() if rng.random() < 0.6}
    arrays = dict(
        x=numbers(rng, shape("nd"), gaps=0),
        **labels,
        noise=noise,
        estimated=marks,
        inputs=("a", "β 1"),
        outputs=("η", "σ_vM, max"),
        input_units=("mm", ""),
        output_units=("", "N/mm²"),
        group=rng.choice(["train", "valid"], SIZES["n"]),
    )
    if {"jvp", "hvp"} & set(kinds):
        arrays["directions"] = 1 + rng.random(shape("nkd"))
    if "vjp" in kinds:
        arrays["cotangents"] = 1 + rng.random(shape("nlq"))
    return Dataset(**(arrays | changes))


def _symmetric(hessian):
    lower = np.tril(np.ones(hessian.shape[2:], bool), -1)
    return np.where(lower, hessian.swapaxes(2, 3), hessian)


def assert_same(ours, theirs):
    """Every field, every bit; a NaN is a NaN."""
    for name in ("inputs", "outputs", "input_units", "output_units"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert ours.labels().keys() == theirs.labels().keys()
    assert ours.vectors().keys() == theirs.vectors().keys()
    _bits(ours.x, theirs.x)
    for name, array in (ours.labels() | ours.vectors()).items():
        _bits(array, getattr(theirs, name))
    for field in ("noise", "estimated"):
        assert getattr(ours, field).keys() == getattr(theirs, field).keys(), field
        for kind, array in getattr(ours, field).items():
            _bits(array, getattr(theirs, field)[kind])
    assert (ours.group is None) == (theirs.group is None)
    assert ours.group is None or ours.group.tolist() == theirs.group.tolist()


def _bits(ours, theirs):
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    if ours.dtype.kind == "f":
        assert np.array_equal(np.isnan(ours), np.isnan(theirs))
        ours, theirs = (np.where(np.isnan(a), np.nan, a) for a in (ours, theirs))
    assert ours.tobytes() == theirs.tobytes()


names = st.lists(st.text(min_size=1, max_size=6), min_size=4, max_size=4, unique=True)


@st.composite
def data_sets(draw, table=False):
    """Any mix of kinds, any names."""
    possible = [kind for kind in LABELS if not table or kind in ("y", "jacobian", "hessian")]
    kinds = draw(st.lists(st.sampled_from(possible), unique=True, min_size=1))
    a, b, u, v = draw(names)
    return everything(
        draw(st.integers(0, 2**32 - 1)),
        tuple(kind for kind in possible if kind in kinds),
        table,
        inputs=(a, b),
        outputs=(u, v),
        input_units=(draw(st.text(max_size=4)), ""),
        group=None if draw(st.booleans()) else ["train"] * SIZES["n"],
    )
