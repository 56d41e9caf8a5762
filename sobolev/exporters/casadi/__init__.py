"""Expressions of CasADi."""
