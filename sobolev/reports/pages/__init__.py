"""The pages, and the same as text."""
