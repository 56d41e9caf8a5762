"""The schemes by name, for settings files, the command line, comparisons and sweeps.

The one list of them is `CLASSES`: one more is one more line in it. Each carries its own name.
"""

import difflib
import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.weighting.scheme import Scheme
from sobolev.weighting.schemes.by_angle.aligned import AlignedMTL
from sobolev.weighting.schemes.by_angle.cagrad import CAGrad
from sobolev.weighting.schemes.by_angle.config import ConFIG
from sobolev.weighting.schemes.by_angle.dcgd import DCGD
from sobolev.weighting.schemes.by_angle.dualproj import DualProj
from sobolev.weighting.schemes.by_angle.fairgrad import FairGrad
from sobolev.weighting.schemes.by_angle.gradvac import GradVac
from sobolev.weighting.schemes.by_angle.imtl import IMTLG
from sobolev.weighting.schemes.by_angle.mgda import MGDA
from sobolev.weighting.schemes.by_angle.nash import NashMTL
from sobolev.weighting.schemes.by_angle.pcgrad import PCGrad
from sobolev.weighting.schemes.by_angle.upgrad import UPGrad
from sobolev.weighting.schemes.by_loss.augmented_lagrangian import AugmentedLagrangian
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
from sobolev.weighting.schemes.fixed.fixed import Fixed, InverseEnergy, Unweighted
from sobolev.weighting.schemes.fixed.random_weights import RandomWeights
from sobolev.weighting.schemes.fixed.replay import Replay
from sobolev.weighting.schemes.fixed.scheduled import Scheduled, TiedToRate
from sobolev.weighting.schemes.trained.trained import CosineDistance, LossMax
from sobolev.weighting.wrappers.bounded import Bounded
from sobolev.weighting.wrappers.cadence import Every, Frozen, Smoothed, Warmup
from sobolev.weighting.wrappers.chain import Chain
from sobolev.weighting.wrappers.normalised import Normalised
from sobolev.weighting.wrappers.sketched import Sketched

# The folders under `sobolev.weighting` whose schemes have names, and what those look at.
FAMILIES = {
    "fixed": "nothing, the energies or chance",
    "by_loss": "the losses",
    "by_size": "the gradient of each term, its size",
    "by_angle": "the angles between these gradients",
    "trained": "losses or angles, with weights that are trained",
    "wrappers": "an estimate of these sizes",
}


# Every scheme of the house, family by family; those around others come last.
CLASSES: tuple[type[Scheme], ...] = (
    Fixed, Unweighted, InverseEnergy, RandomWeights, Replay, Scheduled, TiedToRate,
    AugmentedLagrangian, DynamicWeightAverage, FAMO, KLSimplex, LogSum, ReLoBRaLo, SoftAdapt,
    SmoothTchebycheff, Uncertainty, CoefficientOfVariation,
    GradNorm, InverseDirichlet, InverseNorm, RateAnnealing, TangentKernel,
    AlignedMTL, CAGrad, ConFIG, DCGD, DualProj, FairGrad, GradVac, IMTLG, MGDA, NashMTL, PCGrad,
    UPGrad,
    LossMax, CosineDistance,
    Bounded, Every, Warmup, Frozen, Smoothed, Chain, Normalised, Sketched,
)  # fmt: skip
# Name to what makes the scheme with its defaults or other settings.
SCHEMES: Mapping[str, Callable[..., Scheme]] = MappingProxyType(
    {name: make for scheme in CLASSES for name, make in scheme.named().items()}
)


def family(scheme: type[Scheme]) -> str:
    """The folder in which a scheme of the house stands: a key of `FAMILIES`."""
    return scheme.__module__.split(".")[-2]


def names_by_family() -> str:
    """The table of the documentation: which names look at what."""
    rows = ["| looks at | names |", "|---|---|"]
    for folder, what in FAMILIES.items():
        of_family = [name for c in CLASSES if family(c) == folder for name in c.named()]
        rows.append(f"| {what} | {', '.join(f'`{name}`' for name in of_family)} |")
    return "\n".join(rows)


def by_name(name: str, **settings: object) -> Scheme:
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
        known = ", ".join(settings_of(name)) or "nothing"
        raise ConfigError(f"the weighting {name} takes {known}: {error}.") from error
    return make(**settings)


def settings_of(name: str) -> tuple[str, ...]:
    """The arguments that the scheme of this name takes; `ConfigError`."""
    return tuple(inspect.signature(SCHEMES[check_name(name)]).parameters)


def check_name(name: str) -> str:
    """The name with hyphens; `ConfigError` with the one that may be meant where there is none."""
    wanted = name.replace("_", "-") if isinstance(name, str) else ""
    if wanted in SCHEMES:
        return wanted
    close = difflib.get_close_matches(wanted, SCHEMES, n=1)
    guess = f", did you mean '{close[0]}'?" if close else ":"
    raise ConfigError(f"unknown weighting {shown(name)}{guess} known are {', '.join(SCHEMES)}.")
