"""Plain formulas, to be read and pasted."""
