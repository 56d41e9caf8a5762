"""Every scheme of the house keeps to the protocol."""

import inspect

import jax.numpy as jnp
import optax
import pytest

from sobolev import weighting
from sobolev.weighting import (
    DCGD,
    FAMO,
    IMTLG,
    MGDA,
    AlignedMTL,
    AugmentedLagrangian,
    Bounded,
    CAGrad,
    Chain,
    Clip,
    CoefficientOfVariation,
    ConFIG,
    CosineDistance,
    DualProj,
    DynamicWeightAverage,
    ErrorFunction,
    Every,
    Exponential,
    FairGrad,
    Fixed,
    Frozen,
    GradNorm,
    GradVac,
    Identity,
    InverseDirichlet,
    InverseEnergy,
    InverseNorm,
    KLSimplex,
    LogSum,
    LossMax,
    NashMTL,
    Normalised,
    PCGrad,
    RandomWeights,
    RateAnnealing,
    ReLoBRaLo,
    Replay,
    Scheduled,
    Sketched,
    Smoothed,
    SmoothTchebycheff,
    SoftAdapt,
    TangentKernel,
    TiedToRate,
    Trained,
    Uncertainty,
    UnitLength,
    Unweighted,
    UPGrad,
    Warmup,
    Weighting,
    conforms,
)
from sobolev.weighting.schemes.trained.objectives import loss_ascent

# Every scheme that `sobolev.weighting` exports, once at least: a new one is added here.
HALF = jnp.asarray(0.5)
BUILT_IN = {
    "Unweighted()": Unweighted(),
    "Fixed(rule)": Fixed(lambda energies: 1.0 + jnp.arange(len(energies), dtype=float)),
    "InverseEnergy()": InverseEnergy(),
    "InverseNorm()": InverseNorm(),
    "LossMax()": LossMax(),
    "LossMax(0.1, Clip())": LossMax(0.1, Clip()),
    "LossMax(0.1, ErrorFunction())": LossMax(0.1, ErrorFunction()),
    "CosineDistance()": CosineDistance(),
    "CosineDistance(sum)": CosineDistance("sum", 0.1, Exponential(), optax.scale_by_adam()),
    "CosineDistance(max)": CosineDistance("max", 0.1, Clip()),
    "Trained()": Trained(loss_ascent, frozenset(), HALF, Identity(), optax.identity()),
    "Replay()": Replay([0.0, 5.0], [1.0, 3.0]),
    "RateAnnealing()": RateAnnealing(),
    "RateAnnealing(root)": RateAnnealing(1, fixed_point="root", numerator="mean"),
    "InverseDirichlet()": InverseDirichlet(),
    "InverseDirichlet(0)": InverseDirichlet(0.9, reference=0),
    "GradNorm()": GradNorm(),
    "TangentKernel()": TangentKernel(),
    "Sketched(InverseNorm())": Sketched(InverseNorm()),
    "Sketched(Every(GradNorm()))": Sketched(Every(GradNorm(), 2), vectors=1, decay=0.0),
    "AugmentedLagrangian([1])": AugmentedLagrangian([1]),
    "CoefficientOfVariation()": CoefficientOfVariation(),
    "DynamicWeightAverage()": DynamicWeightAverage(),
    "FAMO()": FAMO(),
    "KLSimplex()": KLSimplex(),
    "LogSum()": LogSum(),
    "RandomWeights()": RandomWeights(),
    "ReLoBRaLo()": ReLoBRaLo(),
    "Scheduled()": Scheduled(*3 * [lambda step: 1 / (1.0 + step)]),
    "SmoothTchebycheff()": SmoothTchebycheff(),
    "SoftAdapt()": SoftAdapt(),
    "TiedToRate()": TiedToRate(1.0, 2.0, lambda step: 1 / (1.0 + step)),
    "Uncertainty()": Uncertainty(),
    "AlignedMTL()": AlignedMTL(),
    "AlignedMTL(median)": AlignedMTL("median"),
    "CAGrad()": CAGrad(),
    "ConFIG()": ConFIG(),
    "DCGD()": DCGD([True, False, False]),
    "DualProj()": DualProj(),
    "FairGrad()": FairGrad(2.0),
    "GradVac()": GradVac(),
    "IMTLG()": IMTLG(),
    "MGDA()": MGDA(),
    "MGDA(l2)": MGDA("l2"),
    "MGDA(loss)": MGDA("loss"),
    "NashMTL()": NashMTL(),
    "PCGrad()": PCGrad(),
    "UPGrad()": UPGrad(),
    "Bounded(LogSum())": Bounded(LogSum(), 0.5, 2.0),
    "Normalised(LossMax())": Normalised(LossMax()),
    "Normalised(LogSum())": Normalised(LogSum()),
    "Every(RateAnnealing(), 3)": Every(RateAnnealing(), 3),
    "Every(ConFIG(), 3)": Every(ConFIG(), 3),
    "Warmup(GradNorm(), 2)": Warmup(GradNorm(), 2),
    "Frozen(InverseDirichlet(), 5)": Frozen(InverseDirichlet(), 5),
    "Frozen(NashMTL(), 5)": Frozen(NashMTL(), 5),
    "Smoothed(InverseNorm())": Smoothed(InverseNorm()),
    "UnitLength(TangentKernel())": UnitLength(TangentKernel()),
    "Chain()": Chain(InverseEnergy(), Every(InverseNorm(), 2), LossMax(0.1, Clip())),
}


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_scheme_of_the_house_conforms(name):
    found = conforms(BUILT_IN[name])
    assert found.good, str(found)
    assert len(found.results) >= 15
    # Identity 19, both ways. One gradient in this problem is the shortest in any of these units.
    assert ("not claimed" in str(found)) == (name == "MGDA()")


