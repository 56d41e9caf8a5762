"""Settings of `sobolev export`."""

from typing import Annotated, Literal

from pydantic import Field

from sobolev.cli.settings.strict import Option, Order, Strict


class ExportSettings(Strict):
    """What is written of the model; what is not said is as the kind of file has it."""

    order: Annotated[
        Order | None,
        Option("Highest derivative: 0, 1 or 2.", default="what the kind has; 1 of fmu and onnx"),
    ] = None
    fmi: Annotated[
        Annotated[int, Field(ge=2, le=3)] | None,
        Option("Version of FMI of an FMU: 2 or 3.", default="3"),
    ] = None
    outside: Annotated[
        Literal["warn", "refuse", "answer"] | None,
        Option("What an FMU does outside of the box: warn, refuse or answer.", default="warn"),
    ] = None
    precision: Annotated[
        Literal["float64", "float32"] | None,
        Option("Of the numbers of an ONNX model: float64 or float32.", default="float64"),
    ] = None
    kappa: Annotated[
        Annotated[float, Field(gt=0, allow_inf_nan=False)] | None,
        Option("Bulk modulus to be added to the energy of a umat or vumat.", default="none"),
    ] = None
    symbols: Annotated[
        Literal["MX", "SX"] | None,
        Option("What an expression of CasADi is made of: MX or SX.", default="MX"),
    ] = None

    def fields(self, kind: str, known: tuple[str, ...]) -> dict[str, object]:
        """What was given, for a kind of file with these fields; `ConfigError` for others."""
        given = {key: value for key, value in self.model_dump().items() if value is not None}
        self._refuse(tuple(key for key in given if key not in known), f"with --as {kind}")
        return given
