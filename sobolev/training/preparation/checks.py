"""What is refused before a training begins."""

from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any, TypeVar

import equinox as eqx
import numpy as np

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError, DataError
from sobolev.data.dataset import Dataset
from sobolev.data.more_outputs import with_outputs
from sobolev.losses.block import Block
from sobolev.losses.equations.equation import Equation
from sobolev.losses.labelled.group import Group
from sobolev.losses.loss import Loss
from sobolev.losses.view import ScalingArrays
from sobolev.networks.activations import check_activation, is_smooth
from sobolev.surrogate import Surrogate
from sobolev.training.feed import Rows
from sobolev.training.preparation.dependence import order_of
from sobolev.training.trained_and_watched import data_of


def check_settings(epochs: int, records: int | Sequence[int]) -> None:
    """Refuse epochs and records that are no whole numbers."""
    single = isinstance(records, Integral)
    at = [1, records] if single else [1, *records]  # type: ignore[misc]  # then a sequence
    whole = all(isinstance(number, Integral) for number in (epochs, *at))
    if not (whole and epochs >= 1 and min(at) >= single and (single or max(at) <= epochs)):
        raise ConfigError(
            "epochs must be a whole number of at least 1, records one too or a list of epochs from "
            f"0 to epochs: got {epochs} and {records}."
        )


def check_smoothness(loss: Loss, surrogate: Surrogate) -> None:
    """Refuse a network whose activation has not the derivatives that a term asks for.

    For one that has all of them no order matters; else that of an equation is found, whatever was
    said: a ReLU has the second derivative 0, and nobody would see why nothing is learnt.
    """
    if is_smooth(surrogate.network):
        return
    scaling, q = ScalingArrays.of(surrogate.scaling), len(surrogate.outputs)
    for block in loss.blocks:
        inner = block.innermost
        found = order_of(inner.function, scaling, q) if isinstance(inner, Equation) else None
        check_activation(surrogate.network, block.order if found is None else found)


def check_names(surrogate: Surrogate, train: object, valid: Dataset | None) -> None:
    """Refuse what is no surrogate or no data, and data with other names than the surrogate."""
    if not isinstance(surrogate, Surrogate):
        raise DataError(
            f"surrogate is {_kind(surrogate)}: give a Surrogate, made by Surrogate.new(train)."
        )
    if not isinstance(valid, Dataset | None):
        raise DataError(f"valid is {_kind(valid)}: give a Dataset, or leave it out.")
    sets = [train] if isinstance(train, Rows) else list(data_of(train))
    pairs = [("train", data) for data in sets] + ([] if valid is None else [("valid", valid)])
    for name, data in pairs:
        if (data.inputs, data.outputs) != (surrogate.inputs, surrogate.outputs):
            raise DataError(
                f"the {name} data have inputs {data.inputs} and outputs {data.outputs}, the "
                f"surrogate has {surrogate.inputs} and {surrogate.outputs}: they must be the same."
            )


def with_all_outputs(
    surrogate: Surrogate, train: Any, valid: Dataset | None
) -> tuple[Any, Dataset | None]:
    """Data of some of the outputs, as data of all: beside an equation, which knows of the others.

    Without one they are left as they are, and refused.
    """
    parts = train if isinstance(train, list | tuple) else [train]
    if not any(isinstance(part, Block) for part in parts):
        return train, valid

    def whole(part: Any) -> Any:
        if isinstance(part, Group):
            return replace(part, data=whole(part.data))
        if not isinstance(part, Dataset) or not set(part.outputs) < set(surrogate.outputs):
            return part
        return with_outputs(part, surrogate.outputs, surrogate.output_units)

    return [whole(part) for part in parts], whole(valid)


def _kind(thing: object) -> str:
    return "missing (None)" if thing is None else f"of type {type(thing).__name__}"


T = TypeVar("T")


def of_kind(name: str, value: object, kind: type[T]) -> T:
    """The value, or what it is when nothing is said, `kind()`; refuse anything else."""
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise ConfigError(f"{name} takes a {kind.__name__}(...): got {shown(value)}.")
    return value


def like(train: Dataset, valid: Dataset) -> Dataset:
    """The validation data with NaN for label arrays that only the training data have.

    Labels that only the validation data have are not looked at.
    """
    missing = train.labels().keys() - valid.labels().keys()
    gaps = {n: np.full((len(valid), *train.labels()[n].shape[1:]), np.nan) for n in missing}
    absent = train.vectors().keys() - valid.vectors().keys()
    gaps |= {n: np.full((len(valid), *train.vectors()[n].shape[1:]), np.nan) for n in absent}
    return replace(valid, **gaps)


def check_alike(surrogates: Sequence[Surrogate]) -> None:
    """Refuse surrogates that one program cannot train together. Raises `ConfigError`."""
    first = surrogates[0]
    for other in surrogates[1:]:
        same = eqx.tree_equal(
            *(eqx.filter_eval_shape(lambda n=s.network: n) for s in (first, other))
        )
        scaled = all(
            np.array_equal(getattr(first.scaling, name), getattr(other.scaling, name))
            for name in ("x_shift", "x_scale", "y_shift", "y_scale")
        )
        if not (same and scaled):
            raise ConfigError(
                "members that are trained together have one architecture and one scaling: leave "
                "together out."
            )
