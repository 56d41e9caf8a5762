"""Host or device: the kernels take both."""

import jax
import numpy as np

AnyArray = jax.Array | np.ndarray
