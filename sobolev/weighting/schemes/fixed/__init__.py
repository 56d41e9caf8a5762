"""Weights that do not look at the training."""
