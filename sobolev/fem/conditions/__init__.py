"""Supports and loads."""
