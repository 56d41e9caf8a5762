"""What a fit is worth, in plain words: the lines on top of its page."""

from typing import TYPE_CHECKING

import numpy as np

from sobolev.reports.claims.fit.errors import Error, error_of
from sobolev.reports.read.fit import Seen
from sobolev.reports.words import plural

if TYPE_CHECKING:
    from sobolev.checks import Check
    from sobolev.training import Fit

_FAR = 8.0  # times the median misfit: a row that stands out


def sentences(seen: Seen, fitted: "Fit", checked: "Check | None") -> list[str]:
    """Worth, noise, rows that do not fit, what the check saw, and what would help most."""
    judged = seen.held_out if seen.held_out.any() else ~seen.held_out
    found = [_worth(seen, judged), _noise(seen), _misfits(seen)]
    found += [full(note.sentence) for note in fitted.notes]
    return [line for line in [*found, _advice(seen, fitted, checked)] if line]


def by_order(seen: Seen, rows: np.ndarray) -> tuple[Error | None, Error | None]:
    """Errors of the values and of the slopes over these rows."""
    values = [each for each in seen.compared if each.order == 0]
    slopes = [each for each in seen.compared if each.order == 1]
    return error_of(values, rows), error_of(slopes, rows)


def _worth(seen: Seen, judged: np.ndarray) -> str:
    values, slopes = by_order(seen, judged)
    parts = []
    if values is not None:
        parts.append(f"its values are off by {values} of their spread")
    if slopes is not None:
        parts.append(f"its slopes by {slopes} of their size")
    if not parts:
        return "No row has a value or a slope to judge the surrogate by."
    if values is None:
        parts = [f"its slopes are off by {slopes} of their size; the level is arbitrary, since no "
                 "row has a value"]  # fmt: skip
    where = (
        f"On {plural(seen.of[1], 'row')} that the surrogate was not trained on, "
        if seen.held_out.any()
        else "No rows were held out. On the training rows themselves, which says little, "
    )
    scale = "0 % is exact, 100 % no better than a constant; in brackets the interval of 90 %"
    return f"{where}{' and '.join(parts)} ({scale})."


def full(sentence: str) -> str:
    """With a capital and a full stop."""
    return f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}."


def _noise(seen: Seen) -> str:
    declared = [kind for kind, level in seen.data.noise.items() if np.nanmax(level, initial=0) > 0]
    words = {"y": "the values", "jacobian": "the slopes", "hessian": "the second derivatives"}
    if declared:
        named = " and ".join(words.get(kind, kind) for kind in declared)
        return f"Noise: declared for {named}; noisier labels counted less in the training."
    return ""


def outstanding(seen: Seen) -> np.ndarray:
    """Rows whose misfit stands out, the worst first: above eight times the median of its group."""
    far = np.zeros(len(seen.misfit), bool)
    for group in (seen.held_out, ~seen.held_out):
        if group.sum() >= 5:
            far |= group & (seen.misfit > _FAR * max(np.median(seen.misfit[group]), 1e-6))
    found = np.flatnonzero(far)
    return found[np.argsort(-seen.misfit[found], kind="stable")]


def _misfits(seen: Seen) -> str:
    far = outstanding(seen)
    if not len(far):
        return "No row stands out: none fits eight times worse than the median row."
    verb = "stand" if len(far) > 1 else "stands"
    return (
        f"{plural(len(far), 'row')} {verb} out, more than eight times worse than the median row; "
        "the worst are listed below, with their points."
    )


def _advice(seen: Seen, fitted: "Fit", checked: "Check | None") -> str:
    """What would help most, in the order in which it spoils everything else."""
    if checked is not None and not checked.good:
        return "What would help most: look at what the check names, and fit again."
    if not seen.held_out.any():
        return "What would help most: rows held out, else nobody knows how good the surrogate is."
    ours = error_of(seen.compared, ~seen.held_out)
    theirs = error_of(seen.compared, seen.held_out)
    if ours is None or theirs is None:
        return ""
    if fitted.evidence is not None and theirs.relative > 1e-3:  # noise is seen, and not learnt
        return (
            "What would help most: more rows; the labels are noisy, and a longer training or a "
            "larger network would only learn the noise."
        )
    if theirs.relative > 3 * ours.relative and theirs.relative > 1e-3:
        return (
            "What would help most: more rows. The surrogate is "
            f"{theirs.relative / max(ours.relative, 1e-12):.0f} times better on the rows that it "
            "was trained on; or, when labels are noisy, to declare their noise."
        )
    if theirs.relative > 0.05 and all(each.order == 0 for each in seen.compared):
        return "What would help most: derivatives in the table, if your model can give them."
    if theirs.relative > 0.02:
        return (
            "What would help most: a longer training or a larger network, since the training rows "
            f"are not fitted any better ({ours})."
        )
    return "What would help most: nothing stands out; more rows make it better still."
