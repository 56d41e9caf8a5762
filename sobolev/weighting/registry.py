"""The schemes by name, for settings files, the command line, and sweeps."""

import difflib
import inspect
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.weighting.around.sketched import Sketched
from sobolev.weighting.protocol import Weighting
from sobolev.weighting.schemes.by_angle.aligned import AlignedMTL
from sobolev.weighting.schemes.by_angle.cagrad import CAGrad
from sobolev.weighting.schemes.by_angle.config import ConFIG
from sobolev.weighting.schemes.by_angle.dualproj import DualProj
from sobolev.weighting.schemes.by_angle.fairgrad import FairGrad
from sobolev.weighting.schemes.by_angle.gradvac import GradVac
from sobolev.weighting.schemes.by_angle.imtl import IMTLG
from sobolev.weighting.schemes.by_angle.mgda import MGDA
from sobolev.weighting.schemes.by_angle.nash import NashMTL
from sobolev.weighting.schemes.by_angle.pcgrad import PCGrad
from sobolev.weighting.schemes.by_angle.upgrad import UPGrad
from sobolev.weighting.schemes.by_loss.dynamic_average import DynamicWeightAverage
from sobolev.weighting.schemes.by_loss.famo import FAMO
from sobolev.weighting.schemes.by_loss.kl_simplex import KLSimplex
from sobolev.weighting.schemes.by_loss.log_sum import LogSum
from sobolev.weighting.schemes.by_loss.relobralo import ReLoBRaLo
from sobolev.weighting.schemes.by_loss.soft_adapt import SoftAdapt
from sobolev.weighting.schemes.by_loss.tchebycheff import SmoothTchebycheff
from sobolev.weighting.schemes.by_loss.uncertainty import Uncertainty
from sobolev.weighting.schemes.by_loss.variation import CoefficientOfVariation
from sobolev.weighting.schemes.by_size.grad_norm import GradNorm
from sobolev.weighting.schemes.by_size.inverse_dirichlet import InverseDirichlet
from sobolev.weighting.schemes.by_size.inverse_norm import InverseNorm
from sobolev.weighting.schemes.by_size.rate_annealing import RateAnnealing
from sobolev.weighting.schemes.by_size.tangent_kernel import TangentKernel
from sobolev.weighting.schemes.fixed.fixed import InverseEnergy, Unweighted
from sobolev.weighting.schemes.fixed.random_weights import RandomWeights
from sobolev.weighting.schemes.trained.trained import CosineDistance, LossMax


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
    raise ConfigError(f"unknown weighting {shown(name)}{guess} known are {', '.join(SCHEMES)}.")
