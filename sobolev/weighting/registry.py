"""The schemes by name, for settings files, the command line, and sweeps."""

import difflib
import inspect
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from sobolev._errors import ConfigError
from sobolev.weighting.aligned import AlignedMTL
from sobolev.weighting.cagrad import CAGrad
from sobolev.weighting.config import ConFIG
from sobolev.weighting.dualproj import DualProj
from sobolev.weighting.dynamic_average import DynamicWeightAverage
from sobolev.weighting.fairgrad import FairGrad
from sobolev.weighting.famo import FAMO
from sobolev.weighting.fixed import InverseEnergy, Unweighted
from sobolev.weighting.grad_norm import GradNorm
from sobolev.weighting.gradvac import GradVac
from sobolev.weighting.imtl import IMTLG
from sobolev.weighting.inverse_dirichlet import InverseDirichlet
from sobolev.weighting.inverse_norm import InverseNorm
from sobolev.weighting.kl_simplex import KLSimplex
from sobolev.weighting.log_sum import LogSum
from sobolev.weighting.mgda import MGDA
from sobolev.weighting.nash import NashMTL
from sobolev.weighting.pcgrad import PCGrad
from sobolev.weighting.protocol import Weighting
from sobolev.weighting.random_weights import RandomWeights
from sobolev.weighting.rate_annealing import RateAnnealing
from sobolev.weighting.relobralo import ReLoBRaLo
from sobolev.weighting.settings import said
from sobolev.weighting.sketched import Sketched
from sobolev.weighting.soft_adapt import SoftAdapt
from sobolev.weighting.tangent_kernel import TangentKernel
from sobolev.weighting.tchebycheff import SmoothTchebycheff
from sobolev.weighting.trained import CosineDistance, LossMax
from sobolev.weighting.uncertain import Uncertainty
from sobolev.weighting.upgrad import UPGrad
from sobolev.weighting.variation import CoefficientOfVariation


def _sketched_inverse_norm(vectors: int = 4, decay: float = 0.9) -> Weighting:
    return Sketched(InverseNorm(), vectors, decay)


# Every scheme that need not be told about single terms; what they take otherwise has a default.
SCHEMES: Mapping[str, Callable[..., Weighting]] = MappingProxyType(
    {
        "unweighted": Unweighted,
        "inverse-energy": InverseEnergy,
        "inverse-norm": InverseNorm,
        "sketched-inverse-norm": _sketched_inverse_norm,
        "loss-max": LossMax,
        "cosine-own": partial(CosineDistance, "own"),
        "cosine-sum": partial(CosineDistance, "sum"),
        "cosine-max": partial(CosineDistance, "max"),
        "kl-simplex": KLSimplex,
        "tchebycheff": SmoothTchebycheff,
        "log-sum": LogSum,
        "uncertainty": Uncertainty,
        "soft-adapt": SoftAdapt,
        "dwa": DynamicWeightAverage,
        "relobralo": ReLoBRaLo,
        "cov": CoefficientOfVariation,
        "famo": FAMO,
        "random": RandomWeights,
        "grad-norm": GradNorm,
        "rate-annealing": RateAnnealing,
        "inverse-dirichlet": InverseDirichlet,
        "tangent-kernel": TangentKernel,
        "config": ConFIG,
        "imtl-g": IMTLG,
        "mgda": MGDA,
        "nash": NashMTL,
        "fairgrad": FairGrad,
        "aligned": AlignedMTL,
        "upgrad": UPGrad,
        "dualproj": DualProj,
        "pcgrad": PCGrad,
        "gradvac": GradVac,
        "cagrad": CAGrad,
    }
)


def by_name(name: str, **settings: object) -> Weighting:
    """The scheme of this name, with its defaults or other settings.

    **Arguments:** `name`, a key of `SCHEMES`, with hyphens or underscores; `settings`, the
    arguments of the scheme by their names. Schemes that are told about single terms
    (`AugmentedLagrangian`, `DCGD`, `Fixed`, `Scheduled`, ...) have no name here. Raises
    `ConfigError`.

    ```python
    sobolev.weighting.by_name("relobralo", temperature=0.5)
    list(sobolev.weighting.SCHEMES)    # the names there are
    ```
    """
    make = SCHEMES[check_name(name)]
    try:
        inspect.signature(make).bind(**settings)
    except TypeError as error:
        known = ", ".join(inspect.signature(make).parameters) or "nothing"
        raise ConfigError(f"the weighting {name} takes {known}: {error}.") from error
    return make(**settings)


def check_name(name: str) -> str:
    """The name with hyphens; `ConfigError` with the one that may be meant where there is none."""
    wanted = name.replace("_", "-") if isinstance(name, str) else ""
    if wanted in SCHEMES:
        return wanted
    close = difflib.get_close_matches(wanted, SCHEMES, n=1)
    guess = f", did you mean '{close[0]}'?" if close else ":"
    raise ConfigError(f"unknown weighting {said(name)}{guess} known are {', '.join(SCHEMES)}.")
