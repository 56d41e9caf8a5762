"""Which weighting goes with which optimiser: refused before a training begins."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.optimisers.protocol import Optimiser
from sobolev.weighting.around.unit_length import UnitLength
from sobolev.weighting.around.wrapper import looks_back
from sobolev.weighting.protocol import NEEDS, Weighting
from sobolev.weighting.settings import check_scheme


def check_optimiser(optimiser: Optimiser) -> None:
    """Refuse what is no optimiser; `ConfigError`."""
    if not isinstance(optimiser, Optimiser):
        of = "" if isinstance(optimiser, type) else "of type "
        name = optimiser.__name__ if isinstance(optimiser, type) else kind(optimiser)
        raise ConfigError(f"the optimiser is an Optimiser, such as Adam(): got {of}{name}.")


def check_weighting(weighting: Weighting, optimiser: Optimiser, named: bool = True) -> None:
    """Refuse a scheme that needs what the optimiser cannot give, however deep either is wrapped.

    `UnitLength` sets the length of the combined gradient, and a scheme with `after`, such as
    `FAMO`, looks at the losses of the same rows after each step: both are for first-order
    optimisers only. Line searches, Levenberg-Marquardt and Newton steps work on the weighted loss
    itself, and hold the weights while they do. `named`: whether the user has named the optimiser.
    Raises `ConfigError`.
    """
    check_scheme("weighting", weighting)
    strange = sorted(set(weighting.needs) - NEEDS)
    if strange:
        raise ConfigError(
            f"{kind(weighting)} needs {shown(strange[0])}, which nobody measures: known are "
            f"{', '.join(sorted(NEEDS))}."
        )
    inside = list(_parts(weighting))
    if any(isinstance(part, UnitLength) for part in inside[1:]):
        raise ConfigError(
            f"UnitLength stands inside {kind(weighting)}, where it does nothing: it comes last, "
            "around everything else, UnitLength(...)."
        )
    later = [part for part in inside if hasattr(part, "after") and looks_back(part)]
    if later and not looks_back(weighting):
        raise ConfigError(
            f"{kind(later[-1])} looks at the losses after the step, which {kind(weighting)} does "
            "not pass on: give it a method after(losses, state)."
        )
    asks = later[-1:] + [part for part in inside if isinstance(part, UnitLength)]
    others = [step for step in optimiser.steps() if not step.first_order]
    if asks and others:
        chosen = "" if named else ", chosen as no optimiser was named,"
        raise ConfigError(
            f"{kind(asks[0])} works with first-order optimisers only, such as Adam: "
            f"{kind(others[0])}{chosen} needs the weighted loss itself. Give optimiser=Adam(...), "
            "or another weighting."
        )


def _parts(thing: object) -> Iterator[object]:
    """The thing itself, then all that its fields hold, to any depth."""
    if isinstance(thing, tuple | list):
        inside = list(thing)
    elif isinstance(thing, dict):
        inside = list(thing.values())
    else:
        yield thing
        inside = []
        if is_dataclass(thing) and not isinstance(thing, type):
            inside = [getattr(thing, f.name, None) for f in fields(thing)]
    for part in inside:
        yield from _parts(part)


def kind(thing: object) -> str:
    """What to call it in a sentence."""
    return type(thing).__name__
