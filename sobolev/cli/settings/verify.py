"""Settings of `sobolev verify`."""

from typing import Annotated, Any

from pydantic import Field

from sobolev.cli.settings.strict import Option, Positive, Seed, Strict


class VerifySettings(Strict):
    """How a law is tried, and how a compiled routine is called."""

    props: Annotated[
        tuple[float, ...] | None,
        Option("PROPS of a compiled routine, as 210e3,0.3.", metavar="X,…"),
    ] = None
    nstatv: Annotated[int, Option("How many numbers its STATEV has.")] = 0
    finite: Annotated[bool, Option("It is one of finite strain (NLGEOM).")] = False
    name: Annotated[str, Option("Its CMNAME.")] = "UMAT"
    symbol: Annotated[str, Option("What the compiler called it.")] = "umat_"
    strain: Annotated[
        Positive | None, Option("Size of the strains that are tried.", default="by the law")
    ] = None
    step: Annotated[Positive, Option("Step of time.")] = 0.5
    isotropic: Annotated[bool, Option("It claims to be isotropic.")] = False
    seed: Annotated[Seed, Option("Of the states that are tried.")] = 0
    params: Annotated[
        dict[str, Any],
        Option(
            "Constant of a law given as a class; repeat for more.",
            name="param",
            metavar="NAME=VALUE",
        ),
    ] = Field(default_factory=dict)
