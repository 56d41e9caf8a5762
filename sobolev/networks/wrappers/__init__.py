"""Architectures around another one: they hold by construction what training only approaches."""
