"""Judge products of derivatives with vectors: J·v along directions, Jᵀw of adjoint weights."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sobolev.checks.evidence.estimates import Estimates
from sobolev.checks.evidence.sample import Sample
from sobolev.checks.judges.gradients import judge_gradient, three_of
from sobolev.checks.judges.without_values import (
    LEAST,
    Said,
    fit_at,
    judge_entries,
    nothing_to_compare,
)
from sobolev.checks.mistakes.corrections import Correction, Scales, scales
from sobolev.checks.words.called import Names
from sobolev.data.dataset import Dataset
from sobolev.data.kinds import slots

BY = "by the Jacobian of the same rows or local fits of the values"


@dataclass(frozen=True)
class Expected:
    """Gradients of all outputs at some `rows`: `slopes`, `errors` `[rows, q, d]`, physical.

    Those that are given and good, those of local fits elsewhere; NaN where neither tells.
    """

    rows: np.ndarray
    slopes: np.ndarray
    errors: np.ndarray
    common: float


def expected_at(rows: np.ndarray, good: np.ndarray, data: Dataset, sample: Sample) -> Expected:
    """`good [n, q, d]` are the gradients of the sample that were not found wrong, or corrected."""
    slopes, common = good[rows].copy(), 1.0
    errors = np.where(np.isfinite(slopes), 0.0, np.nan)
    for k in range(slopes.shape[1]):
        absent = np.flatnonzero(~np.isfinite(slopes[:, k]).all(axis=1))
        fit = fit_at(rows[absent], data.y[sample.rows, k], sample)
        if fit is not None:
            slopes[absent, k] = fit.slopes / sample.unit[rows[absent]]
            errors[absent, k] = fit.errors / sample.unit[rows[absent]]
            common = max(common, fit.common)
    return Expected(rows, slopes, errors, common)


def judge_directional(data: Dataset, good: np.ndarray, sample: Sample) -> Said:
    """J·v `[n, q, k]` along each direction."""
    assert data.jvp is not None and data.directions is not None
    labels = _given(data, "jvp")
    used = np.any(slots("jvp", labels), axis=1)[sample.rows]
    rows = sample.centres[used[sample.centres]]
    near = expected_at(rows, good, data, sample)
    at = sample.rows[rows]
    vectors = three_of(data.directions, at)
    scaled = vectors[0] / np.where(sample.unit == 0, np.nan, sample.unit)[rows][:, None]
    length = np.linalg.norm(scaled, axis=2)
    names = tuple(f"direction {j}" for j in range(labels.shape[2]))
    findings, judged = [], []
    for k, output in enumerate(data.outputs):
        called = Names(
            output, names, data.outputs, _product,
            "product J·v", "products J·v", "", BY,
        )  # fmt: skip
        y = data.y[sample.rows, k]
        size = np.nanstd(y) if np.isfinite(y).any() else 1.0
        unit = 1 / (length * (size or 1.0))
        along = [np.einsum("nd,nkd->nk", near.slopes[:, k], v) for v in vectors]
        doubt = np.sqrt(np.einsum("nd,nkd->nk", near.errors[:, k] ** 2, vectors[0] ** 2))
        seen = Estimates(along[0] * unit, doubt * unit, unit, near.common)
        three = three_of(labels, at)
        shifted = _shifted(three, k, along) if not _same(vectors) else ()
        size_of = Scales({}, scales(sample.physical, y).output)
        said = _judge(three, k, seen, size_of, called, shifted)
        findings += said[0]
        judged += said[1]
    return findings, judged


def judge_adjoint(data: Dataset, good: np.ndarray, sample: Sample) -> Said:
    """Jᵀw `[n, l, d]` of each adjoint weight: a gradient of wᵀy where w is the same in all rows."""
    assert data.vjp is not None and data.cotangents is not None
    labels = _given(data, "vjp")
    used = slots("vjp", labels)[sample.rows]
    names = tuple(f"adjoint weight {number}" for number in range(labels.shape[1]))
    findings, judged, near = [], [], None
    for number, name in enumerate(names):
        called = Names(
            name, data.inputs, names, _adjoint_product, "entry of Jᵀw",
            "entries of Jᵀw",
        )  # fmt: skip
        weights = data.cotangents[sample.rows, number]
        y, constant = _combined(data.y[sample.rows], weights, used[:, number])
        beside = (np.isfinite(y) & used[:, number]).sum() >= LEAST
        if constant and beside:
            found, seen, _ = judge_gradient(
                three_of(labels, sample.rows), number, y, sample, called
            )
        else:
            if near is None:
                rows = sample.centres[np.any(used, axis=1)[sample.centres]]
                near = expected_at(rows, good, data, sample)
            found, seen = _judge_varying(data, labels, number, near, sample, called)
        findings += found
        judged += seen
    return findings, judged


def _judge_varying(data, labels, number: int, near: Expected, sample: Sample, called) -> Said:
    at = sample.rows[near.rows]
    size = np.array([np.nanstd(y) if np.isfinite(y).any() else 1.0 for y in data.y.T])
    weights = three_of(data.cotangents[:, number], at)
    length = np.linalg.norm(weights[0] * size, axis=1)[:, None]
    unit = sample.unit[near.rows] / np.where(length > 0, length, np.nan)
    back = [_weighted(w, near.slopes) for w in weights]
    doubt = np.sqrt(_weighted(weights[0] ** 2, near.errors**2))
    seen = Estimates(back[0] * unit, doubt * unit, unit, near.common)
    three = three_of(labels, at)
    shifted = _shifted(three, number, back) if not _same(weights) else ()
    sizes = Scales(scales(sample.physical, data.y[:0, 0]).inputs, {})
    called = Names(**(called.__dict__ | {"against": BY}))
    return _judge(three, number, seen, sizes, called, shifted)


def _judge(three, output: int, seen: Estimates, sizes: Scales, called: Names, shifted) -> Said:
    if not np.isfinite(seen.expected).any():
        return [], nothing_to_compare(called)
    return judge_entries(three, output, seen, sizes, called, shifted)


def _given(data: Dataset, kind: str) -> np.ndarray:
    """The labels that are not estimates."""
    return np.where(data.estimated.get(kind, False), np.nan, getattr(data, kind))


def _combined(y: np.ndarray, weights: np.ndarray, used: np.ndarray) -> tuple[np.ndarray, bool]:
    """`(wᵀy [n], whether w is the same in all rows that have a label)`."""
    one = weights[np.flatnonzero(used)[0]] if used.any() else np.zeros(y.shape[1])
    same = bool(used.any() and (weights[used] == one).all())
    return np.sum(np.where(one == 0, 0.0, y * one), axis=1), same


def _weighted(weights: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Σ_q w_q J_q `[n, d]`; what is not weighted need not be known."""
    parts = np.where(weights[..., None] == 0, 0.0, weights[..., None] * slopes)
    return parts.sum(axis=1)


def _same(vectors: np.ndarray) -> bool:
    """Whether all rows have the same vectors: then a shift of labels is one of products."""
    now, after = vectors[0], vectors[1]
    there = np.isfinite(now) & np.isfinite(after)
    return bool((now[there] == after[there]).all())


def _shifted(three: np.ndarray, output: int, expected: list[np.ndarray]) -> Iterator[Correction]:
    """Products that stand one row off together with their vectors.

    The products of the next row belong here with its vectors: what they miss is what is missed.
    """
    inputs = tuple(range(three.shape[-1]))
    for by, detail in ((1, "the row before"), (2, "the row after")):
        corrected = expected[0] + three[by][:, output] - expected[by]
        yield Correction("rows shifted", lambda _, it=corrected: it, inputs, detail)


def _product(output: str, direction: str) -> str:
    return f"J·v of {output} along {direction}"


def _adjoint_product(weight: str, name: str) -> str:
    return f"Jᵀw of {weight} by {name}"
