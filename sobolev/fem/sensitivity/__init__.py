"""Derivatives of responses by the implicit function theorem."""
