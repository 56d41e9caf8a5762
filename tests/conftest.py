import os

import jax

jax.config.update("jax_enable_x64", True)

os.environ.setdefault("SOBOLEV_CACHE", "off")  # the commands of the tests leave no traces
