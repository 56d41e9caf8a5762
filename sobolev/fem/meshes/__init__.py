"""Nodes, cells, and parts that have names."""
