"""Sparse linear solvers behind one interface."""
