"""Read a comparison's folder, write its page or its figures."""

from functools import partial
from pathlib import Path

from sobolev.reports.claim import Claim
from sobolev.reports.figures.canvas import Picture, saved, style, write_figures
from sobolev.reports.output import write_output
from sobolev.reports.weightings.claims import claims
from sobolev.reports.weightings.dots import dot_figures
from sobolev.reports.weightings.page import comparison_page
from sobolev.reports.weightings.read import Weightings, read_weightings
from sobolev.reports.weightings.summary import summary_figures
from sobolev.reports.weightings.tables import ratio_rows


def write_comparison(folder: str | Path, output: str | Path | None = None) -> Path:
    """Write `report.html`, `report.md` and `figures/` of a comparison; return the page's path.

    `folder` holds `comparison.json`. Raises `DataError`, `OutputError`.
    """
    found = read_weightings(folder)
    target = Path(folder if output is None else output)
    said = claims(found)
    page = partial(comparison_page, found, said)
    return write_output(target, lambda: _pictures(found), page, _markdown(found, said))


def draw_comparison(folder: str | Path, target: str | Path) -> list[Path]:
    """Save the figures of a comparison as `comparison_*.png` into `target`; return their paths.

    `folder` holds `comparison.json`. Raises `DataError`, `OutputError`.

    ```python
    draw_comparison("out/weighting", "docs/figures")   # comparison_summary.png, comparison_*.png
    ```
    """
    found = read_weightings(folder)
    with style():
        pictures = [p for family in _pictures(found).values() for p in family]
        content = {p.name: saved(p, kinds=("png",)) for p in pictures}
    write_figures(Path(target), content)
    return [Path(target) / name for files in content.values() for name in files]


def _pictures(found: Weightings) -> dict[str, list[Picture]]:
    return {"summary": summary_figures(found), "dots": dot_figures(found)}


def _markdown(found: Weightings, said: list[Claim]) -> str:
    tables = []
    for baseline in found.baselines:
        head, *rows = ratio_rows(found, baseline)
        lines = [head, ["---"] * len(head), *rows]
        tables += [
            f"## Error over that of {baseline} in the same variant",
            "\n".join(f"| {' | '.join(line)} |" for line in lines),
        ]
    parts = [
        "# Comparison of weightings",
        *(f"**{claim.question}** {claim.lead}" + _details(claim) for claim in said),
        *tables,
        "Median over initialisations. Bold: clearly better, italic: clearly worse, both after the "
        "correction over all schemes; otherwise not told apart; –: not run.",
    ]
    return "\n\n".join(parts) + "\n"


def _details(claim: Claim) -> str:
    lines = "\n".join(f"* {where}: {what}" for where, what in claim.details)
    return f"\n\n{lines}" if lines else ""
