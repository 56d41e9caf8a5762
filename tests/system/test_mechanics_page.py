"""The page from gmsh to a surrogate: its Python runs, in order, beside a file as gmsh writes it."""

import re
from pathlib import Path

import meshio
import numpy as np

from sobolev import fem

PAGE = (Path(__file__).parents[2] / "docs" / "mechanics_from_gmsh.md").read_text()


def write_plate(path, n=5):
    """The mesh of the page's geometry with its groups, in cells of our own."""
    mesh = fem.grid((n, 2 * n), "quad8")
    t, angle = mesh.points[:, :1], mesh.points[:, 1] * np.pi / 2
    ray = np.stack([np.cos(angle), np.sin(angle)], 1)
    places = (1 - t) * 10 * ray + t * 40 * ray / ray.max(1, keepdims=True)
    outside = mesh.moved(places).where("end", lambda x: np.isclose(x[:, 0], 40))
    outside = outside.where("top", lambda x: np.isclose(x[:, 1], 40))
    names = {"hole": "left", "bottom": "bottom", "left": "top", "end": "end", "top": "top"}
    sides = {name: mesh.boundary(side)["line3"] for name, side in names.items() if name in
             ("hole", "bottom", "left")} | {name: outside.boundary(name)["line3"]
                                            for name in ("end", "top")}  # fmt: skip
    cells = [("quad8", mesh.cells["quad8"]), *(("line3", nodes) for nodes in sides.values())]
    groups = [np.full(len(nodes), tag) for tag, (_, nodes) in enumerate(cells, 1)]
    tags = {"plate": [1, 2], **{name: [tag, 1] for tag, name in enumerate(sides, 2)}}
    meshio.Mesh(
        np.pad(places, ((0, 0), (0, 1))), cells,
        cell_data={"gmsh:physical": groups, "gmsh:geometrical": groups},
        field_data={name: np.array(tag) for name, tag in tags.items()},
    ).write(path, file_format="gmsh22", binary=False)  # fmt: skip


def test_the_page_runs_in_order(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_plate("plate.msh")
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.M | re.S)
    assert len(blocks) == 3
    names: dict = {}
    for block in blocks:
        exec(compile(block, "mechanics_from_gmsh.md", "exec"), names)
    assert "['plate'] ['hole', 'bottom', 'left', 'end', 'top']" in capsys.readouterr().out
    model, p, y, dy = (names[name] for name in ("model", "p", "y", "dy"))
    h = 1e-4
    step = h * np.eye(4)[0]
    slope = (model.solve(p + step, 0).value - model.solve(p - step, 0).value) / (2 * h)
    assert np.allclose(slope, dy[:, 0], rtol=1e-6)
    assert np.allclose(dy[:, 3] * p[3], y)  # linear in the pull
    assert (tmp_path / "plate.vtu").exists() and (tmp_path / "plate.png").exists()
    assert names["sb"].evaluate(names["fitted"].surrogate, names["valid"]).relative_h1 < 0.05
