"""Reference elements, their shape functions and quadrature."""
