"""Weights that adapt: what the cosine distance does to them, with and without clipping.

Each weight minimises the angle between the total gradient and the gradient of its own term. Its
rate, (‖g_k‖/‖G‖) sin² α_k, is never negative: without bounds every weight grows for ever, the most
that of the terms that are dominated; clipped, all of them end at the bound, which is the unweighted
Sobolev loss again.

What the weights do to the sum is in the history of every training: each term's share of the
weighted gradient, and the smallest cosine between the gradients of two terms. It is negative in
most records, a conflict: weights change how much of each gradient goes into the sum, not the angle
between them.
"""

import jax
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb

jax.config.update("jax_enable_x64", True)

# Weights at the end, and how often two terms pull apart; with the relative tolerance of the test.
EXPECTED = {
    "clipped, smallest": (2.0, 1e-12),
    "free, smallest": (8.093, 1e-3),
    "free, largest over smallest": (1.568, 1e-3),
    "clipped, records in conflict": (0.9703, 0.02),
    "free, records in conflict": (0.9703, 0.02),
}
SCHEMES = {
    "no clipping": sb.weighting.CosineDistance("own", rate=0.05),
    "clipped to 2": sb.weighting.CosineDistance(
        "own", rate=0.05, parametrisation=sb.weighting.Clip(1e-3, 2.0)
    ),
}


def histories() -> dict[str, sb.training.History]:
    """One training per scheme, from the same initial weights.

    Short enough to be repeated anywhere: after 1500 steps rounding decides the path of Adam, and a
    rate changed by 1e-13 of itself has moved the smallest weight by an eighth.
    """
    x = np.random.default_rng(0).uniform(-1, 1, (30, 2))
    y = np.sin(3 * x[:, :1]) * (1 + x[:, 1:])
    slopes = np.stack([3 * np.cos(3 * x[:, 0]) * (1 + x[:, 1]), np.sin(3 * x[:, 0])], axis=-1)
    data = sb.Dataset(x, y, slopes[:, None, :], inputs=("a", "b"), outputs=("u",))
    start = sb.Surrogate.mlp(data, hidden=(5, 3, 3), key=0)
    adam = sb.optimisers.Adam(5e-3, batch_size=None, b2=0.999)
    return {
        name: sb.fit(start, data, weighting=scheme, optimiser=adam, epochs=500).history
        for name, scheme in SCHEMES.items()
    }


def main() -> dict[str, float]:
    """The last weights, and the share of the records with a conflict."""
    found = histories()
    for name, history in found.items():
        low, high = history.smallest_cosine.min(), history.smallest_cosine.max()
        print(f"{name:>13}: weights of u, du/da, du/db = {history.weight[-1].round(3)}", end=", ")
        print(f"smallest cosine from {low:.2f} to {high:.2f}")
    free, clipped = (found[name].weight[-1] for name in ("no clipping", "clipped to 2"))
    conflict = {name: np.mean(history.smallest_cosine < 0) for name, history in found.items()}
    return {
        "clipped, smallest": clipped.min(),
        "free, smallest": free.min(),
        "free, largest over smallest": free.max() / free.min(),
        "clipped, records in conflict": conflict["clipped to 2"],
        "free, records in conflict": conflict["no clipping"],
    }


def figure() -> Figure:
    """Above the three weights, below what they do: shares, and the smallest cosine."""
    made = Figure(figsize=(8, 5.5), layout="constrained")
    columns = zip(*made.subplots(2, 2), strict=True)
    for (above, below), (name, history) in zip(columns, histories().items(), strict=True):
        above.plot(history.step, history.weight, label=history.terms)
        above.set(title=name, xlabel="step", ylabel="weight")
        above.legend(frameon=False)
        below.plot(history.step, history.share)
        below.plot(history.step, history.smallest_cosine, "k:", label="smallest cosine")
        below.axhline(0, color="k", linewidth=0.5)
        below.set(xlabel="step", ylabel="share, cosine", ylim=(-1.05, 1.05))
        below.legend(frameon=False, loc="upper right")
    return made


if __name__ == "__main__":
    main()
