"""Residuals measured in another norm than the mean square over rows.

A sum of squares of mapped residuals is `linear_map.py`, and `random_tests.py` one of a few random
combinations of them. A norm that is none (nearly the largest residual, Huber's) is a `Block` of its
own beside it: its `losses` say what is summed up, and `least_squares = False` keeps away the
optimisers that work on squares.
"""
