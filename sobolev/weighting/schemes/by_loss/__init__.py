"""Weights from the losses of the terms."""