def made_by(name):
    """The class of weightings that `sobolev.weighting.name` is or makes; None for anything else."""
    made = getattr(weighting, name)
    made = inspect.signature(made).return_annotation if inspect.isfunction(made) else made
    if not inspect.isclass(made) or made is Weighting:
        return None
    has = {*dir(made), *getattr(made, "__dataclass_fields__", ())}
    return made if {"needs", "init", "update"} <= has else None


def test_no_scheme_of_the_house_is_missing():
    public = {name for name in vars(weighting) if not name.startswith("_")}
    schemes = {name for name in public if made_by(name)}
    assert schemes == {name.partition("(")[0] for name in BUILT_IN}
    for name, scheme in BUILT_IN.items():
        assert isinstance(scheme, made_by(name.partition("(")[0]))
    assert {"Statistics", "PointWeighting", "Clip", "Conformance", "conforms"} <= public - schemes


def test_who_claims_that_units_do_not_matter():
    claims = {name for name, scheme in BUILT_IN.items() if getattr(scheme, "unit_free", False)}
    assert claims == {
        "InverseEnergy()",
        "InverseNorm()",
        "TangentKernel()",
        "Sketched(InverseNorm())",
        "FAMO()",
        "LogSum()",
        "ConFIG()",
        "IMTLG()",
        "MGDA(l2)",
        "MGDA(loss)",
        "NashMTL()",
        "Every(ConFIG(), 3)",
        "Frozen(NashMTL(), 5)",
        "Normalised(LogSum())",
        "UnitLength(TangentKernel())",
    }
    assert not FAMO(ideal=0.1).unit_free


def test_schemes_of_one_two_and_many_terms():
    for terms in (1, 2, 7):
        assert conforms(InverseNorm(), terms).good


def test_the_page_tells_each_case():
    found = conforms(TangentKernel())
    lines = str(found).splitlines()
    assert lines[0] == f"TangentKernel: {len(found.results)} of {len(found.results)} passed"
    assert all(line.startswith("passed") for line in lines[1:])
    cases = [result.case for result in found.results]
    assert len(set(cases)) == len(cases) and "unit of a term" in cases and not found.failures


def test_a_scheme_that_refuses_one_term_says_so():
    (one,) = [r for r in conforms(RateAnnealing(reference=1)).results if r.case == "one term"]
    assert one.passed and "refused: the reference is term 1" in one.sentence
