"""A law of `fem` as what is verified: its tangent is what the solve differentiates out of it."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from sobolev._base.compiled import SELDOM, jitted
from sobolev._base.errors import ConfigError, SobolevError
from sobolev.fem.laws.answer import dual_of, energy_of
from sobolev.fem.laws.law import Law, Point
from sobolev.fem.values import Parameters, evaluate, fill, levels, split
from sobolev.fem.verification.subject import Subject

TOGETHER = 80  # points in one call: one program serves stencils, cycles and rotations

# What a program is compiled for: the law without its numbers, its fields, its dimensions.
Static = tuple[Any, int, int]


class OfLaw(Subject):
    """A law with numbers for constants. Raises `ConfigError` for one without derivatives."""

    differentiable = True

    def __init__(self, law: Law, dimension: int):
        skeleton, numbers = split(law)
        if any(levels(skeleton)):
            raise ConfigError("give numbers for constants that depend on the cell or the place.")
        traits = law.traits()
        self.name, self.has_energy = type(law).__name__, traits.energy
        self.history, self.symmetric = traits.history, traits.symmetric
        self._d = d = traits.dimension or dimension
        self._c = c = law.components(d)
        self._constants = evaluate(skeleton, numbers, Parameters((), np.zeros(0)))
        self._static = skeleton, c, d
        solid = c == d and not traits.uses_value and (traits.finite or traits.dimension is not None)
        self.measure = ("nominal" if traits.finite else "small") if solid else "other"
        self.shape = c, d + traits.uses_value
        every = np.arange(c * (d + 1)).reshape(c, d + 1)
        self._active = every[:, : self.shape[1]].ravel()
        self.rows, self.columns = _names(c, d, traits)
        self.start = np.asarray(ravel_pytree(law.start())[0], float)

    def point(self, strain: np.ndarray, start: np.ndarray) -> np.ndarray:
        """The gradient, and the values of a law that sees them."""
        return strain.ravel()

    def _whole(self, points, values=0.0):
        made = np.full((len(points), self._c * (self._d + 1)), values)
        made[:, self._active] = points
        return made

    def respond(
        self, points: np.ndarray, start: np.ndarray, step: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """By one program, some points at once."""
        flux, states = self._dual(self._whole(points), start, step)
        return flux[:, self._active], states

    def _dual(self, points, start, step):
        parts = []
        for k in range(0, len(points), TOGETHER):
            some = points[k : k + TOGETHER]
            padded = np.vstack([some, np.repeat(some[:1], TOGETHER - len(some), 0)])
            flux, states = _duals(self._static, self._constants, padded, start, float(step))
            parts.append((np.asarray(flux)[: len(some)], np.asarray(states)[: len(some)]))
        return tuple(np.concatenate(each) for each in zip(*parts, strict=True))

    def unseen(self, points: np.ndarray) -> float:
        """How much a law that says it sees no values, sees of them; in stresses."""
        if len(self._active) == self._c * (self._d + 1):
            return 0.0
        one, other = (
            self._dual(self._whole(points, value), self.start, 1.0)[0] for value in (0.0, 0.37)
        )
        beside = np.setdiff1d(np.arange(one.shape[1]), self._active)
        return float(max(np.abs(one - other).max(), np.abs(one[:, beside]).max()))

    def tangent(self, point: np.ndarray, start: np.ndarray, step: float) -> np.ndarray:
        """As the solve has it, by forward differentiation."""
        whole = self._whole(point[None])[0]
        try:
            slope = _slope(self._static, self._constants, whole, start, float(step))
        except Exception as error:
            raise _without(self.name, error) from error
        return np.asarray(slope)[np.ix_(self._active, self._active)]

    def bend(
        self, point: np.ndarray, along: np.ndarray, start: np.ndarray, step: float
    ) -> np.ndarray:
        """By differentiating twice."""
        whole, way = self._whole(np.stack([point, along]))
        try:
            bend = _bend(self._static, self._constants, whole, way, start, float(step))
        except Exception as error:
            raise _without(f"the tangent of {self.name}", error) from error
        return np.asarray(bend)[np.ix_(self._active, self._active)]

    def energies(self, points: np.ndarray) -> np.ndarray:
        """ψ of the law."""
        parts = []
        for k in range(0, len(points), TOGETHER):
            some = self._whole(points[k : k + TOGETHER])
            padded = np.vstack([some, np.repeat(some[:1], TOGETHER - len(some), 0)])
            parts.append(np.asarray(_energies(self._static, self._constants, padded))[: len(some)])
        return np.concatenate(parts)

    def stress(self, stresses: np.ndarray) -> np.ndarray:
        """P."""
        return stresses.reshape(self._d, self._d)

    def moduli(self, tangent: np.ndarray, stresses: np.ndarray) -> np.ndarray:
        """∂P/∂H."""
        return tangent.reshape((self._d,) * 4)

    def deformation(self, point: np.ndarray) -> np.ndarray:
        """1 + H."""
        return np.eye(self._d) + point.reshape(self._d, self._d)


def _without(name, error):
    """It has answered before: what fails now is the derivative of it."""
    if isinstance(error, SobolevError):  # `told` says whose fault it is, and of what
        if error.__cause__ is None:
            return error
        error = error.__cause__
    reason = " ".join((str(error).splitlines() or [""])[0].split()).rstrip(".")
    return ConfigError(
        f"{name} has no derivative ({type(error).__name__}: {reason}): write it with jax.numpy, or "
        "give it with a tangent of its own, fem.Routine(...)."
    )


def _names(c, d, traits):
    rows, columns = [], []
    for i in range(1, c + 1):
        who = "" if c == 1 else str(i)
        kind, by = ("P", "F") if traits.finite else ("σ", "ε")
        if c != d or traits.dimension is None:
            kind, by = "P", "H"
        rows += [f"{kind}{who}{j}" for j in range(1, d + 1)]
        columns += [f"{by}{who}{j}" for j in range(1, d + 1)]
        if traits.uses_value:
            rows.append(f"b{who}")
            columns.append(f"u{who}")
    return tuple(rows), tuple(columns)


def _dual(static: Static, constants, z, start, step):
    skeleton, c, d = static
    law = fill(skeleton, constants)
    _, unravel = ravel_pytree(law.start())
    g = z.reshape(c, d + 1)
    at = Point(g[:, d], g[:, :d], jnp.arange(1.0, d + 1), 1.0, step)
    (P, b, *_), new = dual_of(law, at, unravel(start))
    return jnp.concatenate([P, b[:, None]], 1).ravel(), ravel_pytree(new)[0] * 1.0


@jitted(SELDOM)
def _duals(static: Static, constants, points, start, step):
    return jax.vmap(lambda z: _dual(static, constants, z, start, step))(points)


def _tangent(static, constants, z, start, step):
    return jax.jacfwd(lambda z: _dual(static, constants, z, start, step)[0])(z)


@jitted(SELDOM)
def _slope(static: Static, constants, z, start, step):
    return _tangent(static, constants, z, start, step)


@jitted(SELDOM)
def _bend(static: Static, constants, z, along, start, step):
    return jax.jvp(lambda z: _tangent(static, constants, z, start, step), (z,), (along,))[1]


@jitted(SELDOM)
def _energies(static: Static, constants, points):
    skeleton, c, d = static

    def energy(z):
        g = z.reshape(c, d + 1)
        at = Point(g[:, d], g[:, :d], jnp.arange(1.0, d + 1), 1.0, 1.0)
        return energy_of(fill(skeleton, constants), at)

    return jax.vmap(energy)(points)
