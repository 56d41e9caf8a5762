"""One small picture with two axes, as SVG that follows the colours of the page around it."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sobolev.reports.drawing.axis import Axis, superscript
from sobolev.reports.html import text

WIDTH, HEIGHT = 264, 212
_LEFT, _RIGHT, _TOP, _BOTTOM = 12, 16, 18, 40
_LETTER = 6.1  # widths of texts are guessed: nobody can ask the reader's font


@dataclass(frozen=True)
class Look:
    """Colour and shape of points: "dot", or "diamond", which differs in grey print, too."""

    colour: str
    shape: str = "dot"
    size: float = 4.5


class Panel:
    """Axes with a frame of ticks; marks are added in data coordinates, `markup` is the picture.

    ```python
    panel = Panel(Axis.around(x, "a in mm"), Axis.around(y))
    panel.line(x, y, "#3182dd")
    panel.markup("y over a")
    ```
    """

    def __init__(self, x: Axis, y: Axis):
        self.x, self.y = x, y
        self._marks: list[str] = []
        longest = max((len(label) for _, label in y.ticks()), default=1)
        self._left = _LEFT + _LETTER * longest + 2
        self._width = WIDTH - self._left - _RIGHT
        self._height = HEIGHT - _TOP - _BOTTOM

    def line(self, x, y, colour: str, width: float = 1.8, dash: str = "") -> None:
        """A line through points, interrupted where one is not finite."""
        places, pen = [], "M"
        for a, b in self._places(x, y):
            if not (np.isfinite(a) and np.isfinite(b)):
                pen = "M"
                continue
            places.append(f"{pen}{a:.1f} {b:.1f}")
            pen = "L"
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self._path("".join(places), f'stroke="{colour}" stroke-width="{width}"{dashed}')

    def points(self, x, y, look: Look, opacity: float = 0.75) -> None:
        """Points as one path: less to read than so many circles."""
        places = [(a, b) for a, b in self._places(x, y) if np.isfinite(a) and np.isfinite(b)]
        h = look.size / 2 + 0.3
        if look.shape == "dot":
            marks = "".join(f"M{a:.1f} {b:.1f}h0" for a, b in places)
            stroke = f'stroke="{look.colour}" stroke-width="{look.size}" stroke-linecap="round"'
            self._path(marks, f'{stroke} stroke-opacity="{opacity:.2g}"')
        else:
            shape = f"l{h:.1f} {h:.1f}l{-h:.1f} {h:.1f}l{-h:.1f} {-h:.1f}z"
            marks = "".join(f"M{a:.1f} {b - h:.1f}{shape}" for a, b in places)
            if marks:
                fill = f'fill="{look.colour}" fill-opacity="{opacity:.2g}"'
                self._marks.append(f'<path d="{marks}" {fill}/>')

    def tangents(self, x, y, slope, colour: str, half: float, width: float = 1.2) -> None:
        """Short straight lines of the given slopes, `half` their half length in the picture."""
        marks = []
        per_x = self._width / (self.x.high - self.x.low)
        per_y = self._height / (self.y.high - self.y.low)
        rise = -np.asarray(slope, float) * per_y / per_x
        for (a, b), s in zip(self._places(x, y), rise, strict=True):
            if np.isfinite(a) and np.isfinite(b) and np.isfinite(s):
                u = half / np.hypot(1.0, s)
                marks.append(f"M{a - u:.1f} {b - u * s:.1f}L{a + u:.1f} {b + u * s:.1f}")
        self._path("".join(marks), f'stroke="{colour}" stroke-width="{width}"')

    def markup(self, alt: str) -> str:
        """The picture, described by `alt` for those who cannot see it."""
        return (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(alt)}">'
            f"{self._frame()}{''.join(self._marks)}</svg>"
        )

    def _below(self) -> list[tuple[float, str]]:
        """Ticks of x, as many as stand beside each other without touching."""
        for most in (6, 5, 4, 3, 2):
            ticks = self.x.ticks(most)
            room = self._width / max(1, len(ticks))
            if all(len(label) * _LETTER < room for _, label in ticks):
                return ticks
        return ticks[:1]

    def _places(self, x, y) -> Iterable[tuple[float, float]]:
        a = self._left + self._width * self.x.at(x)
        b = _TOP + self._height * (1 - self.y.at(y))
        return zip(a.tolist(), b.tolist(), strict=True)

    def _path(self, marks: str, stroke: str) -> None:
        if marks:
            self._marks.append(f'<path d="{marks}" fill="none" {stroke}/>')

    def _frame(self) -> str:
        right, bottom = self._left + self._width, _TOP + self._height
        lines, words = [], []
        for value, label in self._below():
            a = self._left + self._width * float(self.x.at(value))
            lines.append(f"M{a:.1f} {_TOP}V{bottom}")
            words.append(_word(a, bottom + 14, label, "middle"))
        for value, label in self.y.ticks():
            b = _TOP + self._height * (1 - float(self.y.at(value)))
            lines.append(f"M{self._left:.1f} {b:.1f}H{right}")
            words.append(_word(self._left - 5, b + 3.6, label, "end"))
        if self.x.power:
            words.append(_word(right, bottom + 32, f"× {superscript(self.x.power)}", "end"))
        if self.y.power:
            words.append(_word(2, 11, f"× {superscript(self.y.power)}", "start"))
        room = self._width - (45 if self.x.power else 0)
        middle = self._left + room / 2
        words.append(_word(middle, bottom + 32, fitting(self.x.label, room), "middle"))
        grid = f'<path d="{"".join(lines)}" fill="none" stroke="var(--grid)"/>'
        corner = f"M{self._left:.1f} {_TOP}V{bottom}H{right}"
        edge = f'<path d="{corner}" fill="none" stroke="currentColor"/>'
        return grid + edge + "".join(words)


def fitting(label: str, room: float) -> str:
    """A label that is not wider than its room; what is cut off is shown by dots."""
    most = max(4, int(room / _LETTER))
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _word(x: float, y: float, label: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text(label)}</text>'
