"""What the numbers allow to say: better, worse, or not told apart from the static baseline."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import wilcoxon

from sobolev.study.comparison.catalogue import BASELINE

LEVEL = 0.05


@dataclass(frozen=True)
class Verdict:
    """One scheme in one variant on one problem against the baseline in the same variant.

    `median`, `low`, `high` of its errors over the initialisations; `ratio`: median of its error
    over the baseline's from the same initialisation; `p`: two-sided Wilcoxon signed-rank test of
    their logarithms, Holm-corrected over the schemes of the problem and variant; `says`: "better",
    "worse" or "not told apart"; `rate` it was tuned to; `failed` trainings.
    """

    problem: str
    scheme: str
    variant: str
    median: float
    low: float
    high: float
    ratio: float
    p: float
    says: str
    rate: float
    failed: int


def verdicts(records: list[dict]) -> list[Verdict]:
    """A verdict for every problem, variant and scheme in these records, best median first."""
    compared = [r for r in records if not r["tuning"]]
    found = []
    for problem, variant in dict.fromkeys((r["problem"], r["variant"]) for r in compared):
        here = [r for r in compared if (r["problem"], r["variant"]) == (problem, variant)]
        errors = {
            scheme: np.array([r["error"] for r in here if r["scheme"] == scheme])
            for scheme in dict.fromkeys(r["scheme"] for r in here)
        }
        rates = {r["scheme"]: r["rate"] for r in here}
        base = errors[BASELINE]
        raw = {name: _p(e, base) for name, e in errors.items() if name != BASELINE}
        corrected = holm(raw) | {BASELINE: 1.0}
        group = [
            _verdict(problem, name, variant, e, base, corrected[name], rates[name])
            for name, e in errors.items()
        ]
        found += sorted(group, key=lambda v: v.median)
    return found


def holm(p: dict[str, float]) -> dict[str, float]:
    """Holm's correction: p-values that may be compared with one level all together."""
    corrected, largest = {}, 0.0
    for place, name in enumerate(sorted(p, key=p.__getitem__)):
        largest = max(largest, min(1.0, (len(p) - place) * p[name]))
        corrected[name] = largest
    return corrected


def _p(errors: np.ndarray, base: np.ndarray) -> float:
    """Failed trainings count as the largest loss that can be ranked."""
    with np.errstate(invalid="ignore"):
        difference = np.log(errors) - np.log(base)
    difference = np.nan_to_num(difference, nan=0.0, posinf=1e9, neginf=-1e9)
    if not difference.any():
        return 1.0
    tested: Any = wilcoxon(difference)  # its type does not say what it has
    return float(tested.pvalue)


def _verdict(problem, scheme, variant, errors, base, p: float, rate: float) -> Verdict:
    with np.errstate(invalid="ignore"):
        ratio = float(np.median(errors / base))
    says = "not told apart" if not p < LEVEL else "better" if ratio < 1 else "worse"
    return Verdict(
        problem, scheme, variant, float(np.median(errors)), float(errors.min()),
        float(errors.max()), ratio, p, says, rate, int(np.sum(~np.isfinite(errors))),
    )  # fmt: skip


def table(found: list[Verdict]) -> str:
    """As text: one block for each problem and variant."""
    lines, last = [], None
    for v in found:
        if (v.problem, v.variant) != last:
            last = v.problem, v.variant
            lines += ["", f"{v.problem}, {v.variant}"]
        lines.append(
            f"  {v.scheme:24s} {v.median:9.2e} ({v.low:.1e} .. {v.high:.1e})  "
            f"x{v.ratio:<6.2f} p {v.p:.2f}  {v.says}" + (f", {v.failed} failed" if v.failed else "")
        )
    return "\n".join(lines).strip()
