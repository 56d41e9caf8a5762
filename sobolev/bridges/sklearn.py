"""The scikit-learn estimator: `fit(X, y, jacobian=…)`, `predict`, `predict_jacobian`."""

from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sobolev._base.errors import SobolevError
from sobolev.data.dataset import Dataset
from sobolev.networks.architecture import Architecture
from sobolev.networks.defaults import ESTIMATOR
from sobolev.networks.registry import fields_of, of_strings
from sobolev.optimisers.least_squares.levenberg_marquardt import LevenbergMarquardt
from sobolev.surrogate import Surrogate
from sobolev.training import fit

try:
    from sklearn.base import BaseEstimator, RegressorMixin
    from sklearn.utils import check_array, check_random_state
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        "SobolevRegressor needs scikit-learn: install sobolev with its extra 'sklearn'."
    ) from error

PADDED_BELOW = 256
_validated: Any = validate_data  # scikit-learn's own types do not say what comes back
_checked: Any = check_array


class SobolevRegressor(RegressorMixin, BaseEstimator):
    """A network trained on values and, when given, derivatives, as a scikit-learn estimator.

    **Arguments:**
    - `hidden_layer_sizes`, `activation`, `network`: of the architecture, by the names of the
      command line; (16, 16), "tanh", "mlp" unless you say more.
    - `optimiser`: of `sobolev.fit`, None for Levenberg–Marquardt; `epochs`: its steps.
    - `random_state`: seed of the first weights and of mini-batches.

    Attributes after `fit`: `surrogate_`, `result_` (how training ended), `n_features_in_`. It works
    in 64-bit whatever JAX is set to, and only within its own calls; ask `surrogate_` itself with
    64-bit switched on. Up to 256 rows are padded to a power of two with rows that carry no label,
    so that cross-validation does not compile anew for every fold.

    ```python
    model = SobolevRegressor(epochs=100).fit(X, y, jacobian=dydx)
    y, dydx = model.predict(X), model.predict_jacobian(X)
    ```
    """

    def __init__(
        self,
        hidden_layer_sizes: tuple[int, ...] = ESTIMATOR.hidden,
        *,
        activation: str = ESTIMATOR.activation.name,
        network: str = ESTIMATOR.name,
        optimiser: Any = None,
        epochs: int = 100,
        random_state: Any = None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.network = network
        self.optimiser = optimiser
        self.epochs = epochs
        self.random_state = random_state

    def fit(self, X, y, jacobian=None) -> "SobolevRegressor":
        """Train on values `y [n]` or `[n, q]` and derivatives `[n, d]` or `[n, q, d]`.

        NaN in `jacobian` = absent. Raises `ValueError` for data and settings that do not fit.
        """
        X, y = _validated(
            self, X, y, dtype=np.float64, multi_output=True, y_numeric=True, ensure_min_samples=2
        )
        y = np.asarray(y, np.float64)
        columns = y.reshape(len(y), -1)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        with _in_64_bit():
            data = _padded(Dataset(X, columns, _slopes(jacobian, (*columns.shape, X.shape[1]))))
            blank = Surrogate.new(data, self._architecture(), key=seed)
            optimiser = LevenbergMarquardt() if self.optimiser is None else self.optimiser
            trained = fit(
                blank, data, optimiser=optimiser, epochs=self.epochs, records=1, seed=seed,
                check=False,
            )  # fmt: skip
        self.surrogate_, self.result_ = trained.surrogate, trained.result
        self._one_output = y.ndim == 1
        return self

    def predict(self, X) -> np.ndarray:
        """y(X), shaped like the y of `fit`."""
        found = self._derivatives(X, 0)[0]
        return found[:, 0] if self._one_output else found

    def predict_jacobian(self, X) -> np.ndarray:
        """∂y/∂X: `[n, d]` where `fit` had a y `[n]`, else `[n, q, d]`."""
        found = self._derivatives(X, 1)[1]
        return found[:, 0] if self._one_output else found

    def _derivatives(self, X, order: int) -> tuple:
        check_is_fitted(self, "surrogate_")
        X = _validated(self, X, dtype=np.float64, reset=False)
        with _in_64_bit():
            return self.surrogate_.derivatives(X, order)

    def _architecture(self) -> Architecture:
        taken = {"hidden": tuple(self.hidden_layer_sizes), "activation": self.activation}
        known = fields_of(self.network)  # not every network has an activation
        return of_strings(self.network, **{k: v for k, v in taken.items() if k in known})

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def __getstate__(self):
        state: Any = super().__getstate__()
        return _with_network(state, np.asarray)

    def __setstate__(self, state):
        with _in_64_bit():  # else JAX would round the weights to 32-bit
            super().__setstate__(_with_network(state, jnp.asarray))


@contextmanager
def _in_64_bit():
    """64-bit for this thread and this block only; the library's refusals become `ValueError`."""
    try:
        with jax.enable_x64(True):
            yield
    except SobolevError as error:
        raise ValueError(f"SobolevRegressor: {error}") from error


def _slopes(jacobian, shape: tuple[int, int, int]) -> np.ndarray | None:
    if jacobian is None:
        return None
    slopes = _checked(
        jacobian, dtype=np.float64, ensure_all_finite="allow-nan", allow_nd=True,
        input_name="jacobian",
    )  # fmt: skip
    if slopes.shape not in (shape, (shape[0], shape[2]) if shape[1] == 1 else shape):
        raise ValueError(
            f"jacobian has shape {slopes.shape}, but {shape} (samples, outputs, features) is "
            "needed for these X and y; with one output the middle axis may be left out."
        )
    return slopes.reshape(shape)


def _padded(data: Dataset) -> Dataset:
    """Rows without labels up to a power of two: the sums over labels do not notice them."""
    n = len(data)
    size = 1 << (n - 1).bit_length()
    if not 2 <= n < PADDED_BELOW or size == n:
        return data
    gap = lambda array: np.full((size - n, *array.shape[1:]), np.nan)  # noqa: E731
    labels = {name: np.concatenate([a, gap(a)]) for name, a in data.labels().items()}
    x = np.concatenate([data.x, np.repeat(data.x[:1], size - n, axis=0)])
    return replace(data, x=x, **labels)


def _with_network(state: dict, convert) -> dict:
    if "surrogate_" not in state:
        return state
    surrogate = state["surrogate_"]
    network = jax.tree.map(convert, surrogate.network)
    return state | {"surrogate_": replace(surrogate, network=network)}
