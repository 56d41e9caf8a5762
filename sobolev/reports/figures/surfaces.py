"""Response surface and sensitivities of the model and of surrogates, with the errors."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from sobolev._base.errors import DataError
from sobolev.reports.figures.canvas import Picture
from sobolev.reports.read.study import Results


def surface_figure(results: Results) -> list[Picture]:
    """Rows: terms; columns: model, then surrogate and error for up to two schemes."""
    fields = results.surfaces
    terms = [term for term in results.content.terms if f"model/{term}" in fields]
    if not terms or "x1" not in fields or "x2" not in fields:
        return []
    _check(fields)
    found = {key.split("/")[1] for key in fields if key.startswith("surrogate/")}
    names = [name for name in results.schemes if name in found]
    names = [name for name in names if all(f"surrogate/{name}/{t}" in fields for t in terms)]
    chosen = [*names[:1], *names[-1:]] if len(names) > 2 else names
    if "snn" in names and len(names) > 2:
        chosen = ["snn", next(n for n in reversed(names) if n != "snn")]
    label = str(np.ravel(fields["label"])[0]) if np.size(fields.get("label", "")) else ""
    return [_picture(results, terms, chosen, label)]


def _check(fields: dict[str, np.ndarray]) -> None:
    x, y = fields["x1"], fields["x2"]
    shape = x.shape if x.ndim == 2 else (len(np.ravel(x)), len(np.ravel(y)))
    for key, array in fields.items():
        if key.startswith(("model/", "surrogate/")) and array.shape != shape:
            raise DataError(
                f"surfaces.npz: '{key}' has the shape {array.shape}, but the grid is {shape}. Run "
                "the study again, or remove the file to get a report without this figure."
            )


def _picture(results: Results, terms: list[str], schemes: list[str], label: str) -> Picture:
    columns = 1 + 2 * len(schemes)
    # The rows have bars of different width; the layout makes room for one of them only.
    layout = ConstrainedLayoutEngine(rect=(0.03, 0, 0.96, 1))
    figure = Figure(figsize=(1.9 * columns + 0.9, 1.75 * len(terms) + 0.7), layout=layout)
    panels = figure.subplots(len(terms), columns, squeeze=False, sharex=True, sharey=True)
    for row, term in enumerate(terms):
        _row(results, figure, panels[row], term, schemes)
    panels[0, 0].set_title("model", fontsize=8.5)
    for index, scheme in enumerate(schemes):
        name = results.schemes[scheme].label
        panels[0, 1 + 2 * index].set_title(name, fontsize=7.5)
        panels[0, 2 + 2 * index].set_title("error", fontsize=8.5)
    names, units = results.content.data.inputs, results.content.data.input_units
    if len(names) >= 2:
        texts = [f"{n} in {u}" if u else n for n, u in zip(names, [*units, "", ""], strict=False)]
        for axes in panels[-1]:
            axes.set_xlabel(texts[0])
        for axes in panels[:, 0]:
            axes.set_ylabel(texts[1])
    where = f" {label}." if label else ""
    return Picture(
        "surfaces",
        figure,
        "Response surface and sensitivities of the model and of surrogates with their errors.",
        f"Values (first row) and sensitivities (other rows) over the input space.{where} Error is "
        "surrogate minus model; both errors of a row share one colour bar. Look for patterns: "
        "noise without a pattern is the most that can be hoped for.",
    )


def _row(results: Results, figure: Figure, panels, term: str, schemes: list[str]) -> None:
    fields = results.surfaces
    x, y = fields["x1"], fields["x2"]
    if x.ndim == 1:
        x, y = np.meshgrid(x, y, indexing="ij")
    model = np.asarray(fields[f"model/{term}"], float)
    imitations = [np.asarray(fields[f"surrogate/{s}/{term}"], float) for s in schemes]
    low, high = _limits([model, *imitations])
    worst = max([abs(v) for s in imitations for v in _limits([s - model])] or [1.0]) or 1.0

    def draw(axes, values, **options):
        return axes.pcolormesh(
            x, y, np.ma.masked_invalid(values), rasterized=True, shading="nearest", **options
        )

    image = draw(panels[0], model, vmin=low, vmax=high)
    error = None
    for index, values in enumerate(imitations):
        draw(panels[1 + 2 * index], values, vmin=low, vmax=high)
        error = draw(panels[2 + 2 * index], values - model, cmap="RdBu_r", vmin=-worst, vmax=worst)
    for axes in panels:
        axes.grid(False)
        axes.tick_params(labelsize=7)
    bar = figure.colorbar(image, ax=list(panels), location="left", shrink=0.85, aspect=14)
    bar.ax.set_title(results.term(term), fontsize=9)  # beside the bar it would be cut off
    bars = [bar]
    if error is not None:
        bars.append(figure.colorbar(error, ax=list(panels), shrink=0.85, aspect=14))
        bars[-1].set_label("error", fontsize=8)
    for each in bars:
        each.ax.tick_params(labelsize=7)


def _limits(arrays: list[np.ndarray]) -> tuple[float, float]:
    finite = np.concatenate([a[np.isfinite(a)] for a in arrays])
    return (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
