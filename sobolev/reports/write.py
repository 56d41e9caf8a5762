"""Read a study's folder, write its report."""

from functools import partial
from pathlib import Path

from sobolev._base.errors import DataError
from sobolev.reports.figures.canvas import Picture
from sobolev.reports.figures.cost import cost_figures
from sobolev.reports.figures.curves import loss_curves
from sobolev.reports.figures.gradients import gradient_figures
from sobolev.reports.figures.parts import decomposition_figures
from sobolev.reports.figures.spread import spread_figures
from sobolev.reports.figures.surfaces import surface_figure
from sobolev.reports.figures.weights import weight_figures
from sobolev.reports.markdown import markdown
from sobolev.reports.output import write_output
from sobolev.reports.page import page
from sobolev.reports.results import Results, read_results
from sobolev.reports.weightings.read import FILE
from sobolev.reports.weightings.write import write_comparison


def write_report(folder: str | Path, output: str | Path | None = None) -> Path:
    """Write `report.html`, `report.md` and `figures/` from a study; return the path of the page.

    **Arguments:** `folder` is what a study wrote (`results.json`, and where they are
    `histories.npz`, `surfaces.npz`; or `comparison.json`, of `sobolev study weighting`); `output`
    is where the report goes, by default the same folder. Raises `DataError` for results that are
    missing, cut off or contradictory, `OutputError` when nothing can be written.

    ```python
    sb.write_report("talk/")   # talk/report.html, talk/figures/*.png, *.svg
    ```
    """
    if (Path(folder) / FILE).exists():
        if (Path(folder) / "results.json").exists():
            raise DataError(
                f"{folder} holds results.json and {FILE}, of two studies: keep them in two folders."
            )
        return write_comparison(folder, output)
    results = read_results(folder)
    target = Path(folder if output is None else output)
    return write_output(
        target, lambda: _pictures(results), partial(page, results), markdown(results)
    )


def _pictures(results: Results) -> dict[str, list[Picture]]:
    weights, others = weight_figures(results)
    return {
        "gain": decomposition_figures(results),
        "loss": loss_curves(results),
        "weights": weights,
        "weights_other": others,
        "spread": spread_figures(results),
        "cost": cost_figures(results),
        "surfaces": surface_figure(results),
        "gradient": gradient_figures(results),
    }
