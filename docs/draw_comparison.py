"""Write docs/comparison.md and docs/figures/comparison_*.png, and the page of a comparison.

`python docs/draw_comparison.py FOLDER`, with what `sobolev study weighting --out FOLDER` wrote.
"""

import shutil
import sys
from pathlib import Path

from sobolev.report import draw_comparison, write_report

if __name__ == "__main__":
    folder, docs = Path(sys.argv[1]), Path(__file__).parent
    page = write_report(folder)
    shutil.copy(folder / "report.md", docs / "comparison.md")
    for path in (page, *draw_comparison(folder, docs / "figures")):
        print(path)
