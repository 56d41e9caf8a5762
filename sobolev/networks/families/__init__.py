"""Networks of dense layers, one family a file."""
