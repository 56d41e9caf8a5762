"""Draws docs/figures/norms.png: condition numbers by the norm, and errors of every seed.

The errors are those that stand in benchmarks/dual_norms.py.   python docs/draw_norms.py
"""

import ast
import re
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from sobolev import Box
from sobolev.inner_products import Sines

DOCS = Path(__file__).parent
LINE = Box(("x",), (0.0,), (1.0,))
NORMS = {"L2": (0.0, "mean square"), "H-1": (1.0, "H⁻¹"), "H-2": (2.0, "H⁻²")}
ROW = re.compile(r"^ +(1 and \d+) +(\w+) +(\S+) +median .* CPU s +(.*)$")


def conditions(panel) -> None:
    """Of JᵀJ for −u″ and K sines."""
    K = np.array([4, 8, 16, 32, 64])
    for name, (order, said) in NORMS.items():
        norm = Sines(LINE, 127, order=order).dual
        k = np.arange(1, 65)
        J = norm.root(norm.seen((np.pi * k) ** 2 * np.sin(np.pi * norm.points * k)))
        found = [np.linalg.cond(J[:, :n]) ** 2 for n in K]
        slope = np.polyfit(np.log(K), np.log(found), 1)[0]
        panel.loglog(K, found, "o-", ms=4, label=f"{said}: {abs(slope):.0f}", color=COLOURS[name])
    panel.set(xlabel="K waves", ylabel="condition number", title="and its slope")
    panel.set_xticks(K, [str(k) for k in K])
    panel.minorticks_off()
    panel.legend(frameon=False)


def errors(panel, optimiser: str) -> None:
    """Every seed of both sums of waves in each norm."""
    text = ast.get_docstring(ast.parse((DOCS.parent / "benchmarks/dual_norms.py").read_text()))
    rows = [match.groups() for match in map(ROW.match, (text or "").splitlines()) if match]
    sums = list(dict.fromkeys(row[0] for row in rows))
    for waves, way, norm, each in rows:
        if way != optimiser:
            continue
        at = sums.index(waves) + (list(NORMS).index(norm) - 1) * 0.22
        found = np.array(each.split(), float)
        spread = np.linspace(-0.06, 0.06, len(found))
        panel.semilogy(at + spread, found, ".", color=COLOURS[norm])
        panel.plot([at - 0.08, at + 0.08], [np.median(found)] * 2, color=COLOURS[norm], lw=2)
    panel.set(xticks=range(len(sums)), ylabel="relative error of u", title=optimiser)
    panel.set_xticklabels([f"sin πx + sin {waves.split()[-1]}πx" for waves in sums])
    panel.set(ylim=(1e-7, 10))


COLOURS = {"L2": "0.5", "H-1": "C0", "H-2": "C1"}

if __name__ == "__main__":
    figure, panels = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained")
    conditions(panels[0])
    errors(panels[1], "Adam")
    errors(panels[2], "LM")
    figure.savefig(DOCS / "figures" / "norms.png", dpi=90)
