"""What studies and fits leave on disk, and the statistics that compare it; no JAX."""
