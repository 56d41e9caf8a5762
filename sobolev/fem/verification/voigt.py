"""Symmetric tensors as six numbers: which component stands where, and what a shear is."""

import numpy as np

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError

ABAQUS = ("11", "22", "33", "12", "13", "23")


class Voigt:
    """An order of six components, such as 11 22 33 12 13 23; strains have engineering shear γ.

    Raises `ConfigError` for an order that is not one of the six components.
    """

    def __init__(self, order: tuple[str, ...] = ABAQUS):
        plain = {"".join(sorted(str(each))) for each in order}
        if len(order) != 6 or plain != set(ABAQUS):
            raise ConfigError(
                "order holds the six components 11 22 33 12 13 23 in any order: got "
                f"{shown(order)}."
            )
        self.order = tuple(map(str, order))
        self.places = tuple((int(each[0]) - 1, int(each[1]) - 1) for each in self.order)
        self.shear = np.array([i != j for i, j in self.places])

    def stress(self, tensor: np.ndarray) -> np.ndarray:
        """`[..., 6]` of `[..., 3, 3]`."""
        return np.stack([(tensor[..., i, j] + tensor[..., j, i]) / 2 for i, j in self.places], -1)

    def strain(self, tensor: np.ndarray) -> np.ndarray:
        """`[..., 6]` of `[..., 3, 3]`, shears twice."""
        return self.stress(tensor) * np.where(self.shear, 2.0, 1.0)

    def tensor(self, stress: np.ndarray) -> np.ndarray:
        """`[..., 3, 3]` of a stress `[..., 6]`."""
        made = np.zeros((*stress.shape[:-1], 3, 3))
        for k, (i, j) in enumerate(self.places):
            made[..., i, j] = made[..., j, i] = stress[..., k]
        return made

    def strain_tensor(self, strain: np.ndarray) -> np.ndarray:
        """`[..., 3, 3]` of a strain `[..., 6]`."""
        return self.tensor(strain / np.where(self.shear, 2.0, 1.0))

    def moduli(self, matrix: np.ndarray) -> np.ndarray:
        """C `[3, 3, 3, 3]` of ∂σ/∂(ε, γ) `[6, 6]`."""
        made = np.zeros((3, 3, 3, 3))
        for a, (i, j) in enumerate(self.places):
            for b, (k, n) in enumerate(self.places):
                made[i, j, k, n] = made[j, i, k, n] = matrix[a, b]
                made[i, j, n, k] = made[j, i, n, k] = matrix[a, b]
        return made

    def unit(self, k: int) -> np.ndarray:
        """The strain tensor `[3, 3]` of ε or γ = 1 in component k."""
        return self.strain_tensor(np.eye(6)[k])
