"""Artefacts of `jax.export`."""
