"""A function whose inputs are those of its domain: problems, models, sources."""

from sobolev.function.function import Function


class OnBox(Function):
    """A `Function` with a `box`, which says names and units of the inputs."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return self.box.names

    @property
    def input_units(self) -> tuple[str, ...]:
        """Units of the inputs."""
        return self.box.units
