"""Sentences in plain words, each derived from a paired comparison with its interval.

Nothing here knows what the answer is: change the errors and the sentences change.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from sobolev.reports import comparisons, statistics, words
from sobolev.reports.claim import Claim
from sobolev.reports.comparisons import Contest
from sobolev.reports.results import Cell, Results

_WORDS = {
    "smaller": "a clearly smaller error",
    "larger": "a clearly larger error",
    "unclear": "no clear difference",
    "too few": "too few initialisations for a verdict",
}


def conclusions(results: Results) -> list[Claim]:
    """All claims of a study, in reading order."""
    makers: list[Callable[[Results], Claim]] = [
        derivatives,
        lambda r: against(r, "snn", "Does adaptive weighting beat plain SNN?"),
        lambda r: against(r, "snn_tuned", "Does it beat SNN with a tuned learning rate?"),
        equally_tuned,
        lambda r: against(r, "inverse_energy", "Does it beat fixed inverse-energy weights?"),
        levenberg_marquardt,
        origin,
        robustness,
        recommendation,
        failures,
    ]
    return [make(results) for make in makers]


def derivatives(results: Results) -> Claim:
    """SNN against the response-only network."""
    question = "Do derivatives help?"
    found = [(cell, comparisons.pair(results, cell, "snn", "nn")) for cell in results.cells]
    pairs = [(cell, pair) for cell, pair in found if pair is not None]
    if not pairs:
        return _missing("derivatives", question, results, ["snn", "nn"])
    verdicts = [pair.verdict for _, pair in pairs]
    lead = (
        f"Training on values and derivatives (SNN) instead of values only (NN) gives "
        f"{_tally(verdicts)}."
    )
    if set(verdicts) == {"smaller"}:
        ratios = sorted(pair.log_ratio.middle for _, pair in pairs)
        lead += f" The error becomes {_from_to(ratios)} in the median."
    details = [(str(cell), _sentence(words.comparison(pair), pair)) for cell, pair in pairs]
    return Claim("derivatives", question, _overall(verdicts), lead, details)


def against(results: Results, baseline: str, question: str) -> Claim:
    """The adaptive schemes against a baseline, setting by setting."""
    contests = _contests(results, baseline)
    if not contests:
        return _missing(baseline, question, results, [baseline], adaptive=True)
    label = f"“{contests[0].baseline.label}”"
    verdicts = [contest.verdict for contest in contests]
    lead = _contest_lead(contests, label)
    details = [(str(contest.cell), _contest_detail(results, contest)) for contest in contests]
    return Claim(baseline, question, _overall(verdicts), lead, details)


def equally_tuned(results: Results) -> Claim:
    """Adaptive schemes at the learning rate that was tuned for SNN, against tuned SNN."""
    question = "And when both use the tuned learning rate?"
    contests = _contests(results, "snn_tuned", control="tuned")
    if not contests:
        lead = "Not answered: no adaptive scheme was run at the tuned learning rate."
        return Claim("equally_tuned", question, "missing", lead)
    verdicts = [contest.verdict for contest in contests]
    lead = _contest_lead(contests, f"“{contests[0].baseline.label}”")
    lead += " The rate was tuned for SNN, not for each scheme."
    details = [(str(contest.cell), _contest_detail(results, contest)) for contest in contests]
    return Claim("equally_tuned", question, _overall(verdicts), lead, details)


def levenberg_marquardt(results: Results) -> Claim:
    """The adaptive schemes against LM, with the check that LM got the same wall time."""
    claim = against(results, "lm", "Does it beat Levenberg–Marquardt in the same wall time?")
    if claim.verdict == "missing":
        return claim
    details, unequal = [], 0
    for (where, text), contest in zip(claim.details, _contests(results, "lm"), strict=True):
        ratio = comparisons.wall_ratio(results, contest.cell, "lm")
        unequal += not 0.8 <= ratio <= 1.25
        time = "unknown" if ratio != ratio else f"×{words.number(ratio)} that of SNN"
        details.append((where, f"{text} Wall time of LM: {time}."))
    lead = claim.lead
    if unequal:
        lead += (
            f" The wall times differ by more than 25 % in {_of(unequal, len(details))}: there the "
            "comparison is not one at equal cost."
        )
    return Claim(claim.key, claim.question, claim.verdict, lead, details)


def origin(results: Results) -> Claim:
    """How much of each clear adaptive gain is step size and how much is balance."""
    question = "Is the gain step size or balance?"
    cases = [
        (cell, scheme, comparisons.decomposition(results, cell, scheme.name))
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
        best = comparisons.best_adaptive(results, cell)
        absolute = comparisons.spread(results, cell, best) if best else None
        relative = comparisons.spread(results, cell, best, relative=True) if best else None
        if absolute is not None and relative is not None:
            rows.append((cell, best, absolute, relative))
    if not rows:
        return _missing("robustness", question, results, ["snn"], adaptive=True)
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
    return Claim("robustness", question, _overall(verdicts), lead, details)


def recommendation(results: Results) -> Claim:
    """The scheme with the smallest median error, and those that are not clearly worse."""
    firsts, details = [], []
    for cell in results.cells:
        names = comparisons.ranked(results, cell, "baseline", "adaptive")
        summary = statistics.summarise(results.errors(cell, names[0])) if names else None
        if summary is None or summary.failed > summary.runs / 2:
            continue
        firsts.append(results.schemes[names[0]].label)
        details.append((str(cell), _recommendation_detail(results, cell, names)))
    question = "Which scheme is best here?"
    if not firsts:
        return Claim("best", question, "missing", "No scheme finished in most of its runs.")
    counts = Counter(firsts).most_common()
    parts = [f"{label} in {_of(count, len(firsts))}" for label, count in counts]
    lead = f"Smallest median error, baselines and adaptive schemes together: {words.joined(parts)}."
    return Claim("best", question, "note", lead, details)


def failures(results: Results) -> Claim:
    """How many runs failed, and why."""
    failed = [record for record in results.content.records if not record.finished]
    total = len(results.content.records)
    question = "Did every run finish?"
    if not failed:
        return Claim("failures", question, "note", f"Yes: all {total} runs finished.")
    labels = Counter((results.schemes[r.scheme].label, r.result) for r in failed)
    details = [
        (label, f"{words.plural(n, 'run')}: {why}") for (label, why), n in labels.most_common(12)
    ]
    lead = (
        f"No: {len(failed)} of {total} runs failed. They count as worse than any run that finished."
    )
    return Claim("failures", question, "larger", lead, details)


def caution(results: Results) -> str:
    """What the intervals mean and what many comparisons do to them."""
    claims = sum(len(claim.details) for claim in conclusions(results))
    adaptive = len(results.of_kind("adaptive"))
    text = (
        f"How to read this. Every comparison is paired: same network, same initialisation, "
        f"{words.plural(len(results.seeds), 'initialisation')}. ×0.5 means half the error; the "
        "brackets are the 95 % interval of the median ratio over initialisations. “Clear” means "
        "that the whole interval lies on one side of ×1. Failed runs count as worst."
    )
    if adaptive > 1:
        level = words.level(statistics.shared_level(adaptive))
        text += (
            f" Picking the best of {adaptive} adaptive schemes on the same runs flatters it; "
            f"intervals against a baseline are therefore widened to {level} each "
            "(Bonferroni), so that they hold for all schemes of a setting together."
        )
    return text + (
        f" Settings and questions are not corrected for: of about {claims} verdicts, "
        f"{max(1, round(0.05 * claims))} may be chance. All runs share one data set; another "
        "problem may answer differently."
    )


def _contests(results: Results, baseline: str, control: str | None = None) -> list[Contest]:
    found = [comparisons.contest(results, cell, baseline, control) for cell in results.cells]
    return [contest for contest in found if contest is not None]


def _contest_lead(contests: Sequence[Contest], label: str) -> str:
    total = len(contests)
    wins = sum(bool(contest.winners) for contest in contests)
    short = sum(contest.verdict == "too few" for contest in contests)
    if short == total:
        need = statistics.fewest(contests[0].level)
        return (
            f"Too few initialisations for a verdict: {need} are needed for "
            f"{words.plural(len(contests[0].comparisons), 'adaptive scheme')}."
        )
    lost = sum(c.verdict == "larger" for c in contests)
    if wins == 0:
        lead = f"No adaptive scheme clearly beats {label}."
    elif wins == total:
        every = "" if total == 1 else f" in all {total} settings"
        lead = f"At least one adaptive scheme clearly beats {label}{every}."
    else:
        lead = (
            f"At least one adaptive scheme clearly beats {label} in {wins} of {total} settings; "
            f"in the other {total - wins if total - wins > 1 else 'one'} none does."
        )
    ratios = sorted(c.comparisons[c.best].log_ratio.middle for c in contests)
    lead += f" The one with the smallest median has {_from_to(ratios)} its error"
    lead += f", clearly more in {_of(lost, total)}." if lost else "."
    worse = sum(bool(contest.losers) for contest in contests)
    if worse and not lost:
        lead += f" Some adaptive schemes are clearly worse than it in {_of(worse, total)}."
    return lead


def _contest_detail(results: Results, contest: Contest) -> str:
    best = contest.comparisons[contest.best]
    head = f"{results.schemes[contest.best].label} has the smallest median: "
    text = head + _sentence(words.comparison(best), best)
    count = len(contest.comparisons)
    if best.verdict == "too few" or count == 1:
        return text
    losers = [results.schemes[name].label for name in contest.losers]
    text += f" Of {count} adaptive schemes {len(contest.winners)} are clearly better"
    if not losers:
        return f"{text}, none clearly worse."
    names = f" ({words.joined(losers)})" if len(losers) <= 4 else ""
    return f"{text}, {len(losers)} clearly worse{names}."


def _origin_lead(clear: list) -> str:
    sizes = [case[2].size_share.middle for case in clear]
    balances = [case[2].balance_share.middle for case in clear]
    positive = sum(case[2].balance.sign > 0 for case in clear)
    negative = sum(case[2].balance.sign < 0 for case in clear)
    size, balance = statistics.quantile(sizes, 0.5), statistics.quantile(balances, 0.5)
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


def _recommendation_detail(results: Results, cell: Cell, names: list[str]) -> str:
    first = results.errors(cell, names[0])
    level = statistics.shared_level(len(names) - 1)
    equal = [
        results.schemes[name].label
        for name in names[1:]
        if statistics.compare(results.errors(cell, name), first, level).verdict != "larger"
    ]
    median = words.number(statistics.summarise(first).median)
    text = f"{results.schemes[names[0]].label}, median error {median}. "
    if not equal:
        return text + "Every other scheme is clearly worse."
    shown = equal if len(equal) <= 5 else [*equal[:4], f"{len(equal) - 4} more"]
    return f"{text}Not clearly worse: {words.joined(shown)}."


def _missing(
    key: str, question: str, results: Results, names: list[str], adaptive: bool = False
) -> Claim:
    labels = {scheme.name: scheme.label for scheme in results.content.schemes}
    absent = [labels.get(name, name) for name in names if name not in results.schemes]
    if adaptive and not results.of_kind("adaptive"):
        absent.append("adaptive weighting")
    lead = (
        f"Not answered: {words.joined(absent)} not run."
        if absent
        else "Not answered: no setting has finished runs of both."
    )
    return Claim(key, question, "missing", lead)


def _sentence(text: str, comparison: statistics.Comparison) -> str:
    return f"{text}; {_WORDS[comparison.verdict]}."


def _overall(verdicts: Sequence[str]) -> str:
    return verdicts[0] if len(set(verdicts)) == 1 else "mixed"


def _tally(verdicts: Sequence[str]) -> str:
    counts = Counter(verdicts)
    order = [verdict for verdict in _WORDS if counts[verdict]]
    if len(order) == 1:
        where = "" if len(verdicts) == 1 else f" in all {len(verdicts)} settings"
        return _WORDS[order[0]] + where
    return words.joined([f"{_WORDS[v]} in {counts[v]} of {len(verdicts)} settings" for v in order])


def _spread_verdict(interval: statistics.Interval) -> str:
    if not interval.known:
        return "too few"
    return {-1: "smaller", 0: "unclear", 1: "larger"}[interval.sign]


def _spread_tally(intervals: Sequence[statistics.Interval]) -> str:
    said = {
        "smaller": "clearly smaller",
        "larger": "clearly larger",
        "unclear": "no clear difference",
        "too few": "too few initialisations for a verdict",
    }
    counts = Counter(_spread_verdict(interval) for interval in intervals)
    return words.joined(
        [f"{said[v]} in {_of(counts[v], len(intervals))}" for v in said if counts[v]]
    )


def _from_to(ratios: list[float]) -> str:
    if len(ratios) == 1:
        return words.factor(ratios[0])
    return f"{words.factor(ratios[0])} to {words.factor(ratios[-1])}"


def _of(count: int, total: int) -> str:
    if total == 1:
        return "the one setting"
    return f"all {total} settings" if count == total else f"{count} of {total} settings"
