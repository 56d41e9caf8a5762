"""How far a comparison reaches: initialisations, ends of the sweep, failures, what was measured."""

from collections import Counter

from sobolev.records.paired import LEVEL, Says
from sobolev.reports import words
from sobolev.reports.claims.claim import Claim
from sobolev.reports.claims.weightings import names
from sobolev.reports.claims.weightings.matches import Power, baseline_edges, edges, power
from sobolev.reports.read.weightings import Weightings, number
from sobolev.reports.words import listed

_MEASURED = (
    "The error is the geometric mean of the relative errors of all that was asked for (each term; "
    "of an equation, the solution) on validation rows, which were not trained on. The same rows "
    "chose the learning rate of every scheme, with other initialisations: the errors are a little "
    "smaller than on rows never seen. “Not told apart” is not “equal”: a small difference may hide "
    "behind the spread of the initialisations. One network and one number of steps a problem, all "
    "rows in a step: other settings may order the schemes differently."
)


def certainty(found: Weightings) -> Claim:
    """What the reader has to know before believing a verdict."""
    groups = [group for group in power(found) if group.schemes]
    weak = [group for group in groups if not group.enough]
    counts = sorted({g.initialisations for g in power(found)})
    shown = " to ".join(dict.fromkeys(map(str, (counts[0], counts[-1]))))
    lead = f"{shown} initialisations for every scheme. {_reach(groups, weak)}"
    own, total = len(baseline_edges(found)), len(found.groups())
    if own:
        lead += (
            f" In {own} of {total} (problem, variant) the baseline’s own learning rate is at an "
            "end of the sweep: a gain over it may there be no more than a longer step."
        )
    details = [
        ("significance", _significance(groups)),
        ("learning rates", _ends(found)),
        ("failures", _failures(found)),
        ("what was measured", _MEASURED),
    ]
    question = "How far can this be trusted?"
    return Claim(
        "certainty", question, Says.FEW if weak else "mixed" if own else "note", lead, details
    )


def _reach(groups: list[Power], weak: list[Power]) -> str:
    if not weak:
        return "That is enough to tell a scheme apart from the baseline after the correction."
    never = "no verdict but “not told apart” is possible, whatever the numbers"
    if len(weak) == len(groups):
        return f"With so many schemes that is too few: {never}."
    places = listed([names.place(group.problem, group.variant) for group in weak])
    return f"With so many schemes that is too few for some comparisons ({places}): there {never}."


def _significance(groups: list[Power]) -> str:
    said: dict[tuple[int, bool], list[Power]] = {}
    for group in groups:
        said.setdefault((group.initialisations, group.enough), []).append(group)
    parts = []
    for (pairs, enough), here in said.items():
        places = listed([names.place(g.problem, g.variant) for g in here])
        largest = max(here, key=lambda g: g.schemes)
        counts = f"{min(g.schemes for g in here)} to {largest.schemes}"
        counts = counts if min(g.schemes for g in here) < largest.schemes else largest.schemes
        parts.append(
            (f"{places}: " if len(said) > 1 else "")
            + f"{pairs} pairs cannot give less than p = {words.number(largest.single, 2)}, and "
            f"corrected for {counts} schemes (Holm) no less than "
            f"{words.number(largest.corrected, 2)}; the level {LEVEL} "
            + (
                "can be reached"
                if enough
                else f"would need at least {largest.needed} initialisations"
            )
        )
    test = "Two-sided Wilcoxon signed-rank test over the same initialisations"
    return f"{test}. {'. '.join(parts)}." if parts else f"{test}; nothing to compare."


def _ends(found: Weightings) -> str:
    ends, total = edges(found), len(found.content.verdicts)
    if not ends:
        return f"Of {total} chosen rates none is at an end of its sweep."
    parts = []
    for end in ("highest", "lowest"):
        here = [e for e in ends if e.end == end]
        if here:
            groups = Counter(names.place(e.problem, e.variant) for e in here)
            counted = "; ".join(f"{where}: {count}" for where, count in groups.items())
            parts.append(f"{len(here)} are the {end} of the sweep ({counted})")
    base = [names.place(e.problem, e.variant) for e in baseline_edges(found)]
    among = f" The baseline is among them in {'; '.join(base)}." if base else ""
    return (
        f"Of {total} chosen rates {words.joined(parts)}: there a better rate may lie outside the "
        f"sweep.{among} Every one of them is marked in the tables."
    )


def _failures(found: Weightings) -> str:
    compared = [r for r in found.content.records if not r.tuning]
    failed = [r for r in compared if number(r.error) == float("inf")]
    if not failed:
        return f"None of {len(compared)} compared trainings failed."
    schemes = Counter(r.scheme for r in failed).most_common()
    reasons = Counter(r.result for r in failed if r.result).most_common(3)
    why = f" Reasons: {'; '.join(f'{text} ({n})' for text, n in reasons)}." if reasons else ""
    return (
        f"{len(failed)} of {len(compared)} compared trainings failed: "
        f"{listed([f'{name} {n}' for name, n in schemes], 12)}. They count as the largest error."
        f"{why}"
    )
