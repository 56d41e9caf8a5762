"""A weighting scheme of your own: each term counts by what is left of it.

w_k = √(L_k/E_k), the relative error that term k still has, with mean 1: what is learnt already
steps back. `conforms` tries it in the cases that break schemes.
"""

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb

jax.config.update("jax_enable_x64", True)

EXPECTED = {"cases passed": (1.0, 1e-12), "weights: mean at the end": (1.0, 1e-9)}


class WhatIsLeft(sb.weighting.Scheme):
    """w_k = √(L_k/E_k) over its mean; the state holds the energies E_k of the labels."""

    def init(self, energies):
        return jnp.where(energies > 0, energies, 1.0) / jnp.max(energies, initial=1e-300)

    def update(self, statistics, state):
        L = statistics.losses / jnp.max(statistics.losses, initial=1e-300)  # else 1e300 overflows
        left = jnp.sqrt(L / state)
        mean = jnp.mean(left)
        return jnp.where(mean > 0, left / jnp.where(mean > 0, mean, 1.0), 1.0), state


def trained() -> sb.Fit:
    """A beam's deflection with the scheme."""
    problem = sb.problems.BeamDeflection()
    data = sb.generate(problem, sb.designs.latin_hypercube(40, seed=0))
    surrogate = sb.Surrogate.mlp(data, hidden=(8, 8), key=0)
    adam = sb.optimisers.Adam(1e-2, batch_size=None)
    return sb.fit(surrogate, data, weighting=WhatIsLeft(), optimiser=adam, epochs=200, records=40)


def main() -> dict[str, float]:
    """Whether it conforms, and that its weights have mean 1."""
    found = sb.weighting.conforms(WhatIsLeft())
    print(found)
    weights = trained().history.weight[-1]
    print(f"weights at the end: {np.round(weights, 3)}")
    return {
        "cases passed": float(found.good),
        "weights: mean at the end": float(weights.mean()),
    }


def figure() -> Figure:
    """The weight of each term, epoch by epoch."""
    history = trained().history
    made = Figure(figsize=(6, 3), layout="constrained")
    axes = made.subplots()
    for term, weight in zip(history.terms, history.weight.T, strict=True):
        axes.plot(history.epoch[1:], weight[1:], label=term)
    axes.set(xlabel="epoch", ylabel="weight")
    axes.legend(frameon=False)
    return made


if __name__ == "__main__":
    main()
