"""How the derivatives that are compared are called in a sentence."""

from collections.abc import Callable
from dataclasses import dataclass

from sobolev.derivative_names import derivative_name


@dataclass(frozen=True)
class Names:
    """Names of the derivatives of one `output` along `inputs`, among those of `outputs`.

    `one(output, input)` names one of them, `kind` and `kinds` several; `where` says at which rows,
    `against` with what they are compared.
    """

    output: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    one: Callable[[str, str], str] = derivative_name
    kind: str = "derivative"
    kinds: str = "derivatives"
    where: str = ""
    against: str = "differences of neighbouring rows"

    def name(self, name: str) -> str:
        """Of the derivative along one input."""
        return self.one(self.output, name) + self.where

    @property
    def names(self) -> list[str]:
        """Of all of them."""
        return [self.name(name) for name in self.inputs]

    @property
    def every(self) -> str:
        """Each of them."""
        return f"every {self.kind} of {self.output}{self.where}"

    @property
    def all(self) -> str:
        """Them together."""
        return f"the {self.kinds} of {self.output}{self.where}"
