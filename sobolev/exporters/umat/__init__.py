"""Materials of solvers: an energy with its stress and tangent as a user routine."""
