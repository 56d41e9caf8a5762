"""Which of many outputs, inputs and rows are drawn, and the sentences that say so."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sobolev.reports.read.fit import Seen
from sobolev.reports.words import listed

MOST_OUTPUTS, MOST_SLOPES, MOST_POINTS = 4, 3, 400


class Drawn(NamedTuple):
    """A picture with its title; both go into a figure beside others."""

    title: str
    picture: str


@dataclass(frozen=True)
class Shown:
    """Outputs (those with the largest errors first drawn), and rows of both groups."""

    outputs: tuple[int, ...]
    training: np.ndarray
    held_out: np.ndarray

    @classmethod
    def of(cls, seen: Seen) -> "Shown":
        """Choose: the outputs that are known worst, rows at random and those that fit worst."""
        q = len(seen.data.outputs)
        error = np.zeros(q)
        for each in seen.compared:
            if each.output is not None:
                with np.errstate(invalid="ignore"):
                    error[each.output] += np.nan_to_num(np.nanmean(each.error**2))
        outputs = np.sort(np.argsort(-error, kind="stable")[:MOST_OUTPUTS])
        groups = [_some(np.flatnonzero(g), seen.misfit) for g in (~seen.held_out, seen.held_out)]
        return cls(tuple(outputs.tolist()), *groups)


def _some(rows: np.ndarray, misfit: np.ndarray) -> np.ndarray:
    if len(rows) <= MOST_POINTS:
        return rows
    worst = rows[np.argsort(-misfit[rows], kind="stable")[:20]]
    rest = np.setdiff1d(rows, worst)
    others = np.random.default_rng(1).choice(rest, MOST_POINTS - len(worst), replace=False)
    return np.sort(np.concatenate([worst, others]))


def left_out(seen: Seen, shown: Shown) -> list[str]:
    """What is not drawn, said."""
    said = []
    outputs, q = [seen.data.outputs[k] for k in shown.outputs], len(seen.data.outputs)
    if len(outputs) < q:
        said.append(
            f"Of {q} outputs the {len(outputs)} with the largest errors are drawn: "
            f"{listed(outputs)}; the table has all."
        )
    if seen.sampled:
        said.append(
            f"There are {seen.of[0]} training rows and {seen.of[1]} held out: the page looks at "
            f"{len(seen.data)} of them, drawn at random."
        )
    drawn = len(shown.training) + len(shown.held_out)
    if drawn < len(seen.data):
        said.append(
            f"Pictures show {drawn} rows, among them the 20 of either group that fit worst."
        )
    return said
