"""The schemes that are compared, by name, as their authors or we recommend them."""

from collections.abc import Callable

from sobolev import weighting as w
from sobolev.optimisers import Adam, MomentumConFIG, MultiAdam
from sobolev.optimisers.protocol import Optimiser

BASELINE = "inverse_energy"


def _balanced(scheme: Callable[[], w.Weighting]) -> Callable[[], w.Weighting]:
    """On terms of equal energy: for schemes that depend on the units of the terms."""
    return lambda: w.Chain(w.InverseEnergy(), scheme())


SCHEMES: dict[str, Callable[[], w.Weighting]] = {
    "unweighted": w.Unweighted,
    BASELINE: w.InverseEnergy,
    "loss_max_clip": lambda: w.LossMax(0.01, w.Clip()),
    "loss_max_clip_balanced": _balanced(lambda: w.LossMax(0.01, w.Clip())),
    "cosine_own_clip": lambda: w.CosineDistance("own", 0.01, w.Clip()),
    "cosine_sum_exp": lambda: w.CosineDistance("sum", 0.1, w.Exponential()),
    "cosine_max_exp": lambda: w.CosineDistance("max", 0.1, w.Exponential()),
    "inverse_norm": w.InverseNorm,
    "inverse_norm_every_100": lambda: w.Every(w.InverseNorm(), 100),
    "kl_simplex_balanced": _balanced(lambda: w.KLSimplex()),
    "log_sum": w.LogSum,
    "uncertainty": w.Uncertainty,
    "soft_adapt_balanced": _balanced(lambda: w.SoftAdapt()),
    "dwa_balanced": _balanced(lambda: w.DynamicWeightAverage()),
    "relobralo_balanced": _balanced(lambda: w.ReLoBRaLo()),
    "cov_balanced": _balanced(lambda: w.CoefficientOfVariation()),
    "tchebycheff_balanced": _balanced(lambda: w.SmoothTchebycheff()),
    "random_balanced": _balanced(lambda: w.RandomWeights()),
    "famo": w.FAMO,
    "rate_annealing": w.RateAnnealing,
    "rate_annealing_root": lambda: w.RateAnnealing(fixed_point="root"),
    "inverse_dirichlet": w.InverseDirichlet,
    "grad_norm": w.GradNorm,
    "tangent_kernel": w.TangentKernel,
    "sketched_inverse_norm": lambda: w.Sketched(w.InverseNorm()),
    "config": w.ConFIG,
    "imtl_g": w.IMTLG,
    "mgda_balanced": _balanced(lambda: w.MGDA()),
    "pcgrad_balanced": _balanced(lambda: w.PCGrad()),
    "gradvac_balanced": _balanced(lambda: w.GradVac()),
    "cagrad_balanced": _balanced(lambda: w.CAGrad()),
    "nash": w.NashMTL,
    "fairgrad": w.FairGrad,
    "aligned": w.AlignedMTL,
    "upgrad_balanced": _balanced(lambda: w.UPGrad()),
    "dualproj_balanced": _balanced(lambda: w.DualProj()),
}

# Those that are told which terms go first: here the first one.
WITH_GROUPS: dict[str, Callable[[int], w.Weighting]] = {
    "dcgd_balanced": lambda terms: w.Chain(w.InverseEnergy(), w.DCGD(_first(terms))),
    "augmented_lagrangian_balanced": lambda terms: w.Chain(
        w.InverseEnergy(), w.AugmentedLagrangian(_first(terms))
    ),
}
# Those that are optimisers, made of a learning rate and the memory β₂ of their second moment.
ON_ROWS: dict[str, Callable[[Callable, float], Optimiser]] = {
    "multi_adam": lambda rate, b2: MultiAdam(rate, None, b2=b2),
    "momentum_config": lambda rate, b2: MomentumConFIG(rate, None, b2=b2),
}
NAMES = (*SCHEMES, *WITH_GROUPS, *ON_ROWS)

# What is done to a scheme or to Adam beside it: the gradient's length, and how long Adam remembers.
VARIANTS: dict[str, tuple[Callable[[w.Weighting], w.Weighting], float]] = {
    "plain": (lambda scheme: scheme, 0.999),
    "unit length": (w.UnitLength, 0.999),
    "β₂ = 0.99": (lambda scheme: scheme, 0.99),
}


def weighting_of(scheme: str, variant: str, terms: int) -> w.Weighting:
    """The weighting of a scheme in a variant; one that is an optimiser is left alone."""
    if scheme in ON_ROWS:
        return w.Unweighted()
    made = WITH_GROUPS[scheme](terms) if scheme in WITH_GROUPS else SCHEMES[scheme]()
    return VARIANTS[variant][0](made)


def optimiser_of(scheme: str, variant: str, rate: Callable) -> Optimiser:
    """Adam on all rows, or the scheme itself."""
    b2 = VARIANTS[variant][1]
    return ON_ROWS[scheme](rate, b2) if scheme in ON_ROWS else Adam(rate, None, b2=b2)


def compared(scheme: str, variant: str) -> bool:
    """Whether the scheme has such a variant: steps made of rows have no combined gradient."""
    return not (scheme in ON_ROWS and VARIANTS[variant][0] is w.UnitLength)


def _first(terms: int) -> list[bool]:
    return [True] + [False] * (terms - 1)
