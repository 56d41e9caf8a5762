"""Pictures of fields: a panel each, in its unit, with zero in the middle where there are signs."""

from typing import NamedTuple

import numpy as np
import pytest
from matplotlib.collections import TriMesh

from sobolev.errors import ConfigError
from sobolev.reports import Panel, draw_fields


class Seen(NamedTuple):
    """Two triangles."""

    places: np.ndarray
    triangles: np.ndarray
    values: np.ndarray
    edges: np.ndarray


class Found:
    """Stands for a solution: it is asked for what a panel shows."""

    def __init__(self):
        self.asked = []

    def surface(self, values, deformed=0.0):
        self.asked.append(deformed)
        places = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0]])
        triangles = np.array([[0, 1, 2], [0, 2, 3]])
        return Seen(places, triangles, values, np.array([[0, 1], [1, 2]]))


def test_a_panel_each():
    found = Found()
    panels = [
        Panel("stress", np.array([1.0, 3.0]), "MPa", deformed=5.0),
        Panel("slope", np.array([-1.0, 0.0, 3.0, np.nan])),
    ]
    figure = draw_fields(found, panels, "mm")
    assert found.asked == [5.0, 0.0]
    first, second, *bars = figure.axes
    assert first.get_xlabel() == "x in mm" and bars[0].get_ylabel() == "stress"
    assert [bar.get_xlabel() for bar in bars] == ["MPa", "1"]
    assert first.collections[0].get_clim() == (1.0, 3.0)
    assert second.collections[0].get_clim() == (-3.0, 3.0)
    assert isinstance(second.collections[0], TriMesh)


def test_nothing_is_no_figure():
    with pytest.raises(ConfigError, match="one at least"):
        draw_fields(Found(), [])
