"""Which weighting goes with which optimiser: refused before a training begins."""

from collections.abc import Iterator

import jax

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.losses.loss import Loss
from sobolev.optimisers.optimiser import Optimiser
from sobolev.weighting.scheme import NEEDS, Scheme
from sobolev.weighting.settings import check_scheme


def check_optimiser(optimiser: Optimiser) -> None:
    """Refuse what is no optimiser; `ConfigError`."""
    if not isinstance(optimiser, Optimiser):
        of = "" if isinstance(optimiser, type) else "of type "
        name = optimiser.__name__ if isinstance(optimiser, type) else kind(optimiser)
        raise ConfigError(f"the optimiser is an Optimiser, such as Adam(): got {of}{name}.")


def check_blocks(loss: Loss, optimiser: Optimiser, inputs: tuple[str, ...]) -> None:
    """Refuse blocks that the optimiser cannot take, and points of other inputs.

    Raises `ConfigError`, `DataError`.
    """
    for block in loss.blocks:
        block.check(inputs)
        for step in optimiser.steps():
            if block.estimated and not step.first_order:
                raise ConfigError(
                    f"{kind(step)} looks for the least loss of one draw, and that of the term "
                    f"'{block.names[0]}' is right in the mean over many: take Adam(...)."
                )
            if (step.least_squares or step.positive) and not block.least_squares:
                raise ConfigError(
                    f"{kind(step)} works on residuals whose squares are summed, which the term "
                    f"'{block.names[0]}' has not: take Adam(...) or SSBroyden()."
                )
            if not block.rowwise and not step.sees_all(loss.rows):
                raise ConfigError(
                    f"{kind(step)} takes the rows in batches, and a residual of "
                    f"'{block.names[0]}' depends on all of its rows: give batch_size=None."
                )


def check_weighting(
    weighting: Scheme,
    optimiser: Optimiser,
    named: bool = True,
    loss: Loss | None = None,
    weighted: bool = False,
) -> None:
    """Refuse a scheme that needs what the optimiser cannot give, however deep either is wrapped.

    A scheme with `after`, such as `FAMO`, looks at the losses of the same rows after each step: for
    first-order optimisers only. Line searches, Levenberg-Marquardt and Newton steps work on the
    weighted loss itself, and hold the weights while they do. `named`: whether the user has named
    the optimiser; `weighted`: whether also the weighting. Raises `ConfigError`.
    """
    check_scheme("weighting", weighting)
    own = [step for step in optimiser.steps() if step.weighs]
    if own and weighted:
        raise ConfigError(
            f"{kind(own[0])} finds the weights of the terms itself, by the evidence: leave the "
            f"weighting {kind(weighting)} out, or take another optimiser."
        )
    strange = sorted(set(weighting.needs) - NEEDS)
    if strange:
        raise ConfigError(
            f"{kind(weighting)} needs {shown(strange[0])}, which nobody measures: known are "
            f"{', '.join(sorted(NEEDS))}."
        )
    sums = [block.names[0] for block in loss.blocks if not block.least_squares] if loss else []
    if "traces" in weighting.needs and sums:
        raise ConfigError(
            f"{kind(weighting)} works on residuals whose squares are summed, which the term "
            f"'{sums[0]}' has not: take another weighting."
        )
    later = [scheme for scheme in _inside(weighting) if scheme.looks_back]
    if later and not weighting.looks_back:
        raise ConfigError(
            f"{kind(later[-1])} looks at the losses after the step, which {kind(weighting)} does "
            "not pass on: make it a Wrapper, or give it a method after(losses, state)."
        )
    others = [step for step in optimiser.steps() if not step.first_order]
    if later and others:
        chosen = "" if named else ", chosen as no optimiser was named,"
        raise ConfigError(
            f"{kind(later[-1])} works with first-order optimisers only, such as Adam: "
            f"{kind(others[0])}{chosen} needs the weighted loss itself. Give optimiser=Adam(...), "
            "or another weighting."
        )


def _inside(scheme: Scheme) -> Iterator[Scheme]:
    """The scheme itself, then those that its fields hold, to any depth."""
    yield scheme
    parts = jax.tree.leaves(scheme, is_leaf=lambda a: isinstance(a, Scheme) and a is not scheme)
    for part in parts:
        if isinstance(part, Scheme):
            yield from _inside(part)


def kind(thing: object) -> str:
    """What to call it in a sentence."""
    return type(thing).__name__
