"""Conditions that hold whatever the weights: boundaries, values there, and the network around."""
