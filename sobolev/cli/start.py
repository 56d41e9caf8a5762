"""JAX as the command line uses it."""


def start_jax() -> None:
    """Import JAX and make it compute in 64-bit, before anything else uses it."""
    import jax

    jax.config.update("jax_enable_x64", True)
