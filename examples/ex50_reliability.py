"""How safe is a beam: FORM of OpenTURNS on a surrogate, and what slopes save it.

A cantilever of six segments, whose heights, stiffness and load scatter, fails when its tip moves by
more than 8 mm. OpenTURNS looks for the most probable failure by the slopes that it is given; by
differences it asks the model 16 times for each. A surrogate, trained on 64 solves with slopes,
finds the same distance β and design point, and then answers 400 000 samples in one go.
"""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import openturns as ot
from matplotlib.figure import Figure

from sobolev import Box, Surrogate, bridges, fit, function, generate, networks
from sobolev.designs import sobol
from sobolev.optimisers import LevenbergMarquardt

jax.config.update("jax_enable_x64", True)

SEGMENTS, LIMIT, SAMPLES = 6, 8.0, 400_000
NAMES = (*(f"h{k}" for k in range(1, SEGMENTS + 1)), "E", "F")
MEAN = np.array([*[60.0] * SEGMENTS, 70.0, 1.0])
DEVIATION = MEAN * np.array([*[0.04] * SEGMENTS, 0.05, 0.15])
UNITS = (*["mm"] * SEGMENTS, "GPa", "kN")
BOX = Box(NAMES, MEAN - 4 * DEVIATION, MEAN + 4 * DEVIATION, UNITS)
EXPECTED = {
    "β of the true function": (3.479, 1e-3),
    "β of the surrogate": (3.479, 5e-3),
    "calls of the true function, with slopes": (19, 0.1),
    "calls of the true function, by differences": (109, 0.1),
    "how far the design points are apart, in deviations": (0.03, 2.0),
    "probability of failure, FORM / samples": (0.85, 0.3),
}


def tip(x):
    """u = Σ F (a³ − b³)/(3 E I) of segments from a to b before the tip, 56 mm wide."""
    heights, modulus, load = x[:SEGMENTS], 1e3 * x[SEGMENTS], 1e3 * x[SEGMENTS + 1]
    ends = jnp.linspace(1000.0, 0.0, SEGMENTS + 1)
    inertia = 56 * heights**3 / 12
    return jnp.sum(load * (ends[:-1] ** 3 - ends[1:] ** 3) / (3 * modulus * inertia))[None]


def inputs():
    pairs = zip(MEAN.tolist(), DEVIATION.tolist(), strict=True)
    return ot.JointDistribution([ot.Normal(*pair) for pair in pairs])


def form(g):
    """β, the design point in deviations, and the probability of failure."""
    vector = ot.CompositeRandomVector(g, ot.RandomVector(inputs()))
    solver = ot.AbdoRackwitz()
    solver.setStartingPoint(MEAN)
    found = ot.FORM(solver, ot.ThresholdEvent(vector, ot.Greater(), LIMIT))
    found.run()
    result = found.getResult()
    point = (np.array(result.getPhysicalSpaceDesignPoint()) - MEAN) / DEVIATION
    return result.getHasoferReliabilityIndex(), point, result.getEventProbability()


@cache
def solved():
    beam, calls = function.of_jax(tip, BOX, ("tip",), ("mm",)), {"slopes": 0, "differences": 0}

    def asked(x):
        calls["slopes"] += 1
        return tuple(beam.derivatives(x, 1))

    def alone(x):
        calls["differences"] += 1
        return beam.value(np.array(x))

    counted = function.of_callable(asked, BOX, ("tip",), ("mm",), order=1)
    data = generate(beam, sobol(64))
    start = Surrogate.new(data, networks.MLP((12,)))
    surrogate = fit(start, data, optimiser=LevenbergMarquardt(), epochs=150).surrogate
    found = {
        "true": form(bridges.openturns_function(counted)),
        "surrogate": form(bridges.openturns_function(surrogate)),
        "differences": form(ot.PythonFunction(len(NAMES), 1, alone)),
    }
    ot.RandomGenerator.SetSeed(0)
    many = bridges.openturns_function(surrogate, outside="answer")
    sampled = np.mean(np.array(many(inputs().getSample(SAMPLES))) > LIMIT)
    return found, calls, sampled


def main():
    found, calls, sampled = solved()
    apart = np.linalg.norm(found["surrogate"][1] - found["true"][1])
    numbers = {
        "β of the true function": found["true"][0],
        "β of the surrogate": found["surrogate"][0],
        "calls of the true function, with slopes": calls["slopes"],
        "calls of the true function, by differences": calls["differences"],
        "how far the design points are apart, in deviations": apart,
        "probability of failure, FORM / samples": found["surrogate"][2] / sampled,
    }
    for what, number in numbers.items():
        print(f"{what}: {number:.4g}")
    return numbers


def figure():
    found, calls, _ = solved()
    picture = Figure(figsize=(7, 3.2), layout="constrained")
    left, right = picture.subplots(1, 2, width_ratios=(2, 1))
    places = np.arange(len(NAMES))
    left.bar(places - 0.2, found["true"][1], 0.4, label="true function")
    left.bar(places + 0.2, found["surrogate"][1], 0.4, label="surrogate")
    left.set_xticks(places, NAMES)
    left.set_xlabel("input")
    left.set_ylabel("design point (deviations)")
    left.legend()
    right.bar(["slopes", "differences"], [calls["slopes"], calls["differences"]])
    right.set_xlabel("FORM by")
    right.set_ylabel("calls of the model")
    picture.suptitle("The most probable failure, by OpenTURNS")
    return picture


if __name__ == "__main__":
    main()
