"""Every scheme of the house keeps to the protocol, and the suite finds the ones that do not."""

import inspect
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jaxtyping import Array

from sobolev import (
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
    ConfigError,
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
    weighting,
)
from sobolev.weighting.objectives import loss_ascent

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


class Broken(eqx.Module):
    """Weights 1: the schemes below each have one fault."""

    needs: frozenset = eqx.field(default=frozenset(), static=True)

    def init(self, energies):
        return jnp.ones_like(energies)

    def update(self, statistics, state):
        return state, state


class NaNAtZeroLoss(Broken):
    def update(self, statistics, state):
        w = 1 / statistics.losses
        return w / w.sum(), state


class Counter(NamedTuple):
    step: int
    ones: Array


class PythonCounter(Broken):
    def init(self, energies):
        return Counter(0, jnp.ones_like(energies))

    def update(self, statistics, state):
        if state.step == 0:
            return state.ones, state._replace(step=1)
        return 2 * state.ones, state._replace(step=state.step + 1)


class Grows(Broken):
    def init(self, energies):
        return energies[None]

    def update(self, statistics, state):
        state = jnp.concatenate([state, statistics.losses[None]])
        return state.mean(axis=0), state


class Forgets(Broken):
    """Something beside the state: the second run of the same steps is another one."""

    seen: list = eqx.field(default_factory=list, static=True)

    def update(self, statistics, state):
        self.seen.append(1)
        return state * len(self.seen), state

    def __hash__(self):
        return id(self)

    def __eq__(self, other):
        return self is other


class Overflows(Broken):
    def update(self, statistics, state):
        return statistics.losses**2 / jnp.sum(statistics.losses**2 + 1), state


class AbsoluteFloor(Broken):
    needs: frozenset = eqx.field(default=frozenset({"gram"}), static=True)
    unit_free = True

    def update(self, statistics, state):
        return 1 / (jnp.sqrt(jnp.diagonal(statistics.gram)) + 1.0), state


class ChangesDtype(Broken):
    def update(self, statistics, state):
        return jnp.ones(len(state)), state.astype(jnp.float32)


class OneWeight(Broken):
    def update(self, statistics, state):
        return jnp.ones(()), state


class CannotCancel(Broken):
    needs: frozenset = eqx.field(default=frozenset({"gram"}), static=True)

    def update(self, statistics, state):
        total = jnp.sqrt(jnp.maximum(jnp.sum(statistics.gram[:2, :2]), 0.0))
        return state / total, state


class Telepathic(Broken):
    needs: frozenset = eqx.field(default=frozenset({"thoughts"}), static=True)


@pytest.mark.parametrize(
    "scheme, case, words",
    [
        (NaNAtZeroLoss(), "zero loss", "weight of term 0 is nan in step 0"),
        (NaNAtZeroLoss(), "everything zero", "is nan"),
        (PythonCounter(), "scan under vmap", "TracerBoolConversionError"),
        (PythonCounter(), "state", "0 in it is a int, not an array"),
        (Grows(), "state", "step 0 changes its structure, shapes or dtypes"),
        (Grows(), "scan under vmap", "TypeError"),
        (Forgets(), "scan = Python loop", "differ by"),
        (Forgets(), "going on from a stored state", "differ by"),
        (Overflows(), "losses of 1e300", "is nan"),
        (AbsoluteFloor(), "unit of a term", "shares differ"),
        (ChangesDtype(), "state", "changes its structure, shapes or dtypes"),
        (OneWeight(), "scan under vmap", "weights of shape () for 3 terms"),
        (CannotCancel(), "gradients that cancel", "is inf"),
        (Telepathic(), "protocol", "thoughts is not known"),
        (object(), "protocol", "no needs, init or update"),
    ],
)
def test_each_fault_is_found_in_its_case(scheme, case, words):
    found = conforms(scheme)
    assert not found.good
    failed = {result.case: result.sentence for result in found.failures}
    assert words in failed[case]
    assert f"FAILED  {case}: " in str(found)


def test_a_scheme_without_a_fault_passes():
    assert conforms(Broken()).good


def test_losses_after_the_step_are_handed_over():
    class After(Broken):
        def init(self, energies):
            return (jnp.ones_like(energies), jnp.zeros_like(energies))

        def update(self, statistics, state):
            return state[0], (state[0], statistics.losses)

        def after(self, losses, state):
            return (losses / (losses + state[1] + 1e-300), state[1])

    assert conforms(After()).good


def test_a_random_key_in_the_state_is_stored_as_well():
    class Random(Broken):
        def init(self, energies):
            return jax.random.key(0), jnp.ones_like(energies)

        def update(self, statistics, state):
            key, draw = jax.random.split(state[0])
            return state[1] + jax.random.uniform(draw), (key, state[1])

    assert conforms(Random()).good


def test_no_terms_are_refused():
    with pytest.raises(ConfigError, match="at least one term"):
        conforms(Unweighted(), 0)


def test_the_problem_is_what_it_says():
    """Its losses and statistics against automatic derivatives of the residuals."""
    from sobolev.weighting.conformance import ordinary, recorded

    A, b, θ = ordinary(3)

    def losses(t):
        return 0.5 * jnp.mean((jnp.einsum("knp,p->kn", A, t) - b) ** 2, axis=1)

    record = recorded((ordinary(3)), vectors=2)
    rows = np.stack([jax.jacrev(losses)(t) for t in θ[:-1]])
    s = record.statistics
    np.testing.assert_allclose(s.losses, [losses(t) for t in θ[:-1]], rtol=1e-13)
    np.testing.assert_allclose(record.after, [losses(t) for t in θ[1:]], rtol=1e-13)
    np.testing.assert_allclose(record.energies, losses(0 * θ[0]), rtol=1e-13)
    np.testing.assert_allclose(s.gram, rows @ rows.transpose(0, 2, 1), rtol=1e-11)
    np.testing.assert_allclose(s.moments.deviation, rows.std(axis=2), rtol=1e-12)
    np.testing.assert_allclose(s.moments.largest, np.abs(rows).max(axis=2), rtol=1e-12)
    np.testing.assert_allclose(s.traces[3], (A**2).sum(axis=2).mean(axis=1), rtol=1e-13)
    assert s.sketch.shape == (8, 2, 3)
