"""The training that the settings of `sobolev fit` ask for, with its progress on stderr."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from sobolev._base.errors import WrongDerivativeWarning
from sobolev.cli.display import Display
from sobolev.losses import SobolevLoss
from sobolev.networks.defaults import CANDIDATES
from sobolev.optimisers import UnitLength
from sobolev.selection.best_fit import best_fit
from sobolev.selection.choose_network import choose_network
from sobolev.selection.decided import BestFit
from sobolev.surrogate import Surrogate
from sobolev.training import Fit, Stop, fit

if TYPE_CHECKING:
    from sobolev.cli.settings.fit import FitSettings
    from sobolev.data import Dataset


def make(settings: "FitSettings", train: "Dataset") -> tuple[Surrogate, str]:
    """The surrogate to be trained, and in words what it is and why."""
    if settings.network != "auto":
        return settings.surrogate(train, settings.seed)
    with Display("networks") as display:
        return choose_network(
            train,
            hidden=CANDIDATES[0].hidden if settings.hidden is None else settings.hidden,
            key=settings.seed,
            loss=SobolevLoss.of(train, settings.order),
            optimiser=settings.method(),
            progress=display.show,
        )


def best(
    settings: "FitSettings", data: "Dataset", valid: "Dataset | None", checkpoint: Path
) -> BestFit:
    """What `best_fit` makes of the rows, where nobody says how to train."""
    with Display("starts") as display, warnings.catch_warnings():
        warnings.simplefilter("ignore", WrongDerivativeWarning)
        return best_fit(
            data,
            valid,
            loss=SobolevLoss.of(data, settings.order),
            hidden=settings.hidden,
            key=settings.seed,
            epochs=settings.epochs,
            records=min(settings.records, settings.epochs),
            checkpoint=checkpoint,
            progress=display.show,
        )


def trained(
    settings: "FitSettings",
    surrogate: Surrogate,
    train: "Dataset",
    valid: "Dataset | None",
    checkpoint: Path,
) -> Fit:
    """What comes out of the training, whether it ended well or not."""
    optimiser = settings.method()
    if optimiser is not None and settings.unit_length:
        optimiser = UnitLength(optimiser)
    with Display("epochs") as display, warnings.catch_warnings():
        # What the check of the derivatives says is told at the end, in one line.
        warnings.simplefilter("ignore", WrongDerivativeWarning)
        return fit(
            surrogate,
            train,
            valid,
            loss=SobolevLoss.of(train, settings.order),
            weighting=settings.chosen_scheme(),
            optimiser=optimiser,
            epochs=settings.epochs,
            records=min(settings.records, settings.epochs),
            seed=settings.seed,
            stop=Stop(settings.patience, settings.seconds, settings.keep == "best"),
            checkpoint=checkpoint,
            progress=display.show,
        )
