"""Sentences in plain words, each derived from paired comparisons.

Nothing here knows what the answer is: change the errors and the sentences change.
"""

from collections import Counter
from collections.abc import Callable

from sobolev.records.over_seeds import shared_level, summarise
from sobolev.records.paired import Says
from sobolev.reports import words
from sobolev.reports.claims.claim import Claim
from sobolev.reports.claims.study.against import against, equally_tuned, levenberg_marquardt
from sobolev.reports.claims.study.contests import compared, pair, ranked
from sobolev.reports.claims.study.origin import origin, robustness
from sobolev.reports.claims.study.phrases import (
    from_to,
    missing,
    of_settings,
    overall,
    sentence,
    tally,
)
from sobolev.reports.read.study import Cell, Results


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
    found = [(cell, pair(results, cell, "snn", "nn")) for cell in results.cells]
    pairs = [(cell, each) for cell, each in found if each is not None]
    if not pairs:
        return missing("derivatives", question, results, ["snn", "nn"])
    verdicts = [each.says for _, each in pairs]
    lead = (
        f"Training on values and derivatives (SNN) instead of values only (NN) gives "
        f"{tally(verdicts)}."
    )
    if set(verdicts) == {Says.BETTER}:
        ratios = sorted(each.log_ratio.middle for _, each in pairs)
        lead += f" The error becomes {from_to(ratios)} in the median."
    details = [(str(cell), sentence(words.comparison(each), each)) for cell, each in pairs]
    return Claim("derivatives", question, overall(verdicts), lead, details)


def recommendation(results: Results) -> Claim:
    """The scheme with the smallest median error, and those that are not clearly worse."""
    firsts, details = [], []
    for cell in results.cells:
        names = ranked(results, cell, "baseline", "adaptive")
        summary = summarise(results.errors(cell, names[0])) if names else None
        if summary is None or summary.failed > summary.runs / 2:
            continue
        firsts.append(results.schemes[names[0]].label)
        details.append((str(cell), _recommendation_detail(results, cell, names)))
    question = "Which scheme is best here?"
    if not firsts:
        return Claim("best", question, "missing", "No scheme finished in most of its runs.")
    counts = Counter(firsts).most_common()
    parts = [f"{label} in {of_settings(count, len(firsts))}" for label, count in counts]
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
    return Claim("failures", question, Says.WORSE, lead, details)


def caution(results: Results) -> str:
    """What the intervals mean and what many comparisons do to them."""
    claims = sum(len(claim.details) for claim in conclusions(results))
    adaptive = len(results.of_kind("adaptive"))
    text = (
        f"How to read this. Every comparison is paired: same network, same initialisation, "
        f"{words.plural(len(results.seeds), 'initialisation')}. ×0.5 means half the error; the "
        "brackets are the 95 % interval of the median ratio over initialisations. “Clear” means "
        "that a signed-rank test of the ratios (Wilcoxon, two-sided) has p < 0.05. Failed runs "
        "count as worst."
    )
    if adaptive > 1:
        level = words.level(shared_level(adaptive))
        text += (
            f" Picking the best of {adaptive} adaptive schemes on the same runs flatters it; the "
            "tests against a baseline are therefore corrected for all of them (Holm), and their "
            f"intervals widened to {level} each, so that they hold for all schemes of a setting "
            "together."
        )
    return text + (
        f" Settings and questions are not corrected for: of about {claims} verdicts, "
        f"{max(1, round(0.05 * claims))} may be chance. All runs share one data set; another "
        "problem may answer differently."
    )


def _recommendation_detail(results: Results, cell: Cell, names: list[str]) -> str:
    first = results.errors(cell, names[0])
    others = compared({name: results.errors(cell, name) for name in names[1:]}, first)
    equal = [
        results.schemes[name].label
        for name, found in others.items()
        if found.says is not Says.WORSE
    ]
    median = words.number(summarise(first).median)
    text = f"{results.schemes[names[0]].label}, median error {median}. "
    if not equal:
        return text + "Every other scheme is clearly worse."
    shown = equal if len(equal) <= 5 else [*equal[:4], f"{len(equal) - 4} more"]
    return f"{text}Not clearly worse: {words.joined(shown)}."
