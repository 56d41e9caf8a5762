"""The page of `sobolev study weighting`: from `comparison.json` alone."""
