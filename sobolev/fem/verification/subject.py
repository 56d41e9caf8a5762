"""What is verified: whatever says a stress, and a tangent of its own, at a point."""

import abc
from typing import NamedTuple

import numpy as np


class Halt(Exception):
    """A routine can be asked no more; the sentence says why. `kind` is that of the finding."""

    def __init__(self, kind: str, sentence: str):
        super().__init__(sentence)
        self.kind, self.sentence = kind, sentence


class Situation(NamedTuple):
    """Where a tangent is compared: at `strain` from the state `start`, which is of some `scale`.

    `strain [c, k]` is a displacement gradient, with values in a last column of laws that see them.
    """

    name: str
    strain: np.ndarray
    start: np.ndarray
    scale: float
    step: float

    def nearer(self, factor: float) -> "Situation":
        """The same, but so much nearer to rest."""
        return self._replace(strain=self.strain * factor)


class Subject(abc.ABC):
    """A stress of points, a tangent, a state, all flat; members say what they mean.

    A point is a vector; `stresses` are functions of it, the columns of the tangent their
    derivatives along `moved`. `measure` is "nominal" (P of F), "kirchhoff" (J σ of F), "small"
    (σ of ε), or "other" (no stress of a solid).
    """

    name: str
    measure: str
    rows: tuple[str, ...]  # what the stresses are called
    columns: tuple[str, ...]  # what the tangent is the derivative by
    shape: tuple[int, int]  # of a strain
    start: np.ndarray  # the state at the beginning
    history: bool
    symmetric: bool | None  # None: nothing is claimed
    has_energy: bool = False
    differentiable: bool = False  # whether there are second derivatives
    hint: str = ""  # what to look at where there is no stress

    @property
    def finite(self) -> bool:
        """Whether it is of finite strain."""
        return self.measure in ("nominal", "kirchhoff")

    @abc.abstractmethod
    def point(self, strain: np.ndarray, start: np.ndarray) -> np.ndarray:
        """The point of a displacement gradient, reached from a state."""

    def moved(self, point: np.ndarray, column: int, h: float) -> np.ndarray:
        """The point, moved by h along a column of the tangent."""
        made = point.copy()
        made[column] += h
        return made

    @abc.abstractmethod
    def respond(
        self, points: np.ndarray, start: np.ndarray, step: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """(stresses [N, m], new states [N, s]); NaN where there are none."""

    def branch(self, states: np.ndarray, start: np.ndarray) -> np.ndarray:
        """Which numbers of new states `[..., s]` differ from those before: which way was taken."""
        return states != start

    @abc.abstractmethod
    def tangent(self, point: np.ndarray, start: np.ndarray, step: float) -> np.ndarray:
        """∂ stresses / ∂ columns `[m, n]`, as the law says it."""

    def bend(
        self, point: np.ndarray, along: np.ndarray, start: np.ndarray, step: float
    ) -> np.ndarray:
        """The derivative of the tangent along a direction, of one that has second derivatives."""
        raise NotImplementedError

    def energies(self, points: np.ndarray) -> np.ndarray:
        """ψ `[N]`, of one that has an energy."""
        raise NotImplementedError

    def conjugate(self, points: np.ndarray, stresses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(a, z) `[N, k]` whose product a · dz is work."""
        return stresses, points

    @abc.abstractmethod
    def stress(self, stresses: np.ndarray) -> np.ndarray:
        """The tensor of one vector of stresses, of a solid."""

    @abc.abstractmethod
    def moduli(self, tangent: np.ndarray, stresses: np.ndarray) -> np.ndarray:
        """A_iJkL `[d, d, d, d]` of the acoustic tensor A_iJkL n_J n_L, of a solid."""

    def deformation(self, point: np.ndarray) -> np.ndarray:
        """F `[d, d]` of a solid of finite strain."""
        raise NotImplementedError

    def unseen(self, points: np.ndarray) -> float:
        """How much it sees of what it says it does not, in stresses."""
        return 0.0

    def close(self) -> None:  # noqa: B027 - most have nothing to end
        """End what was started for it."""
