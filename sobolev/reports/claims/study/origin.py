"""Is a gain the size of the steps or the balance of the terms, and is training more robust?"""

from collections import Counter
from collections.abc import Sequence

from sobolev.records.over_seeds import Interval, quantile
from sobolev.records.paired import Says
from sobolev.reports import words
from sobolev.reports.claims.claim import Claim
from sobolev.reports.claims.study.contests import best_adaptive, spread
from sobolev.reports.claims.study.decomposition import decomposition
from sobolev.reports.claims.study.phrases import missing, of_settings, overall
from sobolev.reports.read.study import Results


def origin(results: Results) -> Claim:
    """How much of each clear adaptive gain is step size and how much is balance."""
    question = "Is the gain step size or balance?"
    cases = [
        (cell, scheme, decomposition(results, cell, scheme.name))
        for cell in results.cells
        for scheme in results.of_kind("adaptive")
    ]
    whole = [c for c in cases if c[2] is not None and c[2].size and c[2].balance]
    if not whole:
        return Claim(
            "origin",
            question,
            "missing",
            "Not answered: the controls (weights normalised to mean 1; common growth replayed) "
            "were not run.",
        )
    clear = [c for c in whole if c[2] is not None and c[2].gain.sign > 0]
    if not clear:
        return Claim(
            "origin",
            question,
            "note",
            f"There is nothing to explain: none of the {len(whole)} adaptive results has a "
            "clear gain over SNN.",
        )
    return Claim("origin", question, "note", _origin_lead(clear), _origin_details(results, clear))


def robustness(results: Results) -> Claim:
    """Whether the spread over initialisations shrinks, absolutely and relative to the median."""
    question = "Is training more robust?"
    rows = []
    for cell in results.cells:
        best = best_adaptive(results, cell)
        absolute = spread(results, cell, best) if best else None
        relative = spread(results, cell, best, relative=True) if best else None
        if absolute is not None and relative is not None:
            rows.append((cell, best, absolute, relative))
    if not rows:
        return missing("robustness", question, results, ["snn"], adaptive=True)
    lead = (
        "Spread (interquartile range) of the best adaptive scheme against SNN: "
        f"{_spread_tally([row[2] for row in rows])}. Divided by the median error, "
        f"{_spread_tally([row[3] for row in rows])}."
    )
    details = [
        (
            str(cell),
            f"{results.schemes[best].label}: spread {words.factor_range(absolute)}, spread divided "
            f"by the median {words.factor_range(relative)}.",
        )
        for cell, best, absolute, relative in rows
    ]
    verdicts = [_spread_verdict(row[2]) for row in rows]
    return Claim("robustness", question, overall(verdicts), lead, details)


def _origin_lead(clear: list) -> str:
    sizes = [case[2].size_share.middle for case in clear]
    balances = [case[2].balance_share.middle for case in clear]
    positive = sum(case[2].balance.sign > 0 for case in clear)
    negative = sum(case[2].balance.sign < 0 for case in clear)
    size, balance = quantile(sizes, 0.5), quantile(balances, 0.5)
    if size >= 0.75 and balance < 0.25:
        plain = "Mostly step size: the weights act like a larger learning rate."
    elif balance >= 0.75 and size < 0.25:
        plain = "Mostly balance between the terms."
    else:
        plain = "Both matter, or neither explains the gain alone."
    number = words.plural(len(clear), "clear gain")
    return (
        f"{plain} Over {number} (scheme × setting), replaying only the common growth of the "
        f"weights recovers {100 * size:.0f} % of the gain, the balance between terms alone "
        f"{100 * balance:.0f} % (medians). Balance alone is a clear gain in {positive} of "
        f"{len(clear)} and a clear loss in {negative}."
    )


def _origin_details(results: Results, clear: list) -> list[tuple[str, str]]:
    details = []
    for cell in results.cells:
        here = [case for case in clear if case[0] == cell]
        here.sort(key=lambda case: -case[2].gain.middle)
        for _, scheme, split in here[:2]:
            details.append(
                (
                    str(cell),
                    f"{scheme.label}: error {words.factor(-split.gain.middle)}; step size "
                    f"{words.percent_range(split.size_share)}, balance "
                    f"{words.percent_range(split.balance_share)} of the gain.",
                )
            )
    return details


def _spread_verdict(interval: Interval) -> Says:
    """There is no paired test of a spread: here its interval decides."""
    if not interval.known:
        return Says.FEW
    return {-1: Says.BETTER, 0: Says.SAME, 1: Says.WORSE}[interval.sign]


def _spread_tally(intervals: Sequence[Interval]) -> str:
    said = {
        Says.BETTER: "clearly smaller",
        Says.WORSE: "clearly larger",
        Says.SAME: "no clear difference",
        Says.FEW: "too few initialisations for a verdict",
    }
    counts = Counter(_spread_verdict(interval) for interval in intervals)
    return words.joined(
        [f"{said[v]} in {of_settings(counts[v], len(intervals))}" for v in said if counts[v]]
    )
