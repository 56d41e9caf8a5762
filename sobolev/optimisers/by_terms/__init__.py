"""Steps made from the gradient of each term."""
