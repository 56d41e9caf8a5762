"""Sums over cells and facets: residual, tangent, energy and virtual work."""
