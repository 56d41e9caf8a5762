"""Every argument of every scheme, given what it cannot be: one sentence with the value, at once.

The table says which kind of thing each argument is. A scheme or an argument that is not in the
table fails the first test, so nothing can be added that takes whatever comes.
"""

import inspect
import re

import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import net, table

from sobolev import fit
from sobolev import weighting as w
from sobolev.errors import ConfigError
from sobolev.optimisers import LBFGS, Adam
from sobolev.training.preparation.compatibility import check_weighting
from sobolev.weighting import Fixed, InverseEnergy, InverseNorm

NUMBERS = ("abc", None, True, [0.5, 0.5], np.array([0.5]), 0.5 + 0j, {}, np.nan)
# What each kind of argument refuses beside its own range.
BAD = {
    "positive": (*NUMBERS, 0.0, -1.0, np.inf),
    "not negative": (*NUMBERS, -1e-9, np.inf),
    "[0, 1]": (*NUMBERS, -0.1, 1.1),
    "[0, 1)": (*NUMBERS, -0.1, 1.0),
    "(0, 1)": (*NUMBERS, 0.0, 1.0),
    "finite": (*NUMBERS, np.inf, -np.inf),
    "seed": (*NUMBERS, -1, 0.5, np.inf, 2**70),
    "count": (*NUMBERS, 0, -1, 1.5, np.inf),
    "order": (*NUMBERS, 0, 6, 1.5),
    "term": ("", None, True, [0], -1, 0.5, np.nan),
    "optional term": ("", True, [0], -1, 0.5, np.nan),
    "word": ("abc", None, 1, ["max"]),
    "per term": (
        "abc",
        None,
        {},
        [],
        [1.0, None],
        [[1.0]],
        [1.0, [2.0]],
        np.nan,
        [1.0, np.inf],
        1j,
    ),
    "positive per term": ("abc", None, [], [1.0, 0.0], [[1.0]], -1.0, [1.0, np.nan]),
    "lower": (*NUMBERS, -0.1, np.inf),
    "upper": (*NUMBERS, 0.0, -1.0),
    "scheme": ("relobralo", None, 3, InverseNorm, InverseEnergy, [InverseNorm()]),
    "Gram scheme": ("relobralo", None, 3, InverseNorm, InverseEnergy()),
    "transformation": ("adam", 1e-3, Adam(), optax.adam),
    "parametrisation": ("clip", 2.0, w.Clip, (0.0, 1.0)),
    "function": ("abc", None, 2.0, [1.0, 2.0]),
    "schedule": ("abc", None, 2.0, lambda t: 0.0, lambda t: -1.0, lambda t: np.nan),
    "constraints": ("abc", None, 0, (), (0, 0), (-1,), (0.5,), (False,), [[0]], [0, [1]]),
    "groups": ("abc", None, True, [], [True], [1, 0], [[True, False]], [True, [False]]),
    "chunks": ("abc", None, 0, [], [0.5], [-1, 0], [[0]], [0, [1]]),
    "at least 2": (*NUMBERS, 1, 0, 2.5, np.inf),
    "name": ("", None, 3, ["t"]),
    "strengths": ("abc", None, 1.0, [], [1.0, 1.0], [0.0, 1.0], [1.0, np.inf], [1.0, np.nan]),
    "times": ("abc", None, 1.0, [], [1.0, 0.0], [0.0, np.nan], [0.0, 1.0, 2.0]),
}
DECAY = optax.exponential_decay(1e-2, 100, 0.5)
INNER = {"inner": InverseNorm()}
TIMED = {"inner": InverseNorm(), "steps": 3}
TRAINED = {"rate": "positive", "parametrisation": "parametrisation", "optimiser": "transformation"}
# Of each scheme: what it must be given, and of which kind each argument is; "any" is not checked.
SCHEMES = {
    w.AlignedMTL: ({}, {"scale": "word"}),
    w.AugmentedLagrangian: (
        {"constraints": (0,)},
        {
            "constraints": "constraints", "rate": "positive", "decay": "[0, 1)",
            "progress": "[0, 1]", "multiplier": "positive", "penalty": "positive",
        },
    ),
    w.Bounded: (INNER, {"inner": "scheme", "lower": "lower", "upper": "upper"}),
    w.CAGrad: ({}, {"c": "not negative"}),
    w.Causal: (
        {"chunk": [0, 1]}, {"chunk": "chunks", "strengths": "strengths", "enough": "(0, 1)"},
    ),
    w.CausalInTime: (
        {"time": "t"},
        {"time": "name", "chunks": "at least 2", "strengths": "strengths", "enough": "(0, 1)"},
    ),
    w.CoefficientOfVariation: ({}, {"floor": "positive"}),
    w.ConFIG: ({}, {}),
    w.CosineDistance: ({}, {"reading": "word", **TRAINED}),
    w.DCGD: ({"first": [True, False]}, {"first": "groups"}),
    w.DualProj: ({}, {}),
    w.DynamicWeightAverage: ({}, {"window": "count", "temperature": "positive"}),
    w.Every: (TIMED, {"inner": "scheme", "steps": "count"}),
    w.FAMO: (
        {},
        {
            "rate": "positive", "decay": "not negative", "ideal": "per term",
            "optimiser": "transformation",
        },
    ),
    w.FairGrad: ({}, {"α": "positive"}),
    w.Fixed: ({"rule": jnp.ones_like}, {"rule": "function"}),
    w.Frozen: (TIMED, {"inner": "scheme", "steps": "count"}),
    w.GradNorm: (
        {}, {"alpha": "not negative", "rate": "positive", "optimiser": "transformation"}
    ),
    w.GradVac: ({}, {"rate": "[0, 1]", "seed": "seed"}),
    w.IMTLG: ({}, {}),
    w.InverseDirichlet: ({}, {"decay": "[0, 1)", "reference": "optional term"}),
    w.InverseEnergy: ({}, {}),
    w.InverseNorm: ({}, {"decay": "[0, 1)"}),
    w.InverseResidualDecay: ({}, {"decay": "[0, 1)", "memory": "[0, 1)"}),
    w.KLSimplex: (
        {}, {"temperature": "positive", "prior": "positive per term", "relative": "any"}
    ),
    w.LogSum: ({}, {"floor": "[0, 1]"}),
    w.LossMax: ({}, TRAINED),
    w.MGDA: ({}, {"normalisation": "word"}),
    w.NashMTL: ({}, {}),
    w.Normalised: (INNER, {"inner": "scheme", "to": "word"}),
    w.PCGrad: ({}, {"seed": "seed"}),
    w.RandomWeights: ({}, {"distribution": "word", "seed": "seed"}),
    w.RateAnnealing: (
        {},
        {"reference": "term", "decay": "[0, 1)", "fixed_point": "word", "numerator": "word"},
    ),
    w.ReLoBRaLo: (
        {},
        {"memory": "[0, 1]", "temperature": "positive", "look_back": "[0, 1]", "seed": "seed"},
    ),
    w.Replay: ({"steps": [0.0, 1.0], "values": [1.0, 2.0]}, {"steps": "times"}),
    w.ResidualAttention: (
        {}, {"decay": "[0, 1)", "rate": "positive", "start": "not negative"}
    ),
    w.SelfAdaptive: (
        {},
        {
            "rate": "positive", "mask": "word", "start": "positive", "b1": "[0, 1)",
            "b2": "[0, 1)",
        },
    ),
    w.Sketched: (INNER, {"inner": "Gram scheme", "vectors": "count", "decay": "[0, 1)"}),
    w.SmoothTchebycheff: (
        {},
        {"smoothing": "positive", "preference": "positive per term", "ideal": "per term"},
    ),
    w.Smoothed: (INNER, {"inner": "scheme", "decay": "[0, 1)"}),
    w.SoftAdapt: ({}, {"sharpness": "finite", "variant": "word", "order": "order"}),
    w.TangentKernel: ({}, {"decay": "[0, 1)"}),
    w.TiedToRate: (
        {"start": 1.0, "limit": 1.0, "schedule": DECAY},
        {"start": "per term", "limit": "per term", "schedule": "schedule"},
    ),
    w.UPGrad: ({}, {}),
    w.Uncertainty: (
        {},
        {"rate": "positive", "optimiser": "transformation", "start": "per term", "floor": "[0, 1]"},
    ),
    w.Unweighted: ({}, {}),
    w.Warmup: (TIMED, {"inner": "scheme", "steps": "count"}),
}  # fmt: skip
# Not a table of arguments: tested by themselves below, or no schemes.
ELSEWHERE = {w.Chain, w.Scheduled, w.by_name}
NO_SCHEME = {
    w.Clip, w.Conformance, w.Diagnostics, w.ErrorFunction, w.Exponential, w.Identity, w.Moments,
    w.Parametrisation, w.PointRule, w.PointWeighting, w.Scheme, w.Statistics, w.Trained, w.Wrapper,
    w.conforms, w.diagnostics, w.term_gradients, w.weighted_gradient,
}  # fmt: skip
UNCHECKED = {w.Replay: {"values"}}  # in the test of Replay, with steps of the same length
CASES = [
    pytest.param(make, name, bad, id=f"{make.__name__}-{name}-{number}")
    for make, (_, kinds) in SCHEMES.items()
    for name, kind in kinds.items()
    if kind != "any"
    for number, bad in enumerate(BAD[kind])
]


