"""The data of the talk: 625 evenly spaced solves, 320 to train on, 305 in between to validate."""

from pathlib import Path

from sobolev import designs
from sobolev.data.dataset import Dataset
from sobolev.data.files import write
from sobolev.generation import generate
from sobolev.problems.plate_with_hole import PlateWithHole
from sobolev.work.progress import Progressed

# name on the command line -> material of the plate (the two examples of the paper)
TALKS = {"talk": "svk", "talk-linear": "linear"}


def talk_data(name: str, folder: Path, progress: Progressed | None = None) -> tuple[Dataset, str]:
    """Solve, or take up from the journal in `folder`; `(data, description)`."""
    problem = PlateWithHole(material=TALKS[name])
    recipe = designs.staggered_grid(25, train=320)
    data = generate(problem, recipe, journal=folder / "data.journal", progress=progress)
    write(folder / "data.csv", data)
    return data, f"PlateWithHole({problem.material}), {recipe.name}"
