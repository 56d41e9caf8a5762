"""What follows from a comparison, in plain words; every sentence is computed from the numbers."""

from collections import Counter

from sobolev.records.paired import Says
from sobolev.reports.claims.claim import Claim
from sobolev.reports.claims.weightings import names
from sobolev.reports.claims.weightings.advice import at_best, recommendation
from sobolev.reports.claims.weightings.certainty import certainty
from sobolev.reports.claims.weightings.step_length import alone, step_length
from sobolev.reports.claims.weightings.tallies import by_scheme, challengers, never_worse, tallied
from sobolev.reports.read.weightings import Verdict, Weightings, number
from sobolev.reports.words import listed, times


def claims(found: Weightings) -> list[Claim]:
    """All claims, in reading order."""
    makers = (recommendation, at_best, step_length, alone, standing, certainty)
    return [make(found) for make in makers]


def standing(found: Weightings) -> Claim:
    """Every scheme against the baseline in the same variant: the study's verdicts."""
    question = "Which schemes beat the baseline in the same variant?"
    others = challengers(found.content.verdicts)
    if not others:
        return Claim("standing", question, "missing", "Not answered: only the baseline was run.")
    better, worse = Says.BETTER, Says.WORSE
    counts, schemes = Counter(v.says for v in others), by_scheme(others)
    never = [tallied(name, schemes[name]) for name in never_worse(schemes)]
    nowhere = [n for n, vs in schemes.items() if not any(v.says is better for v in vs)]
    lead = (
        f"Of {len(others)} comparisons (scheme × problem × variant) {counts[better]} are clearly "
        f"better than the baseline, {counts[worse]} clearly worse, {counts[Says.SAME]} "
        "not told apart. "
        + (
            f"Better in some and worse in none: {listed(never)}."
            if never
            else "No scheme is better in some and worse in none."
        )
        + (f" Nowhere better than the baseline: {listed(nowhere, 50)}." if nowhere else "")
    )
    details = [
        (names.place(*group), _group(challengers(found.group(*group)))) for group in found.groups()
    ]
    verdict = "mixed" if counts[better] else worse if counts[worse] else Says.SAME
    return Claim("standing", question, verdict, lead, details)


def _group(others: list[Verdict]) -> str:
    if not others:
        return "Only the baseline was run."
    parts = []
    for says in (Says.BETTER, Says.SAME, Says.WORSE):
        here = [v for v in others if v.says is says]
        names = [f"{v.scheme} {times(number(v.ratio))}" for v in here]
        parts.append(f"{len(names)} {says}" + (f" ({listed(names)})" if names else ""))
    return f"{'; '.join(parts)}."
