"""Weights of the points inside a term."""
