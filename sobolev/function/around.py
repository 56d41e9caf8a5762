"""A function that has its names from another one, around which it is built."""

from abc import abstractmethod
from typing import Any

from sobolev.function.function import Function


class Around(Function):
    """A `Function` with the names, units and domain of its `inner` one."""

    @property
    @abstractmethod
    def inner(self) -> Any:
        """The function around which this one is built."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return self.inner.inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the responses."""
        return self.inner.outputs

    @property
    def input_units(self) -> tuple[str, ...]:
        """Units of the inputs."""
        return self.inner.input_units

    @property
    def output_units(self) -> tuple[str, ...]:
        """Units of the responses."""
        return self.inner.output_units

    @property
    def box(self) -> Any:
        """The domain."""
        return self.inner.box
