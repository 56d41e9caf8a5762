"""Regions that an equation holds in, and parts of their boundaries."""
