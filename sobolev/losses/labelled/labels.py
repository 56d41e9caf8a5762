"""Labels as a loss needs them: scaled, on the device, with the vectors and the trust in each."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev.data.dataset import Dataset
from sobolev.data.scaling import Scaling
from sobolev.networks.derivatives import Prediction

ACCURACY = 0.01


class Labels(NamedTuple):
    """Scaled inputs `x [n, d]` and labels; NaN = absent.

    `weight [n]` is 1, or 0 for a row that only fills up a batch. `directions [n, k, d]` and
    `cotangents [n, l, q]` have length 1, or 0 where absent. `trust` has for each kind of label with
    noise τ = a²/(a² + σ²) ∈ (0, 1], σ the noise level in scaled units and a the accuracy that one
    expects of the surrogate: inverse-variance weighting with the surrogate's own error added to the
    variance, so that labels without noise keep the weight 1. `attention` λ multiplies the square of
    the residual of an entry in a row: what a training makes of it, not part of the data.
    """

    x: Float[Array, "n d"]
    target: Prediction
    weight: Float[Array, " n"]
    directions: Float[Array, "n k d"] | None = None
    cotangents: Float[Array, "n l q"] | None = None
    trust: Prediction = Prediction()
    attention: Float[Array, "n E"] | None = None

    @classmethod
    def of(cls, data: Dataset, scaling: Scaling, accuracy: float = ACCURACY) -> "Labels":
        """The scaled labels of a data set; `accuracy` a > 0 in scaled units."""
        scaled = scaling.scaled(data)
        if "hessian" in scaled:  # symmetric: what one half does not know, the other may
            hessian = scaled["hessian"]
            scaled["hessian"] = np.where(np.isnan(hessian), hessian.swapaxes(2, 3), hessian)
        arrays = {name: jnp.asarray(array) for name, array in scaled.items()}
        x = arrays.pop("x")
        vectors = {n: arrays.pop(n) for n in ("directions", "cotangents") if n in arrays}
        trust = {kind: jnp.asarray(a) for kind, a in _trust(data, scaling, accuracy).items()}
        weight = jnp.asarray(np.ones(len(x), x.dtype))
        return cls(x, Prediction(**arrays), weight, **vectors, trust=Prediction(**trust))


def _trust(data: Dataset, scaling: Scaling, accuracy: float) -> dict[str, np.ndarray]:
    factors = scaling.factors(data)
    known = {kind: np.nan_to_num(σ * factors[kind], nan=0.0) for kind, σ in data.noise.items()}
    return {kind: accuracy**2 / (accuracy**2 + σ**2) for kind, σ in known.items() if σ.any()}
