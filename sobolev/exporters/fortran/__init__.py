"""Programs in Fortran: one text for fixed and free form."""
