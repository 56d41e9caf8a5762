"""Curvature from the Jacobian of the residuals."""
