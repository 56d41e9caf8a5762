"""`sobolev verify`: is the tangent of a law the derivative of its stress?"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sobolev.cli.settings.verify import VerifySettings


def verify(
    law: Annotated[
        str,
        typer.Argument(
            metavar="LAW",
            help="A compiled UMAT, such as umat.so, or a law of fem or fem.Routine as "
            "module:object or path/to/file.py:object.",
        ),
    ],
    *,
    settings: "VerifySettings",
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of sentences.")] = False,
):
    """Compare the tangent of a material law with differences of its stress, entry by entry.

    Also: objectivity, symmetry, energy on closed cycles. A compiled routine with the interface of
    Abaqus' UMAT runs in a process of its own. Ends with code 0 when nothing is wrong, and with 2
    otherwise.
    """
    from sobolev.cli.start import start_jax

    start_jax()
    from sobolev.fem import verify as ask

    claimed = {"isotropic": settings.isotropic or None, "seed": settings.seed}
    found = ask(_found(law, settings), settings.strain, step=settings.step, **claimed)
    print(_json(found, law) if json else found)
    if not found.good:
        from sobolev._base.errors import DataError

        count = len(found.findings)
        things = "1 finding" if count == 1 else f"{count} findings"
        raise DataError(f"{law}: {things}; {found.findings[0].sentence}")


def _found(law: str, settings: "VerifySettings") -> Any:
    from sobolev._base.errors import ConfigError
    from sobolev.cli.problem_names import find_problem

    if ":" in law:
        if settings.props is not None:
            raise ConfigError(f"--props are those of a compiled routine: {law} is none.")
        return find_problem(law, settings.params)
    from sobolev.fem import Umat
    from sobolev.fem.verification.umat import check_library

    check_library(law)
    if settings.props is None:
        raise ConfigError(f"{law} is called with the constants of a material: give --props 1,2,3.")
    s = settings
    return Umat(law, s.props or (), s.nstatv, s.finite, name=s.name, symbol=s.symbol)


def _json(found, law: str) -> str:
    import json
    import math
    from dataclasses import asdict

    def known(number):  # what is infinite or NaN, JSON cannot say
        return number if math.isfinite(number) else None

    content = {
        "law": law,
        "good": found.good,
        "line": found.line,
        "findings": [{**asdict(each), "factor": known(each.factor)} for each in found.findings],
        "observations": found.observations,
        "states": [{**each._asdict(), "sharp": known(each.sharp)} for each in found.seen],
        "checked": found.checked,
    }
    return json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False)
