"""To an equilibrium, and along a path of them."""
