"""Where responses look on a mesh: nodes of a name, facets of a boundary, cells of a region."""

from collections.abc import Sequence

import numpy as np

from sobolev._base.errors import ConfigError
from sobolev.fem.conditions.place import place_facets
from sobolev.fem.kernel.space import Piece
from sobolev.fem.meshes.mesh import Mesh
from sobolev.fem.responses.response import Places


class PlacesOfMesh(Places):
    """What responses may ask of a mesh.

    **Arguments:** its pieces, with the numbers `regions` of their cells; which degrees of freedom
    are `fixed [n, c]`; which pieces are `without` a density; whether there are `dead` loads.
    """

    def __init__(self, mesh: Mesh, pieces: Sequence[Piece], regions, fixed, without, dead: bool):
        self._mesh, self._pieces, self._regions, self._fixed = mesh, pieces, regions, fixed
        self._without, self._dead = without, dead

    def dead_loads(self):
        """There are some."""
        if not self._dead:
            raise ConfigError(
                "Compliance is the work of dead loads, and this problem has none: ask "
                "Integral(fem.energy_density), or a Reaction where values are prescribed."
            )

    def with_density(self, region):
        """As `cells`, of bodies that all have one."""
        found = self.cells(region)
        for number in found:
            if self._without[number]:
                raise ConfigError(
                    f"a body of {type(self._pieces[number].law).__name__} has no density: give "
                    "Body(..., density=...), 0.0 for a part without mass."
                )
        return found

    def nodes(self, name):
        """Numbers of nodes."""
        return self._mesh.nodes(name)

    def component(self, number, where):
        """It is one of the problem."""
        count = self._fixed.shape[1]
        if not (isinstance(number, int | np.integer) and 0 <= number < count):
            raise ConfigError(
                f"a response asks for the component {number!r} at '{where}', and the problem has "
                f"the components {' and '.join(map(str, range(count)))}."
            )

    def held(self, name, component):
        """Numbers of nodes of which some hold the component."""
        nodes = self._mesh.nodes(name)
        if not self._fixed[nodes, component].any():
            raise ConfigError(
                f"no node of '{name}' has a prescribed component {component}: there is no reaction."
            )
        return nodes

    def facets(self, boundary):
        """By piece, the facets that bound its cells."""
        pieces = [(piece.element, self._mesh.cells[piece.element][cells])
                  for piece, cells in zip(self._pieces, self._regions, strict=True)]  # fmt: skip
        return place_facets(self._mesh, pieces, boundary)

    def around(self, name, region):
        """The cells around these nodes, which of their nodes they are, and their weights."""
        wanted, found = self._mesh.nodes(name), {}
        times = np.zeros(len(self._mesh.points))
        for number, chosen in self.cells(region).items():
            element = self._pieces[number].element
            nodes = self._mesh.cells[element][self._regions[number][chosen]]
            rows, local = np.nonzero(np.isin(nodes, wanted))
            if len(rows):
                found[number] = element, chosen[rows], local, nodes[rows, local]
                np.add.at(times, nodes[rows, local], 1.0)
        if not found:
            raise ConfigError(f"no cell of the region '{region}' has a node of '{name}'.")
        return {
            number: (element, cells, local, 1 / times[nodes])
            for number, (element, cells, local, nodes) in found.items()
        }

    def cells(self, region):
        """Numbers of the cells in each piece."""
        wanted = self._mesh.region(region)
        found = {}
        for number, (piece, cells) in enumerate(zip(self._pieces, self._regions, strict=True)):
            inside = np.flatnonzero(np.isin(cells, wanted.get(piece.element, ())))
            if len(inside):
                found[number] = inside
        if not found:
            raise ConfigError(f"no body has cells in the region '{region}': it is empty.")
        return found
