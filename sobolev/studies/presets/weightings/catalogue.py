"""The schemes that are compared, by name, as their authors or we recommend them."""

from collections.abc import Callable

from sobolev import weighting as w
from sobolev.optimisers import Adam, MomentumConFIG, MultiAdam, UnitLength
from sobolev.optimisers.optimiser import Optimiser

BASELINE = "inverse_energy"


def _with_defaults(name: str) -> Callable[[int, int], w.Scheme]:
    return lambda *_: w.by_name(name)


# Where a comparison does not take the defaults of a name, or takes something that has none. Made
# from the number of terms and the one that others are measured by, a value or an equation.
_OTHERWISE: dict[str, Callable[[int, int], w.Scheme]] = {
    "loss_max_clip": lambda *_: w.LossMax(0.01, w.Clip()),
    "cosine_own_clip": lambda *_: w.CosineDistance("own", 0.01, w.Clip()),
    "cosine_sum_exp": lambda *_: w.CosineDistance("sum", 0.1, w.Exponential()),
    "cosine_max_exp": lambda *_: w.CosineDistance("max", 0.1, w.Exponential()),
    "inverse_norm_every_100": lambda *_: w.Every(w.InverseNorm(), 100),
    "kl_simplex": lambda *_: w.KLSimplex(relative=True),  # else it is Tchebycheff's
    "rate_annealing": lambda _, main: w.RateAnnealing(main, fixed_point="ratio"),
    "rate_annealing_root": lambda _, main: w.RateAnnealing(main, fixed_point="root"),
    "fairgrad": lambda *_: w.FairGrad(2.0),  # with 1 it is Nash-MTL
    # These are told which terms go first: here the first one.
    "dcgd": lambda terms, _: w.DCGD(_first(terms)),
    "augmented_lagrangian": lambda terms, _: w.AugmentedLagrangian(_first(terms)),
}
_BOUND = "loss-max", "cosine-own", "cosine-sum", "cosine-max"  # above, each with a bound
# Every name of the registry. What depends on the units of the terms is `BALANCED` first.
SCHEMES: dict[str, Callable[[int, int], w.Scheme]] = {
    name.replace("-", "_"): _with_defaults(name) for name in w.SCHEMES if name not in _BOUND
} | _OTHERWISE
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

# What is done to Adam beside a scheme: the length of its gradient, and how long it remembers.
VARIANTS: dict[str, tuple[Callable[[Optimiser], Optimiser], float]] = {
    "plain": (lambda adam: adam, 0.999),
    "unit length": (UnitLength, 0.999),
    "β₂ = 0.99": (lambda adam: adam, 0.99),
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


def weighting_of(scheme: str, terms: int, main: int = 0) -> w.Scheme:
    """The weighting of a scheme; one that is an optimiser is left alone."""
    if scheme in ON_ROWS:
        return w.Unweighted()
    made = SCHEMES[scheme.removesuffix(BEHIND)](terms, main)
    return w.Chain(w.InverseEnergy(), made) if scheme.endswith(BEHIND) else made


def optimiser_of(scheme: str, variant: str, rate: Callable) -> Optimiser:
    """Adam on all rows in a variant, or the scheme itself."""
    around, b2 = VARIANTS[variant]
    return ON_ROWS[scheme](rate, b2) if scheme in ON_ROWS else around(Adam(rate, None, b2=b2))


def compared(scheme: str, variant: str) -> bool:
    """Whether the scheme has such a variant: steps made of rows have no combined gradient."""
    return not (scheme in ON_ROWS and VARIANTS[variant][0] is UnitLength)


def _first(terms: int) -> list[bool]:
    return [True] + [False] * (terms - 1)
