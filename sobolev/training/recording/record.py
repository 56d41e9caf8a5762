"""What is recorded of a training: one line a quantity, with where it comes from and its formula."""

# ruff: noqa: RUF009 - what looks like a default is a field

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from sobolev.weighting.conflict import Diagnostics


class Source(Enum):
    """Where a quantity is taken; its formula gets what stands behind the member."""

    STATE = "the state"
    TERMS = "the state, term by term; 0 for a term that is not trained on"
    TRAINING = "an OnTraining, compiled"
    ELSEWHERE = "an OnFreshPoints, compiled; NaN for a term that has none"
    VALIDATION = "an OnValidation, compiled; NaN without validation data"
    CLOCK = "the course, which has the clocks"


class OnTraining(NamedTuple):
    """On the full training set: `loss [K]`, their `gradients [K, P]`, and how far these agree."""

    loss: Float[Array, " K"]
    gradients: Float[Array, "K P"]
    agreement: Diagnostics


class OnFreshPoints(NamedTuple):
    """At points never trained on: `loss [K]`, NaN for a term that has none."""

    loss: Float[Array | np.ndarray, " K"]


class OnValidation(NamedTuple):
    """On the validation set, NaN where it has no label; relative errors of each term and of all."""

    loss: Float[Array | np.ndarray, " K"]
    term_error: Float[Array | np.ndarray, " K"]
    error: Float[Array | np.ndarray, ""]


def _from(source: Source, formula: Callable[[Any], Any]) -> Any:
    return field(metadata={"source": source, "formula": formula})


@dataclass(frozen=True, eq=False)
class Record:
    """What is recorded at one epoch, for K terms; `History` says what each quantity means.

    One more quantity is one more line: the history, its CSV file, checkpoints, recorders and the
    compiled measurement are made from the fields, in this order.
    """

    epoch: Int[np.ndarray, "*T"] = _from(Source.STATE, lambda state: state.epoch)
    step: Int[np.ndarray, "*T"] = _from(Source.STATE, lambda state: state.step)
    loss: Float[np.ndarray, "*T K"] = _from(Source.TRAINING, lambda seen: seen.loss)
    weight: Float[np.ndarray, "*T K"] = _from(Source.TERMS, lambda state: state.weights)
    weight_step: Float[np.ndarray, "*T K"] = _from(Source.TERMS, lambda state: state.weight_step)
    gradient_norm: Float[np.ndarray, "*T K"] = _from(
        Source.TRAINING, lambda seen: jnp.linalg.norm(seen.gradients, axis=1)
    )
    cosine: Float[np.ndarray, "*T K K"] = _from(
        Source.TRAINING, lambda seen: seen.agreement.cosines
    )
    smallest_cosine: Float[np.ndarray, "*T"] = _from(
        Source.TRAINING, lambda seen: seen.agreement.smallest_cosine
    )
    share: Float[np.ndarray, "*T K"] = _from(Source.TRAINING, lambda seen: seen.agreement.shares)
    alignment: Float[np.ndarray, "*T"] = _from(
        Source.TRAINING, lambda seen: seen.agreement.alignment
    )
    fresh_loss: Float[np.ndarray, "*T K"] = _from(Source.ELSEWHERE, lambda seen: seen.loss)
    valid_loss: Float[np.ndarray, "*T K"] = _from(Source.VALIDATION, lambda seen: seen.loss)
    valid_term_error: Float[np.ndarray, "*T K"] = _from(
        Source.VALIDATION, lambda seen: seen.term_error
    )
    valid_error: Float[np.ndarray, "*T"] = _from(Source.VALIDATION, lambda seen: seen.error)
    rejected: Int[np.ndarray, "*T"] = _from(Source.STATE, lambda state: state.rejected)
    seconds: Float[np.ndarray, "*T"] = _from(Source.CLOCK, lambda course: course.seconds)
    cpu_seconds: Float[np.ndarray, "*T"] = _from(Source.CLOCK, lambda course: course.cpu_seconds)


NAMES = tuple(field.name for field in fields(Record))


def taken(source: Source, seen: Any) -> dict[str, Any]:
    """All quantities of one source, by name."""
    return {
        f.name: f.metadata["formula"](seen)
        for f in fields(Record)
        if f.metadata["source"] is source
    }
