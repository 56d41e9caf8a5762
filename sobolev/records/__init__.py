"""What studies leave on disk, as values that writer and reader share; one paired test; no JAX."""
