"""One file for each kind of label that is judged."""
