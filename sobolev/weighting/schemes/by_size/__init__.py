"""Weights from the sizes of the gradients of the terms."""
