"""The schemes that are compared, by name, as their authors or we recommend them."""

from collections.abc import Callable

from sobolev import weighting as w
from sobolev.optimisers import Adam, MomentumConFIG, MultiAdam
from sobolev.optimisers.protocol import Optimiser

BASELINE = "inverse_energy"


# Made from the number of terms and the one that others are measured by, a value or an equation.
# What depends on the units of the terms is `BALANCED` first.
SCHEMES: dict[str, Callable[[int, int], w.Weighting]] = {
    "unweighted": lambda *_: w.Unweighted(),
    BASELINE: lambda *_: w.InverseEnergy(),
    "loss_max_clip": lambda *_: w.LossMax(0.01, w.Clip()),
    "cosine_own_clip": lambda *_: w.CosineDistance("own", 0.01, w.Clip()),
    "cosine_sum_exp": lambda *_: w.CosineDistance("sum", 0.1, w.Exponential()),
    "cosine_max_exp": lambda *_: w.CosineDistance("max", 0.1, w.Exponential()),
    "inverse_norm": lambda *_: w.InverseNorm(),
    "inverse_norm_every_100": lambda *_: w.Every(w.InverseNorm(), 100),
    "kl_simplex": lambda *_: w.KLSimplex(relative=True),  # else it is Tchebycheff's
    "log_sum": lambda *_: w.LogSum(),
    "uncertainty": lambda *_: w.Uncertainty(),
    "soft_adapt": lambda *_: w.SoftAdapt(),
    "dwa": lambda *_: w.DynamicWeightAverage(),
    "relobralo": lambda *_: w.ReLoBRaLo(),
    "cov": lambda *_: w.CoefficientOfVariation(),
    "tchebycheff": lambda *_: w.SmoothTchebycheff(),
    "random": lambda *_: w.RandomWeights(),
    "famo": lambda *_: w.FAMO(),
    "rate_annealing": lambda _, main: w.RateAnnealing(main),
    "rate_annealing_root": lambda _, main: w.RateAnnealing(main, fixed_point="root"),
    "inverse_dirichlet": lambda *_: w.InverseDirichlet(),
    "grad_norm": lambda *_: w.GradNorm(),
    "tangent_kernel": lambda *_: w.TangentKernel(),
    "sketched_inverse_norm": lambda *_: w.Sketched(w.InverseNorm()),
    "config": lambda *_: w.ConFIG(),
    "imtl_g": lambda *_: w.IMTLG(),
    "mgda": lambda *_: w.MGDA(),
    "pcgrad": lambda *_: w.PCGrad(),
    "gradvac": lambda *_: w.GradVac(),
    "cagrad": lambda *_: w.CAGrad(),
    "nash": lambda *_: w.NashMTL(),
    "fairgrad": lambda *_: w.FairGrad(2.0),  # with 1 it is Nash-MTL
    "aligned": lambda *_: w.AlignedMTL(),
    "upgrad": lambda *_: w.UPGrad(),
    "dualproj": lambda *_: w.DualProj(),
    # These are told which terms go first: here the first one.
    "dcgd": lambda terms, _: w.DCGD(_first(terms)),
    "augmented_lagrangian": lambda terms, _: w.AugmentedLagrangian(_first(terms)),
}
# Those that are optimisers, made of a learning rate and the memory β₂ of their second moment.
ON_ROWS: dict[str, Callable[[Callable, float], Optimiser]] = {
    "multi_adam": lambda rate, b2: MultiAdam(rate, None, b2=b2),
    "momentum_config": lambda rate, b2: MomentumConFIG(rate, None, b2=b2),
}
# Run behind `InverseEnergy`, on terms of equal energy, where the terms have an energy.
BALANCED = (
    "kl_simplex", "soft_adapt", "dwa", "relobralo", "cov", "tchebycheff", "random", "mgda",
    "pcgrad", "gradvac", "cagrad", "fairgrad", "upgrad", "dualproj", "dcgd", "augmented_lagrangian",
)  # fmt: skip
BEHIND = "_balanced"

# What is done to a scheme or to Adam beside it: the gradient's length, and how long Adam remembers.
VARIANTS: dict[str, tuple[Callable[[w.Weighting], w.Weighting], float]] = {
    "plain": (lambda scheme: scheme, 0.999),
    "unit length": (w.UnitLength, 0.999),
    "β₂ = 0.99": (lambda scheme: scheme, 0.99),
}


def names(energies: bool = True) -> tuple[str, ...]:
    """The schemes to be compared where all terms have an energy, or where one has none."""
    if not energies:
        return tuple(name for name in (*SCHEMES, *ON_ROWS) if name != BASELINE)
    behind = tuple(name + BEHIND for name in ("loss_max_clip", *BALANCED))
    return *(name for name in SCHEMES if name not in BALANCED), *behind, *ON_ROWS


def baseline(energies: bool = True) -> str:
    """What the others are measured against: the best static weighting that costs nothing."""
    return BASELINE if energies else "unweighted"


def weighting_of(scheme: str, variant: str, terms: int, main: int = 0) -> w.Weighting:
    """The weighting of a scheme in a variant; one that is an optimiser is left alone."""
    if scheme in ON_ROWS:
        return w.Unweighted()
    made = SCHEMES[scheme.removesuffix(BEHIND)](terms, main)
    if scheme.endswith(BEHIND):
        made = w.Chain(w.InverseEnergy(), made)
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
