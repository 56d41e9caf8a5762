"""What is refused before a training begins."""

from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral, Real

import numpy as np

from sobolev._base.errors import ConfigError, DataError
from sobolev.data.dataset import Dataset
from sobolev.losses.sobolev_loss import SobolevLoss
from sobolev.surrogate import Surrogate
from sobolev.training.feed import Rows


def check_settings(
    loss: SobolevLoss, monitored: SobolevLoss, epochs: int, records: int | Sequence[int]
) -> None:
    """Refuse epochs and records that are no whole numbers, and terms without any label."""
    single = isinstance(records, Integral)
    at = [1, records] if single else [1, *records]  # type: ignore[misc]  # then a sequence
    whole = all(isinstance(number, Integral) for number in (epochs, *at))
    if not (whole and epochs >= 1 and min(at) >= single and (single or max(at) <= epochs)):
        raise ConfigError(
            "epochs must be a whole number of at least 1, records one too or a list of epochs from "
            f"0 to epochs: got {epochs} and {records}."
        )
    there = set(monitored.entries)
    absent = [term.name for term in loss.terms if not there.issuperset(term.entries)]
    if absent:
        raise ConfigError(
            f"the loss has the term {absent[0]}, for which the training data have no label: leave "
            f"it out, or choose among {', '.join(monitored.names)}."
        )


def check_stopping(
    keep: str, patience: int | None, seconds: float | None, every: float, validated: bool
) -> None:
    """Refuse rules for the end of a training that cannot be followed."""
    if keep not in ("best", "last"):
        raise ConfigError(f"keep must be 'best' or 'last': got {keep!r}.")
    if patience is not None:
        if not isinstance(patience, Integral) or patience < 1:
            raise ConfigError(f"patience must be a whole number of epochs ≥ 1: got {patience!r}.")
        if not validated:
            raise ConfigError(
                f"patience={patience} looks at the validation error, and there are no validation "
                "data: give valid=..., or leave patience out."
            )
    for name, value in (("seconds", seconds), ("every", every)):
        if value is not None and not (isinstance(value, Real) and value >= 0):
            raise ConfigError(f"{name} must be a number of seconds ≥ 0: got {value!r}.")


def check_names(surrogate: Surrogate, train: Dataset | Rows, valid: Dataset | None) -> None:
    """Refuse what is no surrogate or no data, and data with other names than the surrogate."""
    if not isinstance(surrogate, Surrogate):
        raise DataError(
            f"surrogate is {_kind(surrogate)}: give a Surrogate, made by Surrogate.new(train)."
        )
    if not isinstance(train, Dataset | Rows):
        raise DataError(f"train is {_kind(train)}: give a Dataset, or rows by open_rows(path).")
    if not isinstance(valid, Dataset | None):
        raise DataError(f"valid is {_kind(valid)}: give a Dataset, or leave it out.")
    for name, data in (("train", train), ("valid", valid)):
        if data is not None and (data.inputs, data.outputs) != (
            surrogate.inputs,
            surrogate.outputs,
        ):
            raise DataError(
                f"the {name} data have inputs {data.inputs} and outputs {data.outputs}, the "
                f"surrogate has {surrogate.inputs} and {surrogate.outputs}: they must be the same."
            )


def _kind(thing: object) -> str:
    return "missing (None)" if thing is None else f"of type {type(thing).__name__}"


def like(train: Dataset, valid: Dataset) -> Dataset:
    """The validation data with NaN for label arrays that only the training data have.

    Labels that only the validation data have are not looked at.
    """
    missing = train.labels().keys() - valid.labels().keys()
    gaps = {n: np.full((len(valid), *train.labels()[n].shape[1:]), np.nan) for n in missing}
    absent = train.vectors().keys() - valid.vectors().keys()
    gaps |= {n: np.full((len(valid), *train.vectors()[n].shape[1:]), np.nan) for n in absent}
    return replace(valid, **gaps)
