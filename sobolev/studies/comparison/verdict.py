"""What the numbers allow to say: better, worse, or not told apart from the static baseline."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sobolev.records.paired import holm, ratio, says, signed_rank
from sobolev.studies.comparison.catalogue import BASELINE


@dataclass(frozen=True)
class Verdict:
    """One scheme in one variant on one problem against the baseline in the same variant.

    `median`, `low`, `high` of its errors over the initialisations; `ratio`: median of its error
    over the baseline's from the same initialisation; `p`: two-sided Wilcoxon signed-rank test of
    their logarithms, Holm-corrected over the schemes of the problem and variant; `says`: "better",
    "worse" or "not told apart"; `rate` it was tuned to; `failed` trainings; `baseline`: its name.
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
    baseline: str


def verdicts(records: list[dict], baselines: Mapping[str, str] | None = None) -> list[Verdict]:
    """A verdict for every problem, variant and scheme in these records, best median first.

    `baselines` names the baseline of each problem where it is not `BASELINE`.
    """
    compared = [r for r in records if not r["tuning"]]
    found = []
    for problem, variant in dict.fromkeys((r["problem"], r["variant"]) for r in compared):
        here = [r for r in compared if (r["problem"], r["variant"]) == (problem, variant)]
        errors = {
            scheme: np.array([r["error"] for r in here if r["scheme"] == scheme])
            for scheme in dict.fromkeys(r["scheme"] for r in here)
        }
        rates = {r["scheme"]: r["rate"] for r in here}
        name = (baselines or {}).get(problem, BASELINE)
        base = errors[name]
        raw = {s: signed_rank(e, base) for s, e in errors.items() if s != name}
        corrected = holm(raw) | {name: 1.0}
        group = [
            _verdict(problem, s, variant, e, base, corrected[s], rates[s], name)
            for s, e in errors.items()
        ]
        found += sorted(group, key=lambda v: v.median)
    return found


def _verdict(problem, scheme, variant, errors, base, p: float, rate, name) -> Verdict:
    found = ratio(errors, base)
    return Verdict(
        problem, scheme, variant, float(np.median(errors)), float(errors.min()),
        float(errors.max()), found, p, says(found, p), rate, int(np.sum(~np.isfinite(errors))),
        name,
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
