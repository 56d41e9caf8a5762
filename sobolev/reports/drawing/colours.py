"""Colours of middle luminance: legible on white, on black and in grey print."""

from sobolev.reports.drawing.panel import Look

TRAINING, HELD_OUT = "#2f7fd9", "#d97a06"
TRAINED, HELD = Look(TRAINING), Look(HELD_OUT, "diamond", 6.5)
LINES = ("#2f7fd9", "#d97a06", "#1a9e7f", "#c64fa6", "#8f7a1e", "#8560d8")
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2", "1 2")
