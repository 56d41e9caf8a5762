"""A model of CUQIpy: forward and gradient, so that NUTS samples a posterior over a surrogate."""

import os
import warnings

import numpy as np

from sobolev._base.errors import ConfigError
from sobolev.bridges.watched import watched
from sobolev.function.function import Function

try:
    with warnings.catch_warnings():  # it imports what NumPy will leave out
        warnings.filterwarnings("ignore", "Importing from numpy.matlib")
        from cuqi.geometry import Discrete
        from cuqi.model import Model
except ImportError as error:
    raise ImportError("cuqi_model needs CUQIpy: pip install 'sobolev[cuqi]'.") from error


def cuqi_model(model: Function | str | os.PathLike, outside: str = "warn") -> Model:
    """A `Function` as a `cuqi.model.Model` with its gradient Jᵀw.

    Names arrive as discrete geometries; CUQIpy has no place for units. Arguments
    as in `openturns_function`; `ConfigError` for a function without derivatives.

    ```python
    A = cuqi_model(surrogate)
    x = cuqi.distribution.Gaussian(np.zeros(2), 1)
    y = cuqi.distribution.Gaussian(A(x), 0.01)
    ```
    """
    function = watched(model, outside)
    if function.order < 1:
        raise ConfigError(
            f"a {type(function.inner).__name__} without derivatives: the model needs a gradient."
        )

    def forward(x):
        return function.value(np.asarray(x, float))

    def gradient(direction, x):
        return function.vjp(np.asarray(x, float), np.asarray(direction, float))[1]

    geometries = Discrete(list(function.outputs)), Discrete(list(function.inputs))
    return Model(forward, *geometries, gradient=gradient)
