"""What a verdict looks like: the same colours in every figure, legible for the colour-blind."""

from sobolev.reports.figures.canvas import INK

BETTER, WORSE, SAME = "#3182dd", "#e38c12", "#8b9099"
COLOURS = {"better": BETTER, "worse": WORSE, "not told apart": SAME, "baseline": INK}
LABELS = {
    "better": "clearly better than the baseline",
    "worse": "clearly worse",
    "not told apart": "not told apart",
    "baseline": "the baseline (line: its median)",
}
