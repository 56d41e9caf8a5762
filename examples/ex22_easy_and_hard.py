"""Many easy simulations and four hard ones: the same budget, a better surrogate.

The deflection of a tapered beam under large rotations, on 96 x 24 cells; the easy rung is the same
on 16 x 4 cells, at a fraction of the cost and 5 % too stiff. The easy rows are learnt first, then
what the hard rows say beyond them. Eight hard rows cost as much as both.
"""

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev import fem
from sobolev.function import Sum
from sobolev.generation import Mixture, beyond

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "hard rows in the mixture": (4, 0.0),
    "easy rows in the mixture": (60, 0.0),
    "error of hard rows only": (0.142, 0.3),
    "error of the mixture": (0.035, 0.3),
}
BOX = sb.Box(("F", "length", "taper"), (0.5, 3.0, 0.3), (2.0, 6.0, 1.0), ("N", "mm", ""))
# As measured by Mixture(...).measured(): relative, so that the numbers of rows are always these.
COSTS = 1.0, 15.0


def tapered(X, length, taper):
    """The unit square as a beam that is thinner at its end."""
    height = 1 - (1 - taper) * X[:, 0]
    return jnp.stack([length * X[:, 0], (X[:, 1] - 0.5) * height], 1)


def beam(n: int) -> fem.Model:
    """Pulled sideways at its end; 4 n x n cells."""
    return fem.Model(
        fem.grid((4 * n, n)),
        bodies=[fem.Body(fem.PlaneStress(fem.SaintVenantKirchhoff(1000.0, 0.3)))],
        supports=[fem.Fixed("left")],
        loads=[fem.TotalForce("right", (0.0, "F"))],
        responses={"tip": fem.BoundaryMean("right", 1)},
        parameters=BOX,
        geometry=fem.Shape(tapered, ("length", "taper")),
        units=("mm",),
    )


def trained(data: sb.Dataset) -> sb.Surrogate:
    """A small network on values."""
    start = sb.Surrogate.new(data, sb.networks.MLP((24, 24)), key=0)
    return sb.fit(start, data, epochs=300).surrogate


def learnt():
    """`(by hard rows only, by the mixture, easy rows, hard rows, rows to test with)`."""
    easy, hard = beam(4), beam(24)
    mixture = Mixture((easy, hard), costs=COSTS, order=0)
    many, few = mixture.generate(8 * COSTS[1])
    only = sb.generate(hard, sb.designs.latin_hypercube(8, 5), order=0)
    known = trained(many)
    both = Sum((known, trained(beyond(few, known))))
    test = sb.generate(hard, sb.designs.latin_hypercube(40, 9), order=0)
    return trained(only), both, many, few, test


def error(surrogate, test: sb.Dataset) -> float:
    """Root mean square, in parts of the spread."""
    return float(np.sqrt(np.mean((surrogate.value(test.x) - test.y) ** 2)) / test.y.std())


def main() -> dict[str, float]:
    """Both errors."""
    alone, both, many, few, test = learnt()
    print(f"8 hard rows: {error(alone, test):.4f} of the spread")
    print(f"{len(few)} hard and {len(many)} easy rows: {error(both, test):.4f}")
    return {
        "hard rows in the mixture": len(few),
        "easy rows in the mixture": len(many),
        "error of hard rows only": error(alone, test),
        "error of the mixture": error(both, test),
    }


def figure() -> Figure:
    """What each says of rows that it has not seen."""
    alone, both, _, _, test = learnt()
    made = Figure(figsize=(7, 3.4), layout="constrained")
    panels = made.subplots(1, 2, sharex=True, sharey=True)
    for axes, surrogate, title in zip(
        panels, (alone, both), ("8 hard rows", "4 hard and 60 easy rows"), strict=True
    ):
        axes.plot(test.y, test.y, color="0.7", lw=1)
        axes.plot(test.y, surrogate.value(test.x), ".", color="C0")
        axes.set(xlabel="deflection in mm", ylabel="learnt, in mm", title=title)
    return made


if __name__ == "__main__":
    main()
