"""Curvature learnt from gradients: dense or limited memory, and their line search."""
