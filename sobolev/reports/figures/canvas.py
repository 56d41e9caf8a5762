"""Figures that fit a light page, a dark page and a sheet of paper, without pyplot's global state.

Text and axes are drawn in one marker colour; in the page that colour becomes the page's own text
colour, in the files it stays dark on white.
"""

import base64
import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from sobolev._base.atomic import write_atomically
from sobolev._base.errors import OutputError

INK, GRID, PAPER = "#1b1c1d", "#d9dadb", "#fefefe"
_INLINE_LIMIT = 160_000  # an SVG above this many bytes goes into the page as PNG

_STYLE: dict[Any, Any] = {
    "font.size": 9,
    "font.sans-serif": ["DejaVu Sans"],  # written at every text: the default list has eleven names
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.facecolor": PAPER,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "svg.fonttype": "none",  # text stays text: small, searchable, in the reader's font
    "text.parse_math": False,  # a $ in a user's name is a dollar sign
    "path.simplify_threshold": 0.5,
}


@dataclass(frozen=True)
class Picture:
    """A figure with its file name, its description for those who cannot see it, and its caption."""

    name: str
    figure: Figure
    alt: str
    caption: str
    main: bool = True  # otherwise folded away, still printed


@contextmanager
def style() -> Iterator[None]:
    """Matplotlib's settings while figures are made and saved; restored afterwards."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def saved(picture: Picture, kinds: Sequence[str] = ("png", "svg")) -> dict[str, bytes]:
    """PNG and SVG of a picture. Call inside `style()`."""
    content = {}
    for kind in kinds:
        buffer = io.BytesIO()
        # A fixed salt and no date: the same study gives the same bytes.
        with matplotlib.rc_context({"svg.hashsalt": picture.name}):
            metadata = {"Date": None} if kind == "svg" else {"Software": None}
            picture.figure.savefig(buffer, format=kind, dpi=150, metadata=metadata)
        picture.figure.set_layout_engine("none")  # laid out once is enough, and it is the slow part
        data = buffer.getvalue()
        content[f"{picture.name}.{kind}"] = _rounded(data) if kind == "svg" else data
    return content


def write_figures(folder: FilePath, content: Mapping[str, Mapping[str, bytes]]) -> None:
    """Write what `saved` gave for each picture. Raises `OutputError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot make the folder {folder}: {error.strerror or error}. Choose an output folder "
            "that you may write to."
        ) from error
    for each in content.values():
        for name, data in each.items():
            write_atomically(folder / name, data)


def _rounded(svg: bytes) -> bytes:
    """Coordinates to a tenth of a point, which halves the file; texts stay as they are."""

    def shorter(match: re.Match[bytes]) -> bytes:
        return re.sub(rb"(\.\d)\d+| (?=\n)", rb"\1", match.group(0))

    return re.sub(rb' (?:d|x|y)="[^"]*"', shorter, svg)


def inline(picture: Picture, files: dict[str, bytes], alt: str) -> str:
    """The picture as markup: SVG that follows the page's colours, or PNG when that is smaller.

    `alt` must be escaped already.
    """
    svg, png = files[f"{picture.name}.svg"], files[f"{picture.name}.png"]
    if len(svg) > _INLINE_LIMIT and len(svg) > 1.4 * len(png):
        data = base64.b64encode(png).decode()
        return f'<img class="paper" alt="{alt}" src="data:image/png;base64,{data}">'
    return _themed(svg.decode(), picture.name, alt)


def _themed(svg: str, name: str, alt: str) -> str:
    """Strip what a page does not need, make ids unique, and replace the marker colours."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    opening, body = svg.split(">", 1)
    box = re.search(r'viewBox="([^"]*)"', opening)
    width = re.search(r'width="([\d.]+)pt"', opening)
    points = float(width.group(1)) if width else 600.0
    body = re.sub(r'(<(?:g|image)\b[^>]*?) id="[^"]*"', r"\1", body)  # nothing refers to these
    body = re.sub(r'id="([^"]+)"', rf'id="{name}-\1"', body)
    body = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", body)
    body = body.replace("xlink:href", "href")
    body = body.replace(INK, "currentColor").replace(GRID, "var(--grid)")
    body = body.replace(f"fill: {PAPER}", "fill: none")
    body = body.replace(" font-family: 'DejaVu Sans', sans-serif;", "")  # the page's font
    body = body.replace("; stroke-linecap: square", "")
    body = re.sub(r'(<use [^>]*) style="fill: (\S+); stroke: \2; stroke-width: 0.8"', r"\1", body)
    body = re.sub(r">\s+<", "><", body)
    body = _ungrouped(body)
    body = re.sub(r"\s*\n\s*L ", " ", body)  # after M x y, pairs of numbers are lines anyway
    view = box.group(1) if box else "0 0 600 400"
    return (
        f'<svg viewBox="{view}" role="img" aria-label="{alt}" '
        f'style="--w:{points * 4 / 3:.0f}px">{body}'
    )


def _ungrouped(body: str) -> str:
    """Without groups that have no attribute: they do nothing and are half of all tags."""
    group, last = re.compile(r"<g>((?:(?!</?g\b).)*)</g>", re.DOTALL), ""
    while body != last:
        last, body = body, group.sub(r"\1", body)
    return body


def log_axis(axes: Axes, which: str) -> None:
    """Logarithmic axis with plain numbers as labels, enough of them also over a single decade."""
    getattr(axes, f"set_{which}scale")("log")
    low, high = sorted(getattr(axes, f"get_{which}lim")())
    decades = np.log10(high / low) if low > 0 else 5
    axis = getattr(axes, f"{which}axis")
    subs = (1.0, 2.0, 3.0, 5.0, 7.0) if decades < 0.9 else (1.0, 2.0, 5.0)
    axis.set_major_locator(LogLocator(subs=subs if decades < 3 else (1.0,), numticks=15))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.12g}"))
    axis.set_minor_locator(NullLocator())


def dots(axes: Axes, x: np.ndarray, y: np.ndarray, colour: str, size: float, alpha: float) -> None:
    """All points as one path of round-capped strokes: a third of the bytes of as many markers.

    x is on a logarithmic axis.
    """
    ends = np.column_stack([x, y, x * 1.0002, y]).reshape(-1, 2)
    path = Path(ends, np.tile([Path.MOVETO, Path.LINETO], len(x)))
    path.should_simplify = False
    # Not snapped to pixels: a stroke whose ends fall on the same pixel is not drawn.
    look = {"ec": colour, "lw": size, "capstyle": "round", "alpha": alpha, "snap": False}
    axes.add_patch(PathPatch(path, fill=False, **look))


def head(figure: Figure, text: str) -> None:
    """A title over all panels, at the left like those of the panels."""
    figure.suptitle(text, x=0.01, ha="left", fontsize=10, fontweight="bold")


def safe_name(name: str) -> str:
    """A name that may be a file name."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in name)[:60]
