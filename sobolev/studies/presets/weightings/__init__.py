"""Every weighting on the same problems, at its best learning rate, against a static baseline."""
