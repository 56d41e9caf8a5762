"""Judge the values of one output: single ones, and the same one in several rows."""

from dataclasses import dataclass

import numpy as np

from sobolev.checks.evidence.sample import Sample
from sobolev.checks.mistakes.rows import Suspects
from sobolev.checks.mistakes.stand_ins import far_away, judge_repeats
from sobolev.checks.mistakes.values import judge_values, table_of
from sobolev.checks.words import of_values
from sobolev.checks.words.finding import Finding
from sobolev.data.dataset import Dataset

SEEN = 1e-4  # of a value: what its printed digits would show


@dataclass(frozen=True)
class Values:
    """What was found, and the values of the sample `y [n]` that are left, NaN for wrong ones.

    `zeroed [n]`: rows whose slopes are as little true as their values; `suspects`: rows
    whose slopes fit the others badly.
    """

    findings: tuple[Finding, ...]
    y: np.ndarray
    zeroed: np.ndarray
    suspects: Suspects


def judge_output(data: Dataset, k: int, gradient: np.ndarray, sample: Sample) -> Values:
    """Output `k` of a table beside the slopes `gradient [n, d]` of the sample (physical)."""
    name, every = data.outputs[k], data.y[:, k]
    y, slopes = every[sample.rows].copy(), gradient * sample.unit
    zeroed, suspects = np.zeros(len(y), bool), Suspects.none(len(y))
    findings = []

    def stand_in(value: float) -> None:
        rows = np.flatnonzero(every == value)
        members = y == value
        slopes_too = bool((slopes[members] == 0).all())
        findings.append(of_values.of_stand_in(value, rows, name, slopes_too))
        zeroed[members & slopes_too] = True
        y[members] = np.nan

    if _contradicted(y, slopes, sample):
        constant = of_values.of_constant(float(np.nanmax(y)), name)
        return Values((constant,), y, zeroed, suspects)
    for value in far_away(data.x, every):
        stand_in(value)
    table = table_of(sample.x, y, np.where(zeroed[:, None], np.nan, slopes))
    for found in [] if table is None else judge_repeats(table, y, sample.centres):
        stand_in(found.value)
    table = table_of(sample.x, y, np.where(zeroed[:, None], np.nan, slopes))
    if table is not None:
        mask, suspects = judge_values(table, sample.centres)
        wrong = np.flatnonzero(mask)
        if len(wrong):
            findings.append(of_values.of_values(sample.rows[wrong], name, table.sloped))
            y[wrong] = np.nan
    return Values(tuple(findings), y, zeroed, suspects)


def _contradicted(y: np.ndarray, slopes: np.ndarray, sample: Sample) -> bool:
    """Whether values are all equal although slopes ask for differences that would be seen."""
    there = np.isfinite(y)
    if there.sum() < 2 or np.ptp(y[there]) > 0 or not np.isfinite(slopes[there]).any():
        return False
    steps = np.ptp(sample.x[there], axis=0) * np.nan_to_num(slopes[there])
    return bool(np.median(np.abs(steps).max(axis=1)) > SEEN * np.abs(y[there]).max())
