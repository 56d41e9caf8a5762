"""What is balance between the terms, and what is only the length of the steps."""

from collections import Counter

from sobolev.report import words
from sobolev.report.claim import Claim
from sobolev.report.weightings import naming
from sobolev.report.weightings.findings import baseline_alone, origins
from sobolev.report.weightings.naming import listed, times
from sobolev.report.weightings.read import PLAIN, Weightings

KINDS = {
    "balance": "balance",
    "mixed": "depends on the control",
    "length": "step length",
    "unknown": "no control",
}
_SAYS = {"better": "smaller", "worse": "larger", "not told apart": "unclear"}


def step_length(found: Weightings) -> Claim:
    """Gains of the plain variant that do not outlive a control of the step's length."""
    question = "Which gains are step length, which are balance?"
    gains = [o for problem in found.problems for o in origins(found, problem)]
    known = [o for o in gains if o.kind != "unknown"]
    if not known:
        return Claim("step_length", question, "missing", _nothing(found, bool(gains)))
    kinds = Counter(o.kind for o in known)
    turned = sum(o.kind == "length" and o.turns for o in known)
    lead = (
        f"{words.plural(len(known), 'clear gain')} over the baseline with Adam as it is. When "
        "scheme and baseline both take steps of a controlled length (unit length; a shorter memory "
        f"of Adam), there stay clear: under every control (balance between the terms) "
        f"{kinds['balance']}, under one but not another {kinds['mixed']}, under none (step length) "
        f"{kinds['length']}" + (f", {turned} of them even a clear loss." if turned else ".")
    )
    details = [
        (f"{problem}: {KINDS[kind]}", f"{listed(names, 12)}.")
        for problem in found.problems
        for kind in ("balance", "mixed", "length")
        if (
            names := [
                f"{o.scheme} {times(o.ratios[PLAIN])}"
                for o in origins(found, problem)
                if o.kind == kind
            ]
        )
    ]
    verdict = "smaller" if kinds["balance"] == len(known) else "mixed"
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
        better, worse = (sum(m.says == said for m in here) for said in ("better", "worse"))
        ratios = sorted({times(m.ratio): m.ratio for m in here}.items(), key=lambda item: item[1])
        shown = " to ".join(dict.fromkeys([ratios[0][0], ratios[-1][0]]))
        parts.append(
            f"with {naming.variant(variant)} its error is {shown}, "
            + naming.clearly("better", better, len(here))
            + (f", {naming.clearly('worse', worse, len(here))}" if worse else "")
        )
    lead = f"{naming.baseline(found)} against itself with Adam as it is: {'; '.join(parts)}."
    details = [
        (
            naming.place(m.problem, m.variant),
            f"{m.scheme}: median {words.number(m.median)}, {times(m.ratio)} from the same "
            f"initialisations, p {naming.p(m.p)}: {m.says}.",
        )
        for m in matches
    ]
    said = {_SAYS[m.says] for m in matches}
    return Claim("alone", question, said.pop() if len(said) == 1 else "mixed", lead, details)


def _nothing(found: Weightings, gains: bool) -> str:
    if gains:
        return "Not answered: the schemes that gain were run in one variant only."
    if PLAIN not in found.variants:
        return "Not answered: no scheme was run with Adam as it is."
    return "There is nothing to explain: with Adam as it is no scheme clearly beats the baseline."
