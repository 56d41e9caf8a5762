"""Weights from the angles between the gradients of the terms."""