def test_every_argument_of_every_scheme_is_in_the_table():
    public = [getattr(w, name) for name in dir(w) if not name.startswith("_")]
    public = {thing for thing in public if callable(thing)}
    assert public == set(SCHEMES) | ELSEWHERE | NO_SCHEME
    for make, (needed, kinds) in SCHEMES.items():
        known = set(kinds) | UNCHECKED.get(make, set())
        assert known == set(inspect.signature(make).parameters), make
        make(**needed)


@pytest.mark.parametrize("make, name, bad", CASES)
def test_what_it_cannot_be_is_refused_in_one_sentence(make, name, bad):
    with pytest.raises(ConfigError) as refusal:
        make(**(SCHEMES[make][0] | {name: bad}))
    said = str(refusal.value)
    assert said.endswith(".") and "\n" not in said and len(said) < 250
    assert re.search(r"must|choose|give|is a|are |takes|needs|too large|unknown|got|from 0", said)


def test_bounds_of_clipping():
    for bounds in ((-1, 2), (2, 1), ("abc", 2.0), (0.0, None), (0.0, True), ([0.0], 2.0)):
        with pytest.raises(ConfigError, match="clipping needs 0 ≤ lower < upper"):
            w.Clip(*bounds)


def test_numbers_of_every_kind_are_taken():
    for half in (0.5, np.float32(0.5), np.float64(0.5), np.array(0.5), jnp.asarray(0.5)):
        assert float(InverseNorm(half).decay) == 0.5
    for three in (3, 3.0, np.int64(3), np.array(3), jnp.asarray(3)):
        assert int(w.Every(InverseNorm(), three).steps) == 3
    assert w.KLSimplex(prior=(1, 2)).prior.dtype == float


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: w.Chain(InverseEnergy(), "relobralo"), "scheme 1 of the chain must be"),
        (lambda: w.Chain(InverseEnergy), "InverseEnergy makes one, give InverseEnergy()"),
        (lambda: w.Every(InverseNorm, 3), "inside Every must be a weighting: InverseNorm makes"),
        (lambda: w.Scheduled(lambda t: jnp.ones(3)), "each schedule gives one number a step"),
        (lambda: w.CosineDistance("own", -1.0), "rate of the weights"),
        (lambda: w.LossMax(0.1, w.Clip), "the parametrisation must be"),
        (lambda: w.LossMax(0.1, optimiser=Adam()), "optax.scale_by_adam"),
    ],
)
def test_what_stands_inside_is_refused_by_name(make, words):
    with pytest.raises(ConfigError) as refusal:
        make()
    assert words in str(refusal.value)


