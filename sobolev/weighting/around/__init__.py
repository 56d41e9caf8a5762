"""Schemes around other schemes."""
