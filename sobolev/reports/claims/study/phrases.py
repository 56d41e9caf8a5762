"""How verdicts, settings and ratios are put into sentences about a study."""

from collections import Counter
from collections.abc import Sequence

from sobolev.records.paired import Says
from sobolev.reports import words
from sobolev.reports.claims.claim import Claim
from sobolev.reports.claims.study.contests import Comparison
from sobolev.reports.read.study import Results

_WORDS = {
    Says.BETTER: "a clearly smaller error",
    Says.WORSE: "a clearly larger error",
    Says.SAME: "no clear difference",
    Says.FEW: "too few initialisations for a verdict",
}


def missing(
    key: str, question: str, results: Results, names: list[str], adaptive: bool = False
) -> Claim:
    """The claim that cannot be made, and which schemes it lacks."""
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


def sentence(text: str, comparison: Comparison) -> str:
    """`error ×0.5 ...; a clearly smaller error.`"""
    return f"{text}; {_WORDS[comparison.says]}."


def overall(verdicts: Sequence[str]) -> str:
    """The verdict of all settings, `mixed` where they differ."""
    return verdicts[0] if len(set(verdicts)) == 1 else "mixed"


def tally(verdicts: Sequence[Says]) -> str:
    """`a clearly smaller error in 2 of 6 settings and ...`."""
    counts = Counter(verdicts)
    order = [verdict for verdict in _WORDS if counts[verdict]]
    if len(order) == 1:
        where = "" if len(verdicts) == 1 else f" in all {len(verdicts)} settings"
        return _WORDS[order[0]] + where
    return words.joined([f"{_WORDS[v]} in {counts[v]} of {len(verdicts)} settings" for v in order])


def from_to(ratios: list[float]) -> str:
    """`×0.3 to ×0.5`, of logarithms in ascending order."""
    if len(ratios) == 1:
        return words.factor(ratios[0])
    return f"{words.factor(ratios[0])} to {words.factor(ratios[-1])}"


def of_settings(count: int, total: int) -> str:
    """`2 of 6 settings`."""
    if total == 1:
        return "the one setting"
    return f"all {total} settings" if count == total else f"{count} of {total} settings"