class Wide(w.Scheme):
    """A scheme of somebody's own with one weight too many."""

    def init(self, energies):
        return ()

    def update(self, statistics, state):
        return jnp.ones(len(statistics.losses) + 1), state


class Needy(Wide):
    needs = frozenset({"grams"})


DATA = table(5)
START = {
    "Fixed, too few": (Fixed(lambda e: jnp.ones(2)), r"weights of shape \(2,\): the loss has 3"),
    "Fixed, one for all": (Fixed(lambda e: jnp.ones(())), r"shape \(\): the loss has 3 terms"),
    "Fixed, in a chain": (
        w.Chain(InverseEnergy(), Fixed(lambda e: jnp.ones(4))), r"shape \(4,\): the loss has 3",
    ),
    "DCGD": (w.DCGD([True, False]), "groups of 2 terms, but the loss has 3"),
    "own": (Wide(), r"Wide gives weights of shape \(4,\): the loss has 3 terms"),
    "own, wrapped": (w.Bounded(Wide(), 0.1), r"Bounded gives weights of shape \(4,\)"),
    "own needs": (Needy(), "Needy needs 'grams', which nobody measures: known are gram, moments"),
    "unknown term": (w.AugmentedLagrangian((3,)), "a constraint is term 3, but the loss has"),
    "a name": ("relobralo", "weighting must be a weighting, such as .* got 'relobralo'"),
    "a class": (InverseNorm, r"InverseNorm makes one, give InverseNorm\(\)"),
    "a function": (InverseEnergy, r"InverseEnergy makes one, give InverseEnergy\(\)"),
}  # fmt: skip


@pytest.mark.parametrize("case", START)
def test_a_training_refuses_it_before_any_step(case):
    weighting, sentence = START[case]
    with pytest.raises(ConfigError, match=sentence):
        fit(net(DATA, (2,)), DATA, weighting=weighting, optimiser=Adam(1e-2, None), epochs=1)


@pytest.mark.parametrize("kind", [InverseNorm, w.ConFIG, Wide])
def test_a_class_does_not_conform_and_that_is_said(kind):
    (only,) = w.conforms(kind).results
    assert not only.passed and only.sentence == f"it is a class: give {kind.__name__}()."


def test_the_optimiser_that_nobody_named_is_told():
    with pytest.raises(ConfigError, match=r"LevenbergMarquardt, chosen as no optimiser was named,"):
        fit(net(DATA, (2,)), DATA, weighting=w.FAMO(), epochs=1)
    with pytest.raises(ConfigError, match="only, such as Adam: QuasiNewton needs the weighted"):
        check_weighting(w.Normalised(w.FAMO()), LBFGS())


def test_a_list_or_whole_numbers_from_a_rule_are_weights():
    for rule in (lambda e: [3, 2, 1], lambda e: jnp.array([3, 2, 1])):
        found = fit(net(DATA, (2,)), DATA, weighting=Fixed(rule), optimiser=Adam(1e-2, None),
                    epochs=1)  # fmt: skip
        np.testing.assert_array_equal(found.history.weight, [[3.0, 2.0, 1.0]] * 2)
