"""Optimisers by name, as the command line and TOML files know them."""

import inspect
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from sobolev._base.arguments import one_of
from sobolev.optimisers.first_order.first_order import Adam
from sobolev.optimisers.first_order.soap import SOAP
from sobolev.optimisers.least_squares.bayesian import BayesianRegularisation
from sobolev.optimisers.least_squares.levenberg_marquardt import LevenbergMarquardt
from sobolev.optimisers.optimiser import Optimiser
from sobolev.optimisers.quasi_newton.dense import SSBroyden
from sobolev.optimisers.quasi_newton.lbfgs import LBFGS

# One more is one more line here, a literal that help reads; each has a default for everything.
OPTIMISERS: MappingProxyType[str, Callable[..., Optimiser]] = MappingProxyType(
    {
        "ssbroyden": SSBroyden,
        "lm": LevenbergMarquardt,
        "bayesian": BayesianRegularisation,
        "lbfgs": LBFGS,
        "adam": Adam,
        "soap": SOAP,
    }
)


def by_name(name: str, **settings: Any) -> Optimiser:
    """The optimiser of this name, with its defaults or other settings; `ConfigError`.

    ```python
    sobolev.optimisers.by_name("adam", learning_rate=1e-2)
    list(sobolev.optimisers.OPTIMISERS)    # the names there are
    ```
    """
    return OPTIMISERS[one_of("optimiser", name, tuple(OPTIMISERS))](**settings)


def settings_of(name: str) -> dict[str, Any]:
    """What the optimiser of this name takes, with the defaults; `ConfigError`."""
    make = OPTIMISERS[one_of("optimiser", name, tuple(OPTIMISERS))]
    return {p.name: p.default for p in inspect.signature(make).parameters.values()}
