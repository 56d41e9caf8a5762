"""Equations that are solved for coefficients by least squares, inside of what is trained."""
