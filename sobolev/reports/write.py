"""Read a study's folder, write its report: one for each kind of study, of shared parts."""

from functools import partial
from pathlib import Path

from sobolev._base.errors import DataError
from sobolev.records import comparison, study
from sobolev.reports.claims.weightings.standing import claims
from sobolev.reports.figures.canvas import Picture, saved, style, write_figures
from sobolev.reports.figures.cost import cost_figures
from sobolev.reports.figures.curves import loss_curves
from sobolev.reports.figures.error_dots import dot_figures
from sobolev.reports.figures.gains import decomposition_figures
from sobolev.reports.figures.gradients import gradient_figures
from sobolev.reports.figures.ratio_map import summary_figures
from sobolev.reports.figures.spread import spread_figures
from sobolev.reports.figures.surfaces import surface_figure
from sobolev.reports.figures.weights import weight_figures
from sobolev.reports.on_disk import write_output
from sobolev.reports.pages import study_text, weightings_text
from sobolev.reports.pages.study import page
from sobolev.reports.pages.weightings import comparison_page
from sobolev.reports.read.study import Results, read_results
from sobolev.reports.read.weightings import Weightings, read_weightings


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
    target = Path(folder if output is None else output)
    if not (Path(folder) / comparison.FILE).exists():
        return _write_study(read_results(folder), target)
    if (Path(folder) / study.FILE).exists():
        raise DataError(
            f"{folder} holds {study.FILE} and {comparison.FILE}, of two studies: keep them in two "
            "folders."
        )
    return _write_comparison(read_weightings(folder), target)


def draw_comparison(folder: str | Path, target: str | Path) -> list[Path]:
    """Save the figures of a comparison as `comparison_*.png` into `target`; return their paths.

    `folder` holds `comparison.json`. Raises `DataError`, `OutputError`.

    ```python
    draw_comparison("out/weighting", "docs/figures")   # comparison_summary.png, comparison_*.png
    ```
    """
    found = read_weightings(folder)
    with style():
        pictures = [p for family in _of_comparison(found).values() for p in family]
        content = {p.name: saved(p, kinds=("png",)) for p in pictures}
    write_figures(Path(target), content)
    return [Path(target) / name for files in content.values() for name in files]


def _write_study(results: Results, target: Path) -> Path:
    text = study_text.markdown(results)
    return write_output(target, lambda: _of_study(results), partial(page, results), text)


def _write_comparison(found: Weightings, target: Path) -> Path:
    made = claims(found)
    text = weightings_text.markdown(found, made)
    html = partial(comparison_page, found, made)
    return write_output(target, lambda: _of_comparison(found), html, text)


def _of_study(results: Results) -> dict[str, list[Picture]]:
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


def _of_comparison(found: Weightings) -> dict[str, list[Picture]]:
    return {"summary": summary_figures(found), "dots": dot_figures(found)}
