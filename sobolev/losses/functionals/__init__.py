"""Terms that are no sum of squares."""
