"""Draw how the gradient of the bar's energy falls in H¹ and in L², from the benchmark's problem."""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent / "benchmarks"))

from sobolev_gradients import E, bar, modes  # noqa: E402

from sobolev.descent import FixedStep, SteepestDescent, minimise  # noqa: E402


def figure() -> Figure:
    """H¹ on the left, where three meshes are one line; L² on the right, with its best step."""
    made = Figure(figsize=(9, 3.2), layout="constrained")
    left, right = made.subplots(1, 2, sharey=True)
    for n, style in ((32, "C0-"), (128, "C1--"), (512, "C3:")):
        energy, h1, l2, stretches = bar(n)
        method = SteepestDescent(FixedStep(4 / (3 * E)))
        found = minimise(energy, np.zeros(n), h1, method, 1e-8)
        left.semilogy(found.sizes / found.sizes[0], style, lw=2, label=f"n = {n}")
        # the largest second derivative of all stretches ≥ 1 is that of the bar at rest
        low, high = modes(found.v, n, l2, stretches)[0], modes(0 * found.v, n, l2, stretches)[1]
        step = SteepestDescent(FixedStep(2 / (low + high)))
        slow = minimise(energy, np.zeros(n), l2, step, 1e-8, steps=3000)
        right.semilogy(slow.sizes / slow.sizes[0], style, lw=1.5, label=f"n = {n}")
    left.set(xlabel="steps", ylabel="norm of the gradient, of the first", title="H¹, step 4/(3E)")
    right.set(xlabel="steps", title="L², the longest fixed step")
    right.legend(frameon=False)
    return made


if __name__ == "__main__":
    figure().savefig(DOCS / "figures" / "sobolev_gradients.png", dpi=80)
