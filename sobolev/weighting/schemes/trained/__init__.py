"""Weights that are trained beside the network."""
