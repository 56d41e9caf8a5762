"""Every kind of `Function` of the house, small, by name: a new one is a line here."""

from functools import cache

import jax.numpy as jnp
import numpy as np
import sources_made
from ase import Atoms
from ase.calculators.emt import EMT
from helpers import hessians, jacobians, net, table, values

from sobolev import GEK, Box, Ensemble, Surrogate, dynamics, fem, laplace, problems, sources
from sobolev.equations import Eulerian, Solution
from sobolev.function import Sum, of_callable, of_jax
from sobolev.identification import Polynomials, identify
from sobolev.losses import Equation, LeastSquaresLayer, Uniform, by_names
from sobolev.networks import MLP

BOX = Box(("a", "b"), (-1, 0), (2, 1), ("mm", "K"))


def _returned(x):
    return values(x[None])[0], jacobians(x[None])[0], hessians(x[None])[0]


def _traced(x):
    a, b = x
    return jnp.stack([jnp.sin(1.3 * a) + a * b**2, jnp.exp(b / 2) - a**2 * b / 2])


def _two():
    return Ensemble((net(table(outputs=2)), net(table(outputs=2), key=1)), (0, 1))


def _layer():
    grows = by_names(BOX, "u")(lambda u, b: u.a + b * u - 1.0)
    return LeastSquaresLayer(Equation("grows", grows, Uniform(BOX, 8)), "b")


MAKERS = {
    "ishigami": problems.Ishigami,
    "beam": problems.BeamDeflection,
    "cantilever": lambda: problems.Cantilever(divisions=2),
    "plate": lambda: problems.PlateWithHole("linear", divisions=2),
    "truss": lambda: problems.Truss(
        ((0, 1), (0, 0), (1, 0)),
        ((0, 2), (1, 2)),
        ((0, 0), (0, 1), (1, 0), (1, 1)),
        ((2, 1, -1.0),),
        modulus=2.0,
        density=1.0,
        areas=(1.0, 4.0),
    ),
    "finite elements": lambda: problems.Cantilever(divisions=2).model,
    "side by side": lambda: fem.SideBySide(problems.Cantilever(divisions=2).model),
    "a function as a problem": lambda: problems.FunctionProblem(_returned, BOX, ("u", "v")),
    "callable": lambda: of_callable(_returned, BOX, ("u", "v"), ("N", "")),
    "jax": lambda: of_jax(_traced, BOX, ("u", "v")),
    "program": sources_made.driven,
    "trajectory": lambda: dynamics.Trajectory(
        dynamics.holding(
            dynamics.Duffing(), dict.fromkeys(("x0", "v0", "cubic", "stiffness"), 1.0)
        ),
        dynamics.Sampled([1.0, 2.0], lambda t, x, p: x[:1], ("x",)),
        dynamics.Explicit(most=64),
    ),
    "reactions": lambda: dynamics.Reactions(
        of_jax(lambda x: jnp.stack([x[0] + x[1], 2 * x[1]]), ("ln a", "ln b"), ("p", "q")),
        [[-1, 2], [1, -1]],
        ("a", "b"),
        box=Box(("a", "b"), (0.1, 0.5), (1, 2)),
    ),
    "sum": lambda: Sum((of_callable(_returned, BOX, ("u", "v")), of_jax(_traced, BOX, ("u", "v")))),
    "um-bridge": sources_made.bridged,
    "calculator": lambda: sources.Calculated(
        Atoms("Cu3", ((0, 0, 0), (2.3, 0, 0), (1, 2.1, 0)), calculator=EMT())
    ),
    "surrogate": lambda: net(table(outputs=2)),
    "surrogate on a box": lambda: Surrogate.on(BOX, ("u", "v"), MLP((4,))),
    "transported": lambda: Eulerian(
        Surrogate.on(BOX, ("d", "u"), MLP((4,)), output_scale=(0.1, 1.0)),
        input="a",
        box=Box(("a", "b"), (-0.5, 0), (1.5, 1), ("mm", "K")),
    ),
    "solved": lambda: Solution(Surrogate.on(BOX, ("p", "q"), MLP((4,))), _layer()),
    "law": lambda: identify(table(outputs=2), Polynomials(2)),
    # The other kernel is so ill-conditioned that a row alone differs from itself among others by
    # 4e-10, or more on another BLAS.
    "kriging": lambda: GEK.of(table(outputs=2), kernel="matern52"),
    "ensemble": _two,
    "laplace": lambda: laplace(net(table()), table()),
}


@cache
def made(name):
    return MAKERS[name]()


def some_points(function, n=5):
    box = function.box
    return box.from_unit(np.random.default_rng(3).random((n, box.dimension)))
