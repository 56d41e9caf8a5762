"""Pictures of fields on meshes: displacement, stress, and how they change with a parameter."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.tri import Triangulation

from sobolev._base.errors import ConfigError
from sobolev.reports.figures.canvas import style


class Surface(Protocol):
    """What is seen of a mesh: places `[n, 2]`, triangles `[k, 3]`, values `[n]` or `[k]`, edges."""

    places: np.ndarray
    triangles: np.ndarray
    values: np.ndarray
    edges: np.ndarray


class Drawable(Protocol):
    """What has fields on a mesh, as a `fem.Solution` has."""

    def surface(self, values: Any, deformed: float = 0.0) -> Any:
        """The mesh, deformed so many times, with these values on it."""
        ...


class Panel(NamedTuple):
    """One picture of several: a quantity in cells, values at nodes `[n]`, or values of cells.

    ```python
    Panel("von Mises stress", fem.von_mises, "MPa")
    Panel("du_y/dE", fem.field_slopes(model, p, "E").u[:, 1], "mm/MPa", deformed=20.0)
    ```
    """

    label: str
    values: Any
    unit: str = "1"
    deformed: float = 0.0


def draw_fields(
    found: Drawable, panels: Sequence[Panel], length: str = "", figure: Figure | None = None
) -> Figure:
    """One picture a panel, side by side, of a solution that has a mesh.

    What has both signs is drawn with zero in the middle of the colours. **Arguments:** `found`, a
    `fem.Solution`; `panels`; the unit of `length`; a `figure` to draw into. Raises `ConfigError`
    for no panel.

    ```python
    found = fem.solution(model, p)
    draw_fields(found, [Panel("von Mises stress", fem.von_mises, "MPa", deformed=10.0)], "mm")
    ```
    """
    if not panels:
        raise ConfigError("draw_fields draws panels: give one at least, Panel(label, values).")
    with style():
        made = figure or Figure(figsize=(4.6 * len(panels), 3.4), layout="constrained")
        for axes, panel in zip(np.ravel(made.subplots(1, len(panels))), panels, strict=True):
            drawn = _draw(axes, found.surface(panel.values, panel.deformed))
            bar = made.colorbar(drawn, ax=axes, label=panel.label, shrink=0.85)
            bar.outline.set_visible(False)  # type: ignore[operator]
            bar.ax.set_xlabel(panel.unit)
            unit = f" in {length}" if length else ""
            axes.set(aspect="equal", xlabel=f"x{unit}", ylabel=f"y{unit}")
            axes.grid(False)
    return made


def _draw(axes: Axes, surface: Surface):
    """The values, flat in cells or smooth between nodes, and the edges of the cells above them."""
    values = surface.values
    finite = values[np.isfinite(values)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 1.0)
    colours: dict[str, Any] = {"cmap": "viridis", "vmin": low, "vmax": high}
    if low < 0 < high:
        size = max(-low, high)
        colours = {"cmap": "RdBu_r", "vmin": -size, "vmax": size}
    at_nodes = len(values) == len(surface.places)
    x, y = surface.places.T
    mesh = Triangulation(x, y, surface.triangles)
    how: Mapping[str, Any] = {"shading": "gouraud"} if at_nodes else {}
    drawn = axes.tripcolor(mesh, values, rasterized=True, **colours, **how)
    lines = surface.places[surface.edges]
    axes.add_collection(LineCollection(list(lines), colors="0.3", linewidths=0.2, alpha=0.5))
    return drawn
