"""How references are computed: by quadrature, in modes, from a table."""
