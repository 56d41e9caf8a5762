"""The adaptive schemes against each baseline: do they beat it, and by how much?"""

from collections.abc import Sequence

from sobolev.records.paired import Says, fewest
from sobolev.reports import words
from sobolev.reports.claims.claim import Claim
from sobolev.reports.claims.study.contests import Contest, contest, wall_ratio
from sobolev.reports.claims.study.phrases import from_to, missing, of_settings, overall, sentence
from sobolev.reports.read.study import Results


def against(results: Results, baseline: str, question: str) -> Claim:
    """The adaptive schemes against a baseline, setting by setting."""
    contests = _contests(results, baseline)
    if not contests:
        return missing(baseline, question, results, [baseline], adaptive=True)
    label = f"“{contests[0].baseline.label}”"
    verdicts = [contest.says for contest in contests]
    lead = _contest_lead(contests, label)
    details = [(str(contest.cell), _contest_detail(results, contest)) for contest in contests]
    return Claim(baseline, question, overall(verdicts), lead, details)


def equally_tuned(results: Results) -> Claim:
    """Adaptive schemes at the learning rate that was tuned for SNN, against tuned SNN."""
    question = "And when both use the tuned learning rate?"
    contests = _contests(results, "snn_tuned", control="tuned")
    if not contests:
        lead = "Not answered: no adaptive scheme was run at the tuned learning rate."
        return Claim("equally_tuned", question, "missing", lead)
    verdicts = [contest.says for contest in contests]
    lead = _contest_lead(contests, f"“{contests[0].baseline.label}”")
    lead += " The rate was tuned for SNN, not for each scheme."
    details = [(str(contest.cell), _contest_detail(results, contest)) for contest in contests]
    return Claim("equally_tuned", question, overall(verdicts), lead, details)


def levenberg_marquardt(results: Results) -> Claim:
    """The adaptive schemes against LM, with the check that LM got the same wall time."""
    claim = against(results, "lm", "Does it beat Levenberg–Marquardt in the same wall time?")
    if claim.verdict == "missing":
        return claim
    details, unequal = [], 0
    for (where, text), found in zip(claim.details, _contests(results, "lm"), strict=True):
        ratio = wall_ratio(results, found.cell, "lm")
        unequal += not 0.8 <= ratio <= 1.25
        time = "unknown" if ratio != ratio else f"×{words.number(ratio)} that of SNN"
        details.append((where, f"{text} Wall time of LM: {time}."))
    lead = claim.lead
    if unequal:
        lead += (
            " The wall times differ by more than 25 % in "
            f"{of_settings(unequal, len(details))}: there the comparison is not one at equal cost."
        )
    return Claim(claim.key, claim.question, claim.verdict, lead, details)


def _contests(results: Results, baseline: str, control: str | None = None) -> list[Contest]:
    found = [contest(results, cell, baseline, control) for cell in results.cells]
    return [each for each in found if each is not None]


def _contest_lead(contests: Sequence[Contest], label: str) -> str:
    total = len(contests)
    wins = sum(bool(contest.winners) for contest in contests)
    short = sum(contest.says is Says.FEW for contest in contests)
    if short == total:
        need = fewest(len(contests[0].comparisons))
        return (
            f"Too few initialisations for a verdict: {need} are needed for "
            f"{words.plural(len(contests[0].comparisons), 'adaptive scheme')}."
        )
    lost = sum(c.says is Says.WORSE for c in contests)
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
    lead += f" The one with the smallest median has {from_to(ratios)} its error"
    lead += f", clearly more in {of_settings(lost, total)}." if lost else "."
    worse = sum(bool(contest.losers) for contest in contests)
    if worse and not lost:
        lead += f" Some adaptive schemes are clearly worse than it in {of_settings(worse, total)}."
    return lead


def _contest_detail(results: Results, contest: Contest) -> str:
    best = contest.comparisons[contest.best]
    head = f"{results.schemes[contest.best].label} has the smallest median: "
    text = head + sentence(words.comparison(best), best)
    count = len(contest.comparisons)
    if best.says is Says.FEW or count == 1:
        return text
    losers = [results.schemes[name].label for name in contest.losers]
    text += f" Of {count} adaptive schemes {len(contest.winners)} are clearly better"
    if not losers:
        return f"{text}, none clearly worse."
    names = f" ({words.joined(losers)})" if len(losers) <= 4 else ""
    return f"{text}, {len(losers)} clearly worse{names}."
