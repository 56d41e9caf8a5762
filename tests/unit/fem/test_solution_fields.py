"""Fields of cells: the gradient by one, and what is written and drawn of a solution."""

import meshio
import numpy as np
import pytest

from sobolev import Box
from sobolev.errors import ConfigError
from sobolev.fem import (
    Body,
    Displacement,
    Fixed,
    LinearElastic,
    Model,
    PerCell,
    PlaneStress,
    Traction,
    field_slopes,
    grid,
    solution,
    von_mises,
)  # fmt: skip


def fields_of_cells():
    """Two stiffnesses by cell in half of a sheet, one in the other half."""
    mesh = grid((4, 1)).cells_where("soft", lambda x: x[:, 0] < 0.5)
    mesh = mesh.cells_where("hard", lambda x: x[:, 0] > 0.5).at("corner", (1.0, 1.0))
    law = lambda E: PlaneStress(LinearElastic(E, 0.0))  # noqa: E731
    return Model(
        mesh, [Body(law(PerCell("E")), "soft"), Body(law("hard"), "hard")],
        [Fixed("left", 0), Fixed("bottom", 1)], [Traction("right", (10.0, 0.0))],
        {"u": Displacement("corner", 0)},
        Box(("E[0]", "E[1]", "hard"), (50,) * 3, (250,) * 3),
    )  # fmt: skip


def test_a_parameter_by_its_name_is_its_direction():
    model, p = fields_of_cells(), np.array([100.0, 200.0, 100.0])
    slopes = field_slopes(model, p, "hard")
    assert (slopes.u == field_slopes(model, p, np.eye(3)[2]).u).all()
    assert slopes.u[model.mesh.nodes("corner")][0, 0] == pytest.approx(-10 / 2 / 100**2)
    with pytest.raises(ConfigError, match="unknown parameter 'soft': choose one of E"):
        field_slopes(model, p, "soft")


def test_the_gradient_by_a_field_is_one_of_the_cells(tmp_path):
    model = fields_of_cells()
    found = solution(model, np.array([100.0, 200.0, 100.0]))
    gradient = found.gradient("u", "E")
    wanted = [-10 / 4 / 100**2, -10 / 4 / 200**2, np.nan, np.nan]
    assert gradient["quad"] == pytest.approx(wanted, nan_ok=True)
    for response, field, message in (
        ("v", "E", "unknown response 'v'"), ("u", "hard", r"no law has PerCell\('hard'\)"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=message):
            found.gradient(response, field)
    path = tmp_path / "soft.vtu"
    found.write(path, {"vm": von_mises}, {"du/dE": gradient})
    again = meshio.read(path)
    assert set(again.cell_data) == {"vm", "du/dE"}
    assert again.cell_data["du/dE"][0] == pytest.approx(wanted, nan_ok=True)
