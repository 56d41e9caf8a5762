"""The page of a comparison: what follows first, then the numbers that it follows from."""

from collections.abc import Mapping

from sobolev.records.paired import Says
from sobolev.reports import words
from sobolev.reports.claims.claim import Claim
from sobolev.reports.claims.weightings import names
from sobolev.reports.figures.canvas import Picture
from sobolev.reports.html import card, document, figure, fold, text
from sobolev.reports.read.weightings import Weightings
from sobolev.reports.tables import weightings as tables
from sobolev.reports.tables.study import pairs_table

_BADGES: dict[str, str] = {
    Says.BETTER: "clear gain",
    Says.WORSE: "clear loss",
    Says.SAME: "no clear gain",
    Says.FEW: "too few runs",
    "mixed": "depends",
    "missing": "not answered",
}
_FOLDED = 12  # details of a claim above which they are folded away


def comparison_page(
    found: Weightings,
    said: list[Claim],
    pictures: Mapping[str, list[Picture]],
    markup: Mapping[str, str],
) -> str:
    """The whole page; `pictures` by family, `markup` the inline form of each picture by name."""

    def show(family: str) -> str:
        shown = "".join(figure(p, markup[p.name]) for p in pictures[family])
        return shown or "<p>Only the baseline was run.</p>"

    sections = [
        ("conclusions", "What follows", "".join(card(c, _BADGES, _FOLDED) for c in said)),
        ("summary", "Every scheme at a glance", _reading(found) + show("summary")),
        ("problems", "Problem by problem", show("dots")),
        ("length", "Step length or balance", _gains(found)),
        ("numbers", "All numbers", _numbers(found)),
        ("rates", "How the learning rates were chosen", _rates(found)),
        ("run", "How this was run", _run(found)),
    ]
    return document("Comparison of weightings", _facts(found), sections)


def _facts(found: Weightings) -> str:
    content = found.content
    parts = [
        words.plural(len(found.problems), "problem"),
        words.plural(len(found.schemes), "scheme"),
        words.plural(len(found.variants), "variant"),
        words.plural(len(content.records), "training"),
        f"sobolev {content.version}" if content.version else "",
    ]
    return text(" · ".join(part for part in parts if part))


def _reading(found: Weightings) -> str:
    parts = []
    if "unit length" in found.variants:
        parts.append("<em>unit length</em>: the gradient is divided by its length before Adam")
    if "β₂ = 0.99" in found.variants:
        parts.append("<em>β₂ = 0.99</em>: Adam’s second moment remembers about 100 steps, not 1000")
    shown = f"<p>Variants: {'; '.join(parts)}.</p>" if parts else ""
    if any(name.endswith("_balanced") for name in found.schemes):
        shown += (
            "<p>A name that ends in <code>_balanced</code>: the scheme works on terms that "
            "inverse-energy weights have made equal, because it depends on their units.</p>"
        )
    return shown


def _gains(found: Weightings) -> str:
    intro = (
        "<p>A scheme that enlarges all weights, or lets them move while Adam remembers old "
        "gradients, takes longer steps; a constant on the learning rate would do the same. "
        "Therefore scheme and baseline are compared again with steps whose length does not depend "
        "on the weights (unit length) and with an Adam that adapts faster (β₂ = 0.99). A gain that "
        "is clear with Adam as it is and under no control is <em>step length</em>; one that is "
        "clear under every control is <em>balance</em>. Every gain that is clear in some variant "
        "is listed.</p>"
    )
    return intro + (tables.gain_table(found) or "<p>No scheme gains.</p>")


def _numbers(found: Weightings) -> str:
    return (
        "<p>Median and range of the error over initialisations; ratio: median of the error over "
        "the baseline’s from the same initialisation; p: two-sided Wilcoxon signed-rank test, "
        "corrected over the schemes of the problem and variant (Holm). Rates at an end of the "
        f"sweep are marked (lowest, highest).</p>{tables.verdict_tables(found)}"
    )


def _rates(found: Weightings) -> str:
    shown = tables.tuning_tables(found)
    if not shown:
        return "<p>Not recorded: the file holds no tuning runs.</p>"
    seeds = {r.seed for r in found.content.records if r.tuning}
    return (
        "<p>Every scheme took, in every variant and on every problem, the rate with the smallest "
        f"median error over {words.plural(len(seeds), 'initialisation')} other than those that "
        f"are compared (★).</p>{shown}"
    )


def _run(found: Weightings) -> str:
    given = found.content.settings.items()
    settings = {k: v for k, v in given if k != "schemes" and v is not None}
    schemes = f"<p>{text(', '.join(found.schemes))}</p>"
    return (
        "<p>The settings below are complete: the same settings and processor type give the same "
        "numbers.</p><pre>sobolev study weighting --out FOLDER   # with the settings below\n"
        f"sobolev report FOLDER</pre>{fold('Schemes', schemes)}"
        + fold("Settings", pairs_table(settings | found.content.budgets, "Settings"))
        + f'<p class="soft">Baselines: {text("; ".join(_baselines(found)))}.</p>'
    )


def _baselines(found: Weightings) -> list[str]:
    return [f"{names.problem(p)}: {found.baseline(p)}" for p in found.problems]
