"""Hydrogen in air ignites inside of Radau's method, by a source term that 80 states have taught.

What is learnt is the rate of each of 29 reactions, in logarithms: powers of the concentrations are
known, a network of 24 units says the rest. Stoichiometry and thermodynamics make the source term of
it, so elements stay, the equilibrium is the right one, and the Jacobian that Newton's method asks
for comes along. Exact slopes of the labels decide how fast radicals grow in the fresh gas, which is
a derivative: from values alone that, and the time until it ignites, is off where the gas is cool.
"""

from functools import cache

import jax
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev.dynamics import Run, SourceTerm, integrate
from sobolev.losses import SobolevLoss
from sobolev.networks import MLP, PowerLaw
from sobolev.optimisers import SSBroyden
from sobolev.sources import Kinetics, Progress, scattered
from sobolev.weighting import Fixed

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "steps with the exact source and the learnt Jacobian, over exact": (1.0, 0.03),
    "steps with the learnt source and its Jacobian, over exact": (1.0, 0.03),
    "elements that are lost on the way, kmol/kg": (0.0, 1e-12),
    "end state, over its temperature": (1.2e-8, 3.0),
    "growth of radicals at 1000 K over exact, from slopes": (1.01, 0.03),
    "and from values alone": (0.92, 0.08),
}
GAS = Kinetics("h2o2.yaml", pressure=101325.0)
PROGRESS = Progress(GAS)
TOLERANCES = {"rtol": 1e-6, "atol": np.append(np.full(10, 1e-12), 1e-6)}
TEMPERATURES = np.linspace(950, 1500, 12)


def fresh(richness: float, T: float) -> np.ndarray:
    """Hydrogen and air, no radicals."""
    return GAS.state({"H2": 2 * richness, "O2": 1.0, "N2": 3.76}, T)


@cache
def labels() -> sb.Dataset:
    """80 states of six ignitions, half of them moved off the trajectories."""
    runs = [
        integrate(GAS, fresh(richness, T), 2e-3, **TOLERANCES)
        for richness in (0.45, 1.2, 2.2)
        for T in (980.0, 1500.0)
    ]
    on = np.concatenate([run.evenly(8, PROGRESS.logarithms) for run in runs]).clip(0)
    states = np.concatenate([on, scattered(GAS, on)])[:80]
    x = PROGRESS.logarithms(states)
    return sb.Dataset(x, *PROGRESS.derivatives(x), inputs=PROGRESS.inputs, outputs=PROGRESS.outputs)


@cache
def learnt(order: int) -> SourceTerm:
    """A source term from values (0) or from values and slopes (1)."""
    data = labels()
    loss = SobolevLoss.of(data, order=order)
    weights = np.array([1.0 if name.startswith("d") else 10.0 for name in loss.names])
    made = sb.Surrogate.new(data, PowerLaw(MLP((24,)), powers=PROGRESS.orders))
    fitted = sb.fit(
        made, data, loss=loss, weighting=Fixed(lambda energies: jax.numpy.asarray(weights)),
        optimiser=SSBroyden(), epochs=500, records=1, check=False,
    )  # fmt: skip
    return SourceTerm(fitted.surrogate, GAS.numbers, GAS.pressure)


@cache
def burnt(rate: sb.function.Function, jacobian: sb.function.Function | None = None) -> Run:
    """One millisecond from 1200 K, at a richness that nothing was learnt from."""
    return integrate(rate, fresh(1.0, 1200.0), 1e-3, jacobian=jacobian, **TOLERANCES)


def growth(source: sb.function.Function, T: float) -> float:
    """The largest eigenvalue of the Jacobian in the fresh gas."""
    return float(np.linalg.eigvals(source.jacobian(fresh(1.0, T))).real.max())


def main() -> dict[str, float]:
    """What is shown."""
    exact, source = burnt(GAS), learnt(1)
    newton, own = burnt(GAS, source), burnt(source)
    held = own.states @ GAS.elements().T
    shown = (
        newton.steps / exact.steps, own.steps / exact.steps, np.abs(held - held[0]).max(),
        np.abs(own.states[-1] - exact.states[-1]).max() / exact.states[-1, -1],
        *(growth(learnt(order), 1000.0) / growth(GAS, 1000.0) for order in (1, 0)),
    )  # fmt: skip
    for name, number in zip(EXPECTED, shown, strict=True):
        print(f"{name}: {number:.4g}")
    return dict(zip(EXPECTED, map(float, shown), strict=True))


def figure() -> Figure:
    """The ignition, and how fast radicals grow over the temperature."""
    picture = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = picture.subplots(1, 2)
    exact, own = burnt(GAS), burnt(learnt(1))
    left.plot(exact.times * 1e6, exact.states[:, -1], "k--", lw=1, label="exact")
    left.plot(own.times * 1e6, own.states[:, -1], "C0.", ms=3, label="steps with what is learnt")
    left.set(xlabel="time (µs)", ylabel="temperature (K)", xlim=(0, 120))
    left.legend(frameon=False)
    for order, name in ((1, "from values and slopes"), (0, "from values")):
        ratio = [growth(learnt(order), T) / growth(GAS, T) for T in TEMPERATURES]
        right.plot(TEMPERATURES, ratio, f"C{1 - order}o-", ms=3, label=name)
    right.axhline(1.0, color="k", lw=0.5)
    right.set(xlabel="temperature (K)", ylabel="growth of radicals over exact")
    right.legend(frameon=False)
    return picture


if __name__ == "__main__":
    main()
