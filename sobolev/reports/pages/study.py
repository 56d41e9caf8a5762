"""The page: one file, no script, nothing from the network."""

from collections.abc import Callable, Sequence

from sobolev.records.paired import Says
from sobolev.reports import words
from sobolev.reports.claims.claim import Claim
from sobolev.reports.claims.study.conclusions import caution, conclusions
from sobolev.reports.figures.canvas import INK, Picture
from sobolev.reports.figures.palette import look
from sobolev.reports.html import card, document, figure, fold, text
from sobolev.reports.read.study import Results
from sobolev.reports.tables import study as tables

Pictures = dict[str, list[Picture]]
_BADGES: dict[str, str] = {
    Says.BETTER: "clear gain",
    Says.WORSE: "clear loss",
    Says.SAME: "no clear difference",
    Says.FEW: "too few runs",
    "mixed": "depends",
    "missing": "not run",
}
_OTHER_BADGES: dict[str, dict[str, str]] = {  # where a smaller error is not the question
    "robustness": {Says.BETTER: "smaller spread", Says.WORSE: "larger spread"},
    "failures": {Says.WORSE: "some failed"},
}


def page(results: Results, pictures: Pictures, markup: dict[str, str]) -> str:
    """The whole page; `pictures` by family, `markup` the inline form of each picture by name."""

    def show(family: str) -> str:
        shown = {True: "", False: ""}
        for picture in pictures[family]:
            shown[picture.main] += figure(picture, markup[picture.name])
        return shown[True] + fold("The shorter trainings", shown[False])

    sections = [
        ("conclusions", "What to conclude", _conclusions(results)),
        ("errors", "Errors of every scheme", _errors(results)),
        ("gain", "Where the gain comes from", _gain(results, show)),
        ("loss", "Loss curves", _or_missing(_key(results) + show("loss"), pictures["loss"])),
        ("weights", "Weights and their steps", _weights(pictures, show)),
        ("robustness", "Robustness", _robustness(show)),
        ("cost", "Accuracy against computing time", show("cost")),
        ("surfaces", "Response surface and sensitivities", _surfaces(pictures, show)),
        ("lm", "Levenberg–Marquardt in the same wall time", _equal_time(results)),
        ("gradients", "Gradient norms", _or_missing(show("gradient"), pictures["gradient"])),
        ("run", "How this was run", _run(results)),
    ]
    title = f"Study “{text(results.content.study)}”"
    return document(title, _provenance(results), sections)


def _provenance(results: Results) -> str:
    content, data = results.content, results.content.data
    parts = [data.source] if data.source != content.study else []
    if data.outputs:
        parts.append(f"{', '.join(data.outputs)} as a function of {', '.join(data.inputs)}")
    if data.train is not None:
        parts.append(f"{data.train} training and {data.valid} validation points")
    parts.append(words.plural(len(content.records), "training run"))
    version = content.versions.get("sobolev")
    parts.append(f"sobolev {version}" if version else "")
    parts.append(content.created)
    return text(" · ".join(part for part in parts if part))


def _conclusions(results: Results) -> str:
    cards = "".join(_card(results, claim) for claim in conclusions(results))
    return f'{cards}<p class="soft">{text(caution(results))}</p>'


def _card(results: Results, claim: Claim) -> str:
    badges = _BADGES | _OTHER_BADGES.get(claim.key, {})
    return card(claim, badges, len(claim.details) if len(results.cells) <= 2 else 0)


def _errors(results: Results) -> str:
    intro = (
        "<p>Relative H1 error on the validation points: the error of the value and of all "
        "derivatives together, divided by their size (0: exact; 1: as bad as predicting "
        "nothing). Large: median over initialisations; below: middle half of them, median CPU "
        "seconds, failed runs. ★ marks the smallest median of a column.</p>"
    )
    main = tables.error_table(results, "relative_h1", ("baseline", "adaptive"), "Relative H1 error")
    folded = []
    if results.of_kind("control"):
        control = tables.error_table(results, "relative_h1", ("control",), "Relative H1 error")
        folded.append(fold("Controls", control))
    for term in results.content.terms:
        unit = results.unit(term)
        name = f"RMSE of {results.term(term)}" + (f" in {unit}" if unit else "")
        shown = tables.error_table(results, term, ("baseline", "adaptive", "control"), name)
        folded.append(fold(text(name), shown))
    return intro + main + _not_run(results) + _descriptions(results) + "".join(folded)


def _not_run(results: Results) -> str:
    if not results.not_run:
        return ""
    names = words.joined([scheme.label for scheme in results.not_run])
    return f'<p class="soft">Not run in this study: {text(names)}.</p>'


def _descriptions(results: Results) -> str:
    rows = [[text(s.label), text(s.description)] for s in results.schemes.values() if s.description]
    shown = "".join(f"<dt>{name}</dt><dd>{words_}</dd>" for name, words_ in rows)
    return fold("What each scheme does", f"<dl>{shown}</dl>") if rows else ""


