"""The problems that have a name: one more is one more line here."""

from collections.abc import Mapping

import numpy as np

from sobolev._base.errors import ConfigError
from sobolev.equations.allen_cahn import AllenCahn, PeriodicAllenCahn
from sobolev.equations.boundary_value_problem import BoundaryValueProblem
from sobolev.equations.burgers import Burgers, MovingBurgers
from sobolev.equations.diffusion import Heat, Transport
from sobolev.equations.elliptic import Helmholtz, Poisson, ResonantHelmholtz
from sobolev.equations.hyperbolic import KleinGordon, LongKleinGordon, Wave

# Several have one name in the literature: a letter or number tells them apart.
CATALOGUE: Mapping[str, BoundaryValueProblem] = {
    "burgers-a": Burgers(0.01 / np.pi),
    "burgers-b": Burgers(0.01),
    "burgers-c": MovingBurgers(),
    "allen-cahn-1": PeriodicAllenCahn(),
    "allen-cahn-2": AllenCahn(),
    "klein-gordon-w": KleinGordon(),
    "klein-gordon-x": LongKleinGordon(),
    "helmholtz-w": Helmholtz(),
    "helmholtz-x": ResonantHelmholtz(),
    "poisson-2d": Poisson(2),
    "wave": Wave(),
    "heat": Heat(),
    "convection": Transport(),
    "convection-diffusion": Transport(viscosity=0.01),
}


def by_name(name: str) -> BoundaryValueProblem:
    """The problem of that name; `ConfigError`.

    ```python
    print(by_name("burgers-a").statement)
    ```
    """
    if name not in CATALOGUE:
        raise ConfigError(f"there is no equation '{name}': give one of {', '.join(CATALOGUE)}.")
    return CATALOGUE[name]
