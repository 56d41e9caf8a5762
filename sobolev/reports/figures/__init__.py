"""Figures of the pages: each returns pictures, none keeps anything."""
