"""Every scheme of the house keeps to the protocol."""

import inspect

import jax.numpy as jnp
import optax
import pytest

from sobolev import weighting
from sobolev.weighting import (
    DCGD,
    FAMO,
    MGDA,
    AlignedMTL,
    AugmentedLagrangian,
    Bounded,
    Chain,
    Clip,
    ConFIG,
    CosineDistance,
    ErrorFunction,
    Every,
    Exponential,
    FairGrad,
    Fixed,
    Frozen,
    GradNorm,
    InverseDirichlet,
    InverseEnergy,
    InverseNorm,
    LogSum,
    LossMax,
    NashMTL,
    Normalised,
    RateAnnealing,
    Replay,
    Scheduled,
    Scheme,
    Sketched,
    Smoothed,
    TangentKernel,
    TiedToRate,
    Trained,
    Warmup,
    Wrapper,
    conforms,
)
from sobolev.weighting.registry import CLASSES, family

# Every name of the registry with its defaults, then other settings, schemes that are told about
# single terms, and those around others: a scheme that has no name is added here.
BUILT_IN = {name: weighting.by_name(name) for name in weighting.SCHEMES} | {
    "Fixed(rule)": Fixed(lambda energies: 1.0 + jnp.arange(len(energies), dtype=float)),
    "LossMax(0.1, Clip())": LossMax(0.1, Clip()),
    "LossMax(0.1, ErrorFunction())": LossMax(0.1, ErrorFunction()),
    "CosineDistance(sum)": CosineDistance("sum", 0.1, Exponential(), optax.scale_by_adam()),
    "CosineDistance(max)": CosineDistance("max", 0.1, Clip()),
    "Replay()": Replay([0.0, 5.0], [1.0, 3.0]),
    "RateAnnealing(root)": RateAnnealing(1, fixed_point="root", numerator="mean"),
    "InverseDirichlet(0)": InverseDirichlet(0.9, reference=0),
    "Sketched(Every(GradNorm()))": Sketched(Every(GradNorm(), 2), vectors=1, decay=0.0),
    "AugmentedLagrangian([1])": AugmentedLagrangian([1]),
    "Scheduled()": Scheduled(*3 * [lambda step: 1 / (1.0 + step)]),
    "TiedToRate()": TiedToRate(1.0, 2.0, lambda step: 1 / (1.0 + step)),
    "AlignedMTL(median)": AlignedMTL("median"),
    "DCGD()": DCGD([True, False, False]),
    "FairGrad(2)": FairGrad(2.0),
    "MGDA(l2)": MGDA("l2"),
    "MGDA(loss)": MGDA("loss"),
    "Bounded(LogSum())": Bounded(LogSum(), 0.5, 2.0),
    "Normalised(LossMax())": Normalised(LossMax()),
    "Normalised(LogSum())": Normalised(LogSum()),
    "Every(RateAnnealing(), 3)": Every(RateAnnealing(), 3),
    "Every(ConFIG(), 3)": Every(ConFIG(), 3),
    "Warmup(GradNorm(), 2)": Warmup(GradNorm(), 2),
    "Frozen(InverseDirichlet(), 5)": Frozen(InverseDirichlet(), 5),
    "Frozen(NashMTL(), 5)": Frozen(NashMTL(), 5),
    "Smoothed(InverseNorm())": Smoothed(InverseNorm()),
    "Chain()": Chain(InverseEnergy(), Every(InverseNorm(), 2), LossMax(0.1, Clip())),
}


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_scheme_of_the_house_conforms(name):
    found = conforms(BUILT_IN[name])
    assert found.good, str(found)
    assert len(found.results) >= 15
    # Identity 19, both ways. One gradient in this problem is the shortest in any of these units.
    assert ("not claimed" in str(found)) == (name in ("mgda", "fairgrad"))


def test_no_scheme_of_the_house_is_missing():
    public = {c for c in vars(weighting).values() if isinstance(c, type) and issubclass(c, Scheme)}
    abstract = {Scheme, Trained, Wrapper}
    assert public - abstract == set(CLASSES) == {type(scheme) for scheme in BUILT_IN.values()}
    assert all(inspect.isabstract(c) for c in abstract)


def test_each_scheme_has_a_name_of_its_own_or_stands_around_another():
    names = [c.name for c in CLASSES if family(c) != "wrappers"]
    assert all(names) and len(set(names)) == len(names)
    assert not any(c.name for c in CLASSES if family(c) == "wrappers")


def test_who_claims_that_units_do_not_matter():
    claims = {name for name, scheme in BUILT_IN.items() if scheme.unit_free}
    assert claims == {
        "inverse-energy",
        "inverse-norm",
        "tangent-kernel",
        "sketched-inverse-norm",
        "famo",
        "log-sum",
        "config",
        "imtl-g",
        "MGDA(l2)",
        "MGDA(loss)",
        "nash",
        "Every(ConFIG(), 3)",
        "Frozen(NashMTL(), 5)",
        "Normalised(LogSum())",
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
