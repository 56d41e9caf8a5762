"""Networks of fields on a uniform periodic grid: the families, and what they are made of."""
