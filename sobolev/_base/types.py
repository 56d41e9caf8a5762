"""Array aliases: rows are samples, derivative axes come last."""

import numpy as np
from jaxtyping import Float

Points = Float[np.ndarray, "n d"]
Values = Float[np.ndarray, "n q"]
Jacobians = Float[np.ndarray, "n q d"]
Hessians = Float[np.ndarray, "n q d d"]
