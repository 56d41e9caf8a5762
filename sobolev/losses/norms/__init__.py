"""Residuals measured in another norm than the mean square over rows."""
