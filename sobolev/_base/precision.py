"""The package never configures JAX; where 64-bit is needed and off, it says how to turn it on."""

import jax

from sobolev._base.errors import PrecisionError


def require_x64(what: str) -> None:
    """Raise `PrecisionError` unless JAX computes in 64-bit."""
    if not jax.config.read("jax_enable_x64"):
        raise PrecisionError(
            f"{what} needs 64-bit floating point, but JAX is in 32-bit mode: put "
            '`jax.config.update("jax_enable_x64", True)` before the first use of JAX.'
        )
