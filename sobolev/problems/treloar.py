"""Treloar's tests of vulcanised rubber, and the paths in strain along which they go."""

from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

# 1 kg/cm² in MPa
_KG_PER_CM2 = 0.0980665


class RubberTest(NamedTuple):
    """A test of an incompressible rubber: nominal `stress [n]` in MPa at `stretch [n]` λ.

    The principal stretches are λ to the `exponents`; so many `faces` are pulled, and so the energy
    of a volume grows by W′(λ) = faces · stress: a derivative of W along the path, in which the
    unknown pressure does no work.
    """

    stretch: Float[np.ndarray, " n"]
    stress: Float[np.ndarray, " n"]
    exponents: tuple[float, float, float]
    faces: int

    def path(
        self, stretch: Float[np.ndarray, " n"] | None = None
    ) -> tuple[Float[np.ndarray, "n 9"], Float[np.ndarray, "n 9"]]:
        """Displacement gradients H = F - 1, row by row, and dH/dλ there: `jvp` is W′ along them.

        ```python
        x, v = TRELOAR["uniaxial"].path()
        ```
        """
        λ, e = self.stretch if stretch is None else stretch, np.array(self.exponents)
        H, slopes = np.zeros((len(λ), 3, 3)), np.zeros((len(λ), 3, 3))
        # λ^e - 1 with the digits of a small strain
        diagonal = np.arange(3)
        H[:, diagonal, diagonal] = np.expm1(e * np.log(λ)[:, None])
        slopes[:, diagonal, diagonal] = e * λ[:, None] ** (e - 1)
        return H.reshape(-1, 9), slopes.reshape(-1, 9)


def _rows(table: str, unit: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    numbers = np.array([pair.split() for pair in table.split(",")], float)
    return numbers[:, 0], unit * numbers[:, 1]


# Rubber with 8 parts of sulphur at 20 °C, after L. R. G. Treloar, Trans. Faraday Soc. 40 (1944) 59,
# 10.1039/TF9444000059, loading branches. The tables are readings of its figures, each as in two
# public copies: uniaxial (kg/cm²) as in felupe's example 14 and github.com/Chongran-Zhao/
# Hyperelastic-fitting; pure shear and equibiaxial (MPa) as there and in github.com/3MAH/simcoon.
# Readings by others differ by 1 to 4 %, so that fits and R² depend on the copy.
TRELOAR: MappingProxyType[str, RubberTest] = MappingProxyType(
    {
        "uniaxial": RubberTest(
            *_rows(
                "1.02 .26, 1.125 1.37, 1.24 2.30, 1.39 3.23, 1.585 4.16, 1.9 5.10, 2.18 6.0,"
                "2.42 6.9, 3.02 8.8, 3.57 10.7, 4.03 12.5, 4.76 16.2, 5.36 19.9, 5.75 23.6,"
                "6.15 27.4, 6.4 31.0, 6.6 34.8, 6.85 38.5, 7.05 42.1, 7.15 45.8, 7.25 49.6,"
                "7.4 53.3, 7.5 57.0, 7.6 64.4",
                _KG_PER_CM2,
            ),
            (1.0, -0.5, -0.5),
            1,
        ),
        "pure shear": RubberTest(
            *_rows(
                "1.06 .07, 1.14 .16, 1.21 .24, 1.32 .33, 1.46 .42, 1.87 .59, 2.40 .76, 2.98 .93,"
                "3.48 1.11, 3.96 1.28, 4.36 1.46, 4.69 1.62, 4.96 1.79"
            ),
            (1.0, 0.0, -1.0),
            1,
        ),
        "equibiaxial": RubberTest(
            *_rows(
                "1.04 .09, 1.08 .16, 1.12 .24, 1.14 .26, 1.20 .33, 1.31 .44, 1.42 .51, 1.69 .65,"
                "1.94 .77, 2.49 .96, 3.03 1.24, 3.43 1.45, 3.75 1.72, 4.03 1.96, 4.26 2.22,"
                "4.44 2.43"
            ),
            (1.0, 1.0, -2.0),
            2,
        ),
    }
)
