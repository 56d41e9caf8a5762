"""Which scheme to use when: every scheme at its best against the baseline at its best."""

from collections import Counter
from collections.abc import Mapping, Sequence

from sobolev.records.paired import Says
from sobolev.reports import words
from sobolev.reports.claims.claim import Claim
from sobolev.reports.claims.weightings import names
from sobolev.reports.claims.weightings.matches import Match, at_their_best, baseline_edges, power
from sobolev.reports.claims.weightings.names import on_problems
from sobolev.reports.claims.weightings.tallies import by_scheme, challengers, never_worse, tallied
from sobolev.reports.read.weightings import PLAIN, Weightings
from sobolev.reports.words import listed, p_value, times


def recommendation(found: Weightings) -> Claim:
    """Over all problems, problem by problem, and for those who leave the optimiser as it is."""
    question = "Which scheme to use when?"
    best = {problem: at_their_best(found, problem) for problem in found.problems}
    if not all(best.values()):
        lead = "Not answered: without tuning runs no variant can be chosen."
        return Claim("recommendation", question, "missing", lead)
    if not any(group.enough for group in power(found)):
        lead = (
            "No recommendation: with so few initialisations no difference, however large, can be "
            "told apart (last point below)."
        )
        return Claim("recommendation", question, Says.FEW, lead)
    details = [(names.problem(p), _advice(found, p, matches)) for p, matches in best.items()]
    if len(found.variants) > 1:
        details += [(f"with {names.variant(v)}", _within(found, v)) for v in found.variants]
    lead = " ".join(_overall(found, baseline, best) for baseline in found.baselines)
    return Claim("recommendation", question, "note", lead, details)


def at_best(found: Weightings) -> Claim:
    """Every scheme in its best variant against the baseline in its best variant."""
    question = "Does any scheme beat the baseline when both have their best variant?"
    details, outcomes = [], []
    for problem in found.problems:
        matches = at_their_best(found, problem)
        if matches:
            others = [m for m in matches if m.scheme != found.baseline(problem)]
            outcomes.append(any(m.says is Says.BETTER for m in others))
            details.append((names.problem(problem), _best(found, problem, matches)))
    if not details:
        return Claim("at_best", question, "missing", "Not answered: nothing was tuned.")
    won = sum(outcomes)
    where = on_problems(won, len(outcomes))
    answer = f"{'Yes' if won else 'No'}{',' if where else ''}{where}."
    lead = (
        f"{answer} Learning rate and variant of every scheme, the baseline among them, were chosen "
        "on other initialisations than those compared."
    )
    verdict = Says.BETTER if all(outcomes) else "mixed" if won else Says.SAME
    return Claim("at_best", question, verdict, lead, details)


def _overall(found: Weightings, baseline: str, best: Mapping[str, Sequence[Match]]) -> str:
    """One sentence for all problems that have the same baseline."""
    problems = found.against(baseline)
    where = f"Against {baseline} ({words.joined(problems)}): " if len(found.baselines) > 1 else ""
    matches = [m for problem in problems for m in best[problem]]
    return where + _sentence(baseline, matches, len(problems))


def _sentence(baseline: str, matches: Sequence[Match], total: int) -> str:
    others = [m for m in matches if m.scheme != baseline]
    schemes = by_scheme(others)
    safe = never_worse(schemes)
    won = len({m.problem for m in others if m.says is Says.BETTER})
    if not won:
        where = "" if total == 1 else f" on any of the {total} problems"
        return (
            f"Keep {baseline}{_settled(matches)}: none of {words.plural(len(schemes), 'scheme')} "
            f"is clearly better{where} when each has its best learning rate and variant."
        )
    if not safe:
        return (
            f"It depends on the problem: some scheme is clearly better than {baseline} at its "
            f"best{on_problems(won, total)}, but each of these is clearly worse on another. "
            f"Without knowing more, keep {baseline}{_settled(matches)}."
        )
    first = schemes[safe[0]]
    better = sum(m.says is Says.BETTER for m in first)
    rest = safe[1:] if total == 1 else [tallied(name, schemes[name]) for name in safe[1:]]
    return (
        f"{safe[0]} is clearly better than {baseline} at its best"
        f"{on_problems(better, len(first))} and clearly worse on none."
        + (f" Likewise {listed(rest)}." if rest else "")
        + (
            f" Where no scheme is clearly better, keep {baseline}{_settled(matches)}."
            if better < total
            else ""
        )
    )


def _settled(matches: Sequence[Match]) -> str:
    """The baseline's best variant, when it is the same on all problems."""
    variants = {m.against for m in matches}
    return f" with {names.variant(variants.pop())}" if len(variants) == 1 else ""


def _advice(found: Weightings, problem: str, matches: Sequence[Match]) -> str:
    baseline = found.baseline(problem)
    winners = [m for m in matches if m.says is Says.BETTER]
    if winners:
        first = winners[0]
        also = [m.scheme for m in winners[1:]]
        return (
            f"Use {first.scheme} with {names.variant(first.variant)}: error {times(first.ratio)} "
            f"that of {baseline} with {names.variant(first.against)}."
            + (f" Also clearly better: {listed(also)}." if also else "")
            + _doubt(found, first)
        )
    equal = [m.scheme for m in matches if m.says is Says.SAME and m.scheme != baseline]
    return (
        f"Keep {baseline} with {names.variant(matches[0].against)}: no scheme is clearly better."
        + (f" Not told apart from it: {listed(equal)}." if equal else "")
    )


def _doubt(found: Weightings, match: Match) -> str:
    """What may make the gain no more than a longer step."""
    ends = {(e.problem, e.variant): e.end for e in baseline_edges(found)}
    end = ends.get((match.problem, match.against))
    doubt = f" But the baseline’s rate is the {end} of the sweep." if end else ""
    if not any(found.group(match.problem, v) for v in found.variants if v != PLAIN):
        doubt += " But no control of the step’s length was run: the gain may be step length."
    return doubt


def _within(found: Weightings, variant: str) -> str:
    """For those who keep the optimiser in this variant."""
    groups = (challengers(found.group(problem, variant)) for problem in found.problems)
    schemes = by_scheme(verdict for group in groups for verdict in group)
    safe = never_worse(schemes)
    if not safe:
        return "Keep the baseline: no scheme is better on some problem and worse on none."
    single = len(found.problems) == 1
    shown = safe if single else [tallied(name, schemes[name]) for name in safe]
    return f"Better than the baseline in the same variant, and worse on none: {listed(shown, 6)}."


def _best(found: Weightings, problem: str, matches: Sequence[Match]) -> str:
    baseline = found.baseline(problem)
    (base,) = (m for m in matches if m.scheme == baseline)
    others = [m for m in matches if m is not base]
    said = f"{baseline} with {names.variant(base.variant)}: median {words.number(base.median)}."
    if not others:
        return f"{said} No other scheme was run."
    first, counts = others[0], Counter(m.says for m in others)
    return (
        f"{said} Smallest median among the others: {first.scheme} with "
        f"{names.variant(first.variant)}, {words.number(first.median)}, {times(first.ratio)}, "
        f"p {p_value(first.p)}: {first.says}. Of {len(others)}: {counts[Says.BETTER]} better, "
        f"{counts[Says.WORSE]} worse, {counts[Says.SAME]} not told apart."
    )
