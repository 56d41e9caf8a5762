"""A report on disk: the page, the same as text, and its figures."""

from collections.abc import Callable
from pathlib import Path

from sobolev._base.atomic import write_atomically
from sobolev.reports.figures.canvas import Picture, inline, saved, style, write_figures
from sobolev.reports.html import text

Families = dict[str, list[Picture]]


def write_output(
    target: Path,
    draw: Callable[[], Families],
    page: Callable[[Families, dict[str, str]], str],
    markdown: str,
) -> Path:
    """Write `figures/`, `report.md` and `report.html` into `target`; return the page's path.

    `draw()` gives the pictures by family, `page(pictures, markup)` the page with the markup of each
    picture by its name. Raises `OutputError`.
    """
    with style():
        pictures = draw()
        every = [picture for family in pictures.values() for picture in family]
        content = {picture.name: saved(picture) for picture in every}
    html = page(pictures, {p.name: inline(p, content[p.name], text(p.alt)) for p in every})
    write_figures(target / "figures", content)
    write_atomically(target / "report.md", markdown.encode())
    return write_atomically(target / "report.html", html.encode())
