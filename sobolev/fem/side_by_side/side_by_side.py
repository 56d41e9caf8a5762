"""A model whose rows are solved in one compiled call."""

import functools
from dataclasses import dataclass

import jax
import numpy as np

from sobolev._base.arguments import shown, whole
from sobolev._base.errors import ConfigError, Diverged
from sobolev._base.types import Points
from sobolev.fem.model import Model
from sobolev.fem.sensitivity.static import cheaper_mode, solve, symmetric
from sobolev.fem.side_by_side.blocks import Layout, lay_out_blocks
from sobolev.fem.side_by_side.equilibrium import Settings
from sobolev.fem.side_by_side.rows import Plan, RowData, in_blocks, solve_rows
from sobolev.function import Batched, Derivatives
from sobolev.function.around import Around

# Entries of the blocks of one tangent, 8 bytes each: with more of them a sparse factor is better.
MOST_ENTRIES = 20_000_000
# Rows of a call: enough that calling costs nothing, and few enough that a stop costs little.
CALL = 64
# Rows at a time on a processor, measured in benchmarks/fem_side_by_side.py: up to so many points of
# integration several rows share what a loop costs; the arrays of more do not stay in the caches,
# and each row had better end on its own.
SMALL, LANES = 600, 16
# A graphics card takes as many rows as find room in this many bytes, at most so many. Not measured.
ROOM, MOST_LANES = 4e9, 256


@dataclass(frozen=True, eq=False)
class SideBySide(Around, Batched):
    """A `Model` whose rows are solved in one compiled call, with their derivatives.

    The same numbers as the model itself, to round-off. One program for any number of rows, on a
    processor and on a graphics card; it pays for small problems, where calling Python and JAX takes
    longer than the work (docs/side_by_side.md). Each row is taken to its equilibrium under the
    whole load; one that does not get there is asked of the model itself, which takes the load in
    steps or says why there is no answer, in the same words.

    **Arguments:** `model`, without path, laws with history and modes; `lanes`, how many rows go
    through the machine at a time, by default as measured: 1 or 16 on a processor. Tangents are
    factored as blocks, whatever `solver` the model has; that is for rows that are left over. Raises
    `ConfigError` for a model that is not covered, by name; `Diverged` as `fem.solve`.

    ```python
    y, dy = fem.SideBySide(model).derivatives(rows, 1)
    data = sb.generate(fem.SideBySide(model), sb.designs.grid(25))
    ```
    """

    model: Model
    lanes: int | None = None

    def __post_init__(self):
        if not isinstance(self.model, Model):
            raise ConfigError(
                f"SideBySide is of a fem.Model: got {shown(self.model)}; a problem has its `model`."
            )
        if self.lanes is not None:
            whole("lanes", self.lanes, 1)
        _check_covered(self.model)
        entries = int(np.prod(self._layout.shape))
        if entries > MOST_ENTRIES:
            raise ConfigError(
                f"a tangent of {self.model.data.space.pattern.size} unknowns in blocks of "
                f"{self._layout.shape[-1]} has {entries} entries, too many to be solved side by "
                "side: ask the model itself, whose solver is a sparse one."
            )

    @property
    def inner(self) -> Model:
        """The model."""
        return self.model

    @functools.cached_property
    def at_once(self) -> int:  # type: ignore[override]
        """Rows of one call, whole lanes of them."""
        return -(-CALL // self._lanes) * self._lanes

    def outcomes(self, rows: Points, order: int) -> list[Derivatives | Diverged]:
        """Each row's answer, or why there is none."""
        found: list[Derivatives | Diverged] = []
        for first in range(0, len(rows), self.at_once):
            found += self._some(rows[first : first + self.at_once], order)
        return found

    def _some(self, rows: Points, order: int) -> list[Derivatives | Diverged]:
        filled = np.concatenate([rows, np.repeat(rows[-1:], self.at_once - len(rows), 0)])
        there, parts = jax.tree.map(
            np.asarray, solve_rows(self._plan(order), self._data, filled, len(rows))
        )
        parts = [*parts[:2], *map(symmetric, parts[2:])]
        return [
            Derivatives(*(part[k] for part in parts)) if there[k] else self._alone(row, order)
            for k, row in enumerate(rows)
        ]

    def _alone(self, row: np.ndarray, order: int) -> Derivatives | Diverged:
        try:
            return solve(self.model, row, order)
        except Diverged as error:
            return error

    @functools.cached_property
    def _layout(self) -> Layout:
        laws = [piece.law.traits() for piece in self.model.statement.parts.pieces]
        # a law that only says that it is symmetric is held to it, and so needs both halves
        half = self.model.symmetric and all(law.energy for law in laws)
        return lay_out_blocks(self.model.data.space.pattern, half)

    @functools.cached_property
    def _lanes(self) -> int:
        if self.lanes is not None:
            return self.lanes
        cells = self.model.data.space.cells
        points = sum(each.real * len(each.tables.weights) for each in cells)
        if jax.default_backend() != "cpu":
            bytes_of_row = 8 * 4 * (int(np.prod(self._layout.shape)) + 256 * points)
            return int(np.clip(ROOM // bytes_of_row, 1, MOST_LANES))
        return LANES if points <= SMALL else 1

    @functools.cached_property
    def _data(self) -> RowData:
        data, newton = self.model.data, self.model.newton
        probe = np.random.default_rng(0).standard_normal(data.space.pattern.size)
        settings = Settings(newton.tolerance, newton.iterations)
        return RowData(in_blocks(data, self._layout), self._layout.order, probe, settings)

    def _plan(self, order: int) -> Plan:
        model, layout = self.model, self._layout
        said = model.symmetric and layout.shape[1] == 3
        mode = cheaper_mode(model)
        return Plan(model.statement, layout.shape, order, mode, self._lanes, said)


def _check_covered(model: Model) -> None:
    """Raise `ConfigError` for what is solved one by one only, by its name."""
    law = next(
        (piece.law for piece in model.statement.parts.pieces if piece.law.traits().history), None
    )
    modal = [name for name, response in model.responses.items() if response.modal]
    why = ""
    if model.path is not None:
        why = "it has a Path, whose steps depend on how the ones before went"
    elif law is not None:
        why = f"the law {type(law).__name__} has a history"
    elif modal:
        kind = type(model.responses[modal[0]]).__name__
        why = f"the response '{modal[0]}' is a {kind}, which needs modes"
    if why:
        raise ConfigError(
            f"this model is not solved side by side: {why}. Ask the model itself, in processes by "
            "sobolev.generate(..., workers=...)."
        )
