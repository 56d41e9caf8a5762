"""Steps along a transformed weighted gradient."""
