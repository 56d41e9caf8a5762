"""What is kept small in proportion to a weight, and is not meant to vanish."""
