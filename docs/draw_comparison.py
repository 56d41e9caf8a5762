"""Write docs/comparison.md and docs/figures/comparison_*.png, and the page of a comparison.

`python docs/draw_comparison.py FOLDER`, with what `sobolev study weighting --out FOLDER` wrote.
"""

import sys
from pathlib import Path

from sobolev.reports import draw_comparison, write_report

if __name__ == "__main__":
    folder, docs = Path(sys.argv[1]), Path(__file__).parent
    page = write_report(folder)
    drawn = draw_comparison(folder, docs / "figures")
    names = [path.stem.removeprefix("comparison_").replace("_", ", ") for path in drawn]
    pictures = [f"![{n}](figures/{p.name})" for n, p in zip(names, drawn, strict=True)]
    tables = (folder / "report.md").read_text().rstrip()
    (docs / "comparison.md").write_text("\n\n".join([tables, *pictures]) + "\n")
    for path in (page, docs / "comparison.md", *drawn):
        print(path)
