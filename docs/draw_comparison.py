"""Draw the figures of a comparison of weightings into docs/figures/comparison_*.png.

`python docs/draw_comparison.py FOLDER`, with what `sobolev study weighting --out FOLDER` wrote.
"""

import sys
from pathlib import Path

from sobolev.report import draw_comparison

if __name__ == "__main__":
    for path in draw_comparison(sys.argv[1], Path(__file__).parent / "figures"):
        print(path.name)
