"""Loss curves per term: the talk's first result figures."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sobolev.reports import words
from sobolev.reports.figures.canvas import Picture, head, log_axis
from sobolev.reports.figures.palette import look
from sobolev.reports.figures.series import axis_of, band, cast, history
from sobolev.reports.read.study import Results

_BASELINES = ("nn", "snn", "snn_tuned", "lm")


def loss_curves(results: Results) -> list[Picture]:
    """One picture a network: training loss of each term and validation error."""
    pictures = []
    for index, network in enumerate(results.networks):
        names = cast(results, network, *_BASELINES)
        if names:
            pictures.append(_picture(results, network, names, f"loss-{index + 1}"))
    return pictures


def _picture(results: Results, network: str, names: list[str], name: str) -> Picture:
    titles = [f"Training loss of {results.term(term)}" for term in results.content.terms]
    valid = any(history(results, network, n, "valid_error") is not None for n in names)
    titles += ["Validation: relative H1 error"] if valid else []
    rows = (len(titles) + 1) // 2
    figure = Figure(figsize=(8.2, 2.7 * rows + 0.6), layout="constrained")
    head(figure, f"Network {network}")
    panels = figure.subplots(rows, 2, squeeze=False).ravel()
    epochs = _epochs(results, network, names)
    for index, title in enumerate(titles):
        axes = panels[index]
        source = ("loss", index) if index < len(results.content.terms) else ("valid_error", 0)
        for scheme in names:
            _draw(axes, results, network, scheme, source, epochs)
        axes.set_title(title, loc="left")
        axes.set_xlabel("epoch")
        axes.set_xlim(0, epochs)
        log_axis(axes, "y")
        if "lm" in names:
            _steps_axis(axes, results, network, epochs)
    for axes in panels[len(titles) :]:
        axes.set_axis_off()
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    labels = words.joined([results.schemes[n].label for n in names])
    return Picture(
        name,
        figure,
        f"Loss curves of network {network} for {labels}, logarithmic axis.",
        f"Network {network}. Line: median over initialisations; band: middle half of them. "
        "Look at the end of the curves (how good) and at the width of the bands (how robust). "
        "The response-only network (NN) never sees the sensitivities: its sensitivity losses "
        "show what values alone do not teach.",
    )


def _epochs(results: Results, network: str, names: list[str]) -> float:
    """The longest epoch axis of the schemes that have epochs."""
    ends = [1.0]
    for name in names:
        loss = history(results, network, name, "loss")
        if loss is not None and (name != "lm" or len(names) == 1):
            ends.append(axis_of(results, network, name, loss.shape[1])[-1])
    return max(ends)


def _draw(axes: Axes, results: Results, network: str, scheme: str, source, epochs: float) -> None:
    name, term = source
    values = history(results, network, scheme, name)
    if values is None:
        return
    x = axis_of(results, network, scheme, values.shape[1])
    if scheme == "lm" and x[-1] > 0:
        x = x * (epochs / x[-1])
    curve, style = band(x, values[..., term], positive=True), look(results.schemes[scheme])
    label = results.schemes[scheme].label
    axes.fill_between(curve.edge, curve.low, curve.high, color=style.colour, alpha=0.16, lw=0)
    axes.plot(curve.x, curve.median, color=style.colour, ls=style.line, lw=1.5, label=label)


def _steps_axis(axes: Axes, results: Results, network: str, epochs: float) -> None:
    """A second axis for LM, stretched so that both end after the same wall time."""
    loss = history(results, network, "lm", "loss")
    if loss is None:
        return
    last = axis_of(results, network, "lm", loss.shape[1])[-1]
    scale = last / epochs
    top = axes.secondary_xaxis("top", functions=(lambda e: e * scale, lambda s: s / scale))
    colour = look(results.schemes["lm"]).colour
    top.set_xlabel("step of LM", color=colour, fontsize=8)
    top.tick_params(colors=colour, labelsize=8)
