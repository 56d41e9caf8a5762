"""What is balance between the terms, and what is only the length of the steps."""

from collections import Counter

from sobolev.records.paired import Says
from sobolev.reports import words
from sobolev.reports.claims.claim import Claim
from sobolev.reports.claims.weightings import names
from sobolev.reports.claims.weightings.matches import Origin, baseline_alone, origins
from sobolev.reports.read.weightings import PLAIN, Weightings
from sobolev.reports.words import listed, p_value, times

KINDS = {
    "balance": "balance",
    "hidden": "balance, hidden by the step",
    "mixed": "depends on the control",
    "partly": "under one control only",
    "length": "step length",
    "unknown": "not known: no control",
}
_OF_PLAIN = ("balance", "mixed", "length")


def step_length(found: Weightings) -> Claim:
    """Which gains outlive a control of the step's length."""
    question = "Which gains are step length, which are balance?"
    gains = [o for problem in found.problems for o in origins(found, problem)]
    known = [o for o in gains if o.kind != "unknown"]
    if not known:
        return Claim("step_length", question, "missing", _nothing(found, bool(gains)))
    kinds = Counter(o.kind for o in known)
    turned = sum(o.kind == "length" and o.turns for o in known)
    lead = (
        f"{words.plural(sum(kinds[k] for k in _OF_PLAIN), 'clear gain')} over the baseline with "
        "Adam as it is. When scheme and baseline both take steps of a controlled length (unit "
        "length; a shorter memory of Adam), there stay clear: under every control (balance between "
        f"the terms) {kinds['balance']}, under one but not another {kinds['mixed']}, under none "
        f"(step length) {kinds['length']}"
        + (f", {turned} of them even a clear loss." if turned else ".")
    )
    if kinds["hidden"] or kinds["partly"]:
        lead += (
            f" Clear only once the step is controlled: under every control {kinds['hidden']}, "
            f"under one but not another {kinds['partly']}."
        )
    unknown = [o for o in gains if o.kind == "unknown"]
    if unknown:
        where = words.joined(list(dict.fromkeys(o.problem for o in unknown)))
        lead += (
            f" {words.plural(len(unknown), 'more gain')} on {where} cannot be judged: no control "
            "was run."
        )
    details = []
    for problem in found.problems:
        for kind, title in KINDS.items():
            names = [_gain(o) for o in origins(found, problem) if o.kind == kind]
            if names:
                details.append((f"{problem}: {title}", f"{listed(names, 12)}."))
    verdict = Says.BETTER if kinds["balance"] + kinds["hidden"] == len(known) else "mixed"
    return Claim("step_length", question, verdict, lead, details)


def alone(found: Weightings) -> Claim:
    """What the controls give to the baseline, whose weights stay the same."""
    question = "What does the length of the step give by itself?"
    matches = baseline_alone(found)
    if not matches:
        lead = "Not answered: the baseline was not run both plain and in another variant."
        return Claim("alone", question, "missing", lead)
    parts = []
    for variant in dict.fromkeys(m.variant for m in matches):
        here = [m for m in matches if m.variant == variant]
        better, worse = (sum(m.says == said for m in here) for said in (Says.BETTER, Says.WORSE))
        ratios = sorted({times(m.ratio): m.ratio for m in here}.items(), key=lambda item: item[1])
        shown = " to ".join(dict.fromkeys([ratios[0][0], ratios[-1][0]]))
        parts.append(
            f"with {names.variant(variant)} its error is {shown}, "
            + names.clearly("better", better, len(here))
            + (f", {names.clearly('worse', worse, len(here))}" if worse else "")
        )
    lead = f"The baseline against itself with Adam as it is: {'; '.join(parts)}."
    details = [
        (
            names.place(m.problem, m.variant),
            f"{m.scheme}: median {words.number(m.median)}, {times(m.ratio)} from the same "
            f"initialisations, p {p_value(m.p)}: {m.says}.",
        )
        for m in matches
    ]
    said = {m.says for m in matches}
    return Claim("alone", question, said.pop() if len(said) == 1 else "mixed", lead, details)


def _gain(origin: Origin) -> str:
    """With the ratio in the plain variant, or the best one where it is not clear there."""
    plain = origin.said.get(PLAIN) is Says.BETTER
    return (
        f"{origin.scheme} {times(origin.ratios[PLAIN] if plain else min(origin.ratios.values()))}"
    )


def _nothing(found: Weightings, gains: bool) -> str:
    if gains:
        return "Not answered: no control was run for any scheme that gains."
    if PLAIN not in found.variants:
        return "Not answered: no scheme was run with Adam as it is."
    return "There is nothing to explain: no scheme clearly beats the baseline in any variant."