def _gain(results: Results, show: Callable[[str], str]) -> str:
    if not results.of_kind("adaptive") or "snn" not in results.schemes:
        return "<p>Not answered: adaptive schemes or plain SNN were not run.</p>"
    intro = (
        "<p>An adaptive scheme does two things at once: it changes the <em>balance</em> between "
        "the loss terms, and it changes their common size, which acts like a larger or smaller "
        "<em>step</em>. Two controls tell them apart. <em>Step size</em>: plain SNN in which all "
        "terms follow only the common growth of the scheme’s weights. <em>Balance</em>: the "
        "scheme with its weights normalised to mean 1 after every update.</p>"
        "<p>The table gives logarithms, because they add up: gain = log(error of SNN / error of "
        "the scheme), the parts likewise with the control in place of the scheme; +0.69 is half "
        "the error. Remainder = gain − step size − balance, seed by seed: what only the two "
        "together do (negative: they do the same thing twice). Brackets: 95 % interval of the "
        "median. Percentages are shown only where the gain itself is clearly above zero.</p>"
    )
    missing = [
        scheme.label
        for scheme in results.of_kind("adaptive")
        if not (
            results.control(scheme.name, "replay") and results.control(scheme.name, "normalised")
        )
    ]
    if missing:
        intro += f"<p>Controls not run (or not all) for {text(words.joined(missing))}.</p>"
    contests = [
        fold(f"All adaptive schemes against {text(scheme.label)}", shown)
        for scheme in results.of_kind("baseline")
        if (shown := tables.comparison_table(results, scheme.name))
    ]
    return intro + show("gain") + tables.gain_table(results) + "".join(contests)


def _key(results: Results) -> str:
    """Colours of the families; they are the same in every figure."""
    items = []
    for scheme in results.of_kind("baseline", "adaptive"):
        style = look(scheme)
        kinds = {"-": "solid", "--": "dashed", ":": "dotted"}
        line = kinds.get(style.line, "double") if isinstance(style.line, str) else "double"
        colour = "currentColor" if style.colour == INK else style.colour
        items.append(
            f'<span><i style="border-top:3px {line} {colour}"></i>{text(scheme.label)}</span>'
        )
    return f'<div class="key" aria-label="Colours of the schemes">{"".join(items)}</div>'


def _weights(pictures: Pictures, show: Callable[[str], str]) -> str:
    if not pictures["weights"] and not pictures["weights_other"]:
        return "<p>No weight histories: no adaptive scheme was run, or none was recorded.</p>"
    intro = (
        "<p>λ or w: the factor in front of a loss term; dw: its change in one step. With clipping "
        "the weights stop at the bounds; without, they may grow or oscillate. Thick line and "
        "band: median and middle half of the initialisations; thin line: the first one. If all "
        "weights rise together, the scheme mostly enlarges the step; if they separate, it "
        "balances the terms.</p>"
    )
    main = show("weights")
    if not pictures["weights_other"]:
        return intro + main
    return intro + main + fold("The other adaptive schemes", show("weights_other"))


def _robustness(show: Callable[[str], str]) -> str:
    return (
        "<p>The same scheme, started from different random initialisations. What counts for a "
        "user who trains once is not only the median but how bad an unlucky start can be.</p>"
        + show("spread")
    )


def _surfaces(pictures: Pictures, show: Callable[[str], str]) -> str:
    if pictures["surfaces"]:
        return show("surfaces")
    return "<p>Not recorded: the study draws surfaces for two inputs only.</p>"


def _equal_time(results: Results) -> str:
    shown = tables.wall_table(results)
    if not shown:
        return "<p>Levenberg–Marquardt was not run.</p>"
    return (
        "<p>LM is given the wall time that plain SNN takes for its epochs, on the unweighted "
        "Sobolev loss. The comparison is fair where the first ratio is near ×1; medians, 95 % "
        f"intervals.</p>{shown}"
    )


def _run(results: Results) -> str:
    content = results.content
    tuning = tables.tuning_table(results)
    parts = [
        "<p>The settings below are complete: the same settings, seeds and processor type "
        "give the same runs.</p>"
    ]
    command = results.command or "sobolev study --help   # with the settings below"
    parts.append(f"<pre>{text(command)}\nsobolev report FOLDER</pre>")
    if tuning:
        seeds = max(t.seeds for t in content.tuning)
        parts.append(
            "<h3>Learning rates behind the tuned SNN</h3><p>Swept over "
            f"{words.plural(seeds, 'initialisation')} other than the study’s, so that the choice "
            f"does not peek at the comparison.</p>{tuning}"
        )
    parts.append(fold("Settings", tables.pairs_table(content.settings, "Resolved settings")))
    facts = {"versions": content.versions, "machine": content.machine}
    parts.append(fold("Versions and machine", tables.pairs_table(facts, "Versions, machine")))
    return "".join(parts)


def _or_missing(markup: str, pictures: Sequence[Picture]) -> str:
    return markup if pictures else "<p>Not recorded in this study.</p>"
