"""What the best fit decided and measured, and its few plain sentences."""

from dataclasses import dataclass

import numpy as np

from sobolev.data.dataset import Dataset
from sobolev.kriging.noise import NoiseSeen
from sobolev.records.over_rows import OverRows
from sobolev.selection.judged import Judge, Judged
from sobolev.selection.starts import Start
from sobolev.selection.worth import Worth
from sobolev.training import Fit
from sobolev.training.noise import is_noisy
from sobolev.training.notes import Kind

FAR = 8.0  # times the median misfit: a row that stands out
WIDE = 1e3  # from the smallest to the largest of a positive input: give its logarithm


@dataclass(frozen=True)
class BestFit(Fit):
    """A `Fit` on all rows, and what was decided and measured before it.

    `network`: which, in words; `starts`: those that were tried, the one that was taken first;
    `noise`: seen or declared, None where nobody can tell; `worth`: the errors in rows held out
    before they were trained on, None where there were too few rows; `judges`: the surrogates that
    had not seen them; `misfits`: rows that the surrogate does not fit, the worst first; `said`: all
    this in at most five sentences.

    ```python
    print(*best.said, sep="\\n")
    ```
    """

    network: str = ""
    starts: tuple[Start, ...] = ()
    noise: NoiseSeen | None = None
    worth: Worth | None = None
    judges: tuple[Judge, ...] = ()
    misfits: tuple[int, ...] = ()
    said: tuple[str, ...] = ()

    @property
    def judged(self) -> Judged:
        """The surrogate, at rows that were held out as it was before it was trained on them."""
        return Judged(self.surrogate, self.judges)

    @property
    def rows_held_out(self) -> np.ndarray:
        """Which rows were held out at first, in order."""
        rows = [judge.rows for judge in self.judges]
        return np.sort(np.concatenate(rows)) if rows else np.zeros(0, int)


def outstanding(misfit: np.ndarray) -> tuple[int, ...]:
    """Rows whose misfit is above eight times the median, the worst first."""
    known = np.flatnonzero(np.isfinite(misfit))
    if len(known) < 5:
        return ()
    far = known[misfit[known] > FAR * max(float(np.median(misfit[known])), 1e-6)]
    return tuple(far[np.argsort(-misfit[far], kind="stable")].tolist())


def sentences(best: BestFit, data: Dataset) -> tuple[str, ...]:
    """Worth, noise, rows that do not fit, the starts, and what would help most."""
    found = (_worth(best, len(data)), _noise(best), _rows(best), _starts(best), _advice(best, data))
    return tuple(line for line in found if line)


def _worth(best: BestFit, rows: int) -> str:
    worth = best.worth
    if worth is None:
        return (
            f"{rows} rows are too few to hold some out, so nobody knows how good the surrogate is."
        )
    parts = []
    if worth.values is not None:
        parts.append(f"its values are off by {_error(worth.values)} of their spread")
    if worth.slopes is not None:
        parts.append(f"its slopes by {_error(worth.slopes)} of their size")
    if worth.values is None:
        parts = [f"its slopes are off by {_error(worth.slopes)} of their size"]
    before = f"On {worth.rows} rows that it was never trained on"
    if worth.folds == 1:
        before = f"On {worth.rows} rows that were held out at first"
    elif worth.folds > 1:
        before = f"On {worth.rows} rows, a part held out at a time in {worth.folds} trainings"
    noisy = is_noisy(best.noise)
    label = ", the noise of these rows included" if noisy else ""
    scale = "0 % is exact, 100 % no better than a constant; in brackets the interval of 90 %"
    after = f"; after that it was trained on all {rows} rows" if worth.folds else ""
    return f"{before}, {' and '.join(parts)}{label} ({scale}){after}."


def _error(error: OverRows | None) -> str:
    if error is None:
        return "an unknown part"
    ends = f" [{_percent(error.low)}, {_percent(error.high)}]" if error.low < error.high else ""
    return f"{_percent(error.relative)} %{ends}"


def _percent(share: float) -> str:
    """Two digits, no exponent where it can be helped."""
    value = 100 * share
    if not np.isfinite(value):
        return "∞"
    if value == 0 or 1e-4 <= value < 1e5:
        digits = 1 if value == 0 else max(0, 1 - int(np.floor(np.log10(value))))
        return f"{value:.{digits}f}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def _noise(best: BestFit) -> str:
    noise = best.noise
    if noise is None:
        return ""
    if not is_noisy(noise):
        return "No noise was seen in the labels: they are taken as they are."
    size = (
        f"about {_percent(noise.values)} % of what the values vary by and "
        f"{_percent(noise.slopes)} % of what the slopes do"
    )
    if best.evidence is None:
        return f"The labels look noisy, by {size}."
    return f"The labels are noisy, by {size}; how much of them to believe, the evidence says."


def _rows(best: BestFit) -> str:
    checked = [note for note in best.notes if note.checked is not None and note.alarming]
    if checked:
        line = checked[0].sentence
        return f"{line[:1].upper()}{line[1:].rstrip('.')}."
    if not best.misfits:
        return "No row stands out: none fits eight times worse than the median row."
    named = ", ".join(map(str, best.misfits[:3]))
    more = f" and {len(best.misfits) - 3} more" if len(best.misfits) > 3 else ""
    one = len(best.misfits) == 1
    return (
        f"Row{'' if one else 's'} {named}{more} (counted from 0) fit{'s' if one else ''} more than "
        "eight times worse than the median row."
    )


def _starts(best: BestFit) -> str:
    starts = best.starts
    errors = [start.error for start in starts if np.isfinite(start.error)]
    if not errors:
        return f"One start, {best.network}, without a comparison."
    low, high = _percent(min(errors)), _percent(max(errors))
    judged = "the evidence" if starts[0].evidence is not None else "the error"
    return (
        f"{len(starts)} starts were tried, with errors of {low} to {high} % in the rows held out; "
        f"{best.network} is taken, whose {judged.removeprefix('the ')} was the best."
    )


def _advice(best: BestFit, data: Dataset) -> str:
    """What would help most, in the order in which it spoils everything else."""
    told = "What would help most: "
    if any(note.alarming and note.kind is not Kind.UNDETERMINED for note in best.notes):
        return f"{told}look at what the check names, and fit again."
    worth = best.worth
    if worth is None:
        return f"{told}more rows."
    wide = _wide_input(data)
    if wide and worth.h1 > 0.01:
        return f"{told}the logarithm of input '{wide}', which spans more than three decades."
    if worth.slopes is None and worth.h1 > 0.02:
        return f"{told}derivatives in the table, if your model can give them."
    if best.evidence is not None:
        noise = best.noise
        floor = 0.0 if noise is None else max(noise.values, noise.slopes)
        if worth.h1 < 2 * floor:
            return f"{told}nothing stands out; what is left is mostly noise."
        return f"{told}more rows: the error is larger than the noise."
    if worth.h1 > 0.02:
        return f"{told}more rows."
    return f"{told}nothing stands out; more rows make it better still."


def _wide_input(data: Dataset) -> str:
    low, high = data.x.min(axis=0), data.x.max(axis=0)
    for name, a, b in zip(data.inputs, low, high, strict=True):
        if a > 0 and b > WIDE * a:
            return name
    return ""
