"""Which network, and which kind of model, for these data."""
