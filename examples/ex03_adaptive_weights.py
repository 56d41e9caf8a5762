"""Weights that adapt: what the cosine distance does to them, with and without clipping.

Each weight minimises the angle between the total gradient and the gradient of its own term. Its
rate, (‖g_k‖/‖G‖) sin² α_k, is never negative: without bounds every weight grows for ever, the most
that of the terms that are dominated; clipped, all of them end at the bound, which is the unweighted
Sobolev loss again.
"""

import jax
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb

jax.config.update("jax_enable_x64", True)

# Weights at the end (of du/da also relative to u); with the relative tolerance of the test.
EXPECTED = {
    "clipped, smallest": (2.0, 1e-12),
    "free, smallest": (12.67, 0.05),
    "free, largest over smallest": (1.246, 0.02),
}
SCHEMES = {
    "no clipping": sb.CosineDistance("own", rate=0.05),
    "clipped to 2": sb.CosineDistance("own", rate=0.05, parametrisation=sb.Clip(1e-3, 2.0)),
}


def histories() -> dict[str, sb.History]:
    """One training per scheme, from the same initial weights."""
    x = np.random.default_rng(0).uniform(-1, 1, (30, 2))
    y = np.sin(3 * x[:, :1]) * (1 + x[:, 1:])
    slopes = np.stack([3 * np.cos(3 * x[:, 0]) * (1 + x[:, 1]), np.sin(3 * x[:, 0])], axis=-1)
    data = sb.Dataset(x, y, slopes[:, None, :], inputs=("a", "b"), outputs=("u",))
    start = sb.Surrogate.mlp(data, hidden=(5, 3, 3), key=0)
    adam = sb.Adam(5e-3, batch_size=None)
    return {
        name: sb.fit(start, data, weighting=scheme, optimiser=adam, epochs=1500).history
        for name, scheme in SCHEMES.items()
    }


def main() -> dict[str, float]:
    """The last weights."""
    last = {name: history.weight[-1] for name, history in histories().items()}
    for name, weights in last.items():
        print(f"{name:>13}: weights of u, du/da, du/db = {weights.round(3)}")
    free, clipped = last["no clipping"], last["clipped to 2"]
    return {
        "clipped, smallest": clipped.min(),
        "free, smallest": free.min(),
        "free, largest over smallest": free.max() / free.min(),
    }


def figure() -> Figure:
    """The histories of the three weights."""
    made = Figure(figsize=(8, 3), layout="constrained")
    for axes, (name, history) in zip(made.subplots(1, 2), histories().items(), strict=True):
        axes.plot(history.step, history.weight, label=history.terms)
        axes.set(title=name, xlabel="step", ylabel="weight")
        axes.legend(frameon=False)
    return made


if __name__ == "__main__":
    main()
