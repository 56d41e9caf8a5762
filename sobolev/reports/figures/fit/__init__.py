"""Panels of the page of a fit: each file gives (title, picture) pairs, drawn by hand."""
