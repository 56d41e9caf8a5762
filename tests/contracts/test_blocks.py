"""Every kind of block, and one of a user's, held to the same contract."""

import inspect
import pkgutil
import runpy
from importlib import import_module
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import table, with_gaps

import sobolev as sb
from sobolev import Box, Surrogate, fit
from sobolev.errors import ConfigError
from sobolev.losses import (
    Adaptive,
    At,
    Ball,
    BetweenSamples,
    Block,
    Directional,
    Equation,
    Estimated,
    Functional,
    Gauss,
    GradientPenalty,
    Labelled,
    LatinHypercube,
    LeastSquaresLayer,
    Loss,
    Mapped,
    Penalty,
    Points,
    RandomDirections,
    RandomTests,
    Refined,
    Region,
    Slabs,
    Sobol,
    SobolevLoss,
    SolvedEquations,
    Unbiased,
    Uniform,
    View,
    WeakForm,
    WeightedPoints,
    by_names,
    conforms,
    derivatives_along,
)  # fmt: skip
from sobolev.optimisers import LBFGS, Adam, LevenbergMarquardt, SSBroyden, Then
from sobolev.weighting import Fixed, ResidualAttention, TangentKernel, Unweighted

BOX = Box(("a", "b"), (-1.0, 0.0), (2.0, 1.0))
NET = Surrogate.on(BOX, ("u",), sb.networks.MLP((4,)), output_scale=2.0, output_shift=0.5)
DATA = with_gaps(table(9, order=2))
X = np.random.default_rng(0).uniform(BOX.lower, BOX.upper, (7, 2))
PUNCHED = Region.of(BOX) - Ball(("a", "b"), (0.5, 0.5), 0.3)
NEGATIVE = sb.inner_products.Sines(BOX, (3, 4)).dual


def slope(u, x):
    """∂u/∂a + u²."""
    return jax.jacfwd(u)(x)[0, 0] + u(x)[0] ** 2


def both(u, x):
    jacobian = jax.jacfwd(u)(x)[0]
    return jnp.stack([jacobian[0] - x[1], jacobian[1] * u(x)[0]])


def curved(u, x, v):
    """Δu + u² − b, and its slope."""
    value, slope, second = derivatives_along(u, x, v, 2)[:, 0]
    return jnp.stack([second + value**2 - x[1], slope**2])


def energy(u, x):
    return 0.5 * jnp.sum(jax.jacfwd(u)(x)[0] ** 2) - 3.0 * u(x)[0]


F = np.array([[1.0, np.nan]] * 3 + [[2.0, -1.0]] * 4)
SOLVED = LeastSquaresLayer(
    (
        Equation("grows", by_names(BOX, "u")(lambda u, b: u.a + b * u - 1.0), Uniform(BOX, 6)),
        Equation("start", by_names(BOX, "u")(lambda u: u - 0.5), np.array([[-1.0, 0.0]])),
    ),
    "b",
    Slabs("a", (-1.0, 0.5, 2.0), joints=2),
)
SAMPLES = {
    "labels": Labelled.of(DATA, NET.scaling),
    "labels by order": Labelled.of(DATA, NET.scaling, SobolevLoss.of(DATA, group="by_order")),
    "directional": Directional.of(DATA, NET.scaling, RandomDirections(2)),
    "equation": Equation("slope", slope, X, labels=0.5, order=1, scale=3.0),
    "equations": Equation(("one", "two"), both, X, labels=F, order=1, scale=(1.0, 10.0)),
    "fresh": Equation("slope", slope, Uniform(BOX, 6), order=1),
    "adaptive": Equation("slope", slope, Adaptive(BOX, 5, every=3), order=1),
    "refined": Equation("slope", slope, Refined(BOX, 4, most=7, more=2), order=1),
    "unbiased": Equation("slope", slope, Unbiased(Adaptive(PUNCHED, 5, every=3)), order=1),
    "Sobol'": Equation(
        "by names", by_names(BOX, "u")(lambda u: u.a + u**2), Sobol(BOX, 8, every=2)
    ),
    "hypercube": Equation("slope", slope, LatinHypercube(PUNCHED.boundary("rim"), 6), order=1),
    "estimated": Estimated(
        Equation(("curved", "steep"), curved, Adaptive(BOX, 5, every=3)), RandomDirections(3)
    ),
    "mapped": Mapped(Equation("slope", slope, NEGATIVE.points, order=1), NEGATIVE),
    "random tests": RandomTests(Equation("slope", slope, NEGATIVE.points, order=1), NEGATIVE, 4),
    "mapped labels": Mapped(Labelled.of(DATA, NET.scaling), jnp.cumsum),
    "weak form": WeakForm("weak", by_names(BOX, ("u", "v"))(lambda u, v: u.a * v.a - v), BOX, 2),
    "weak form, moved": WeakForm(
        "weak", by_names(BOX, ("u", "v"))(lambda u, v: u.a * v.a - v), BOX, 2, every=3
    ),
    "penalty": Penalty(
        "slope", slope, WeightedPoints(X, np.linspace(1.0, 3.0, 7)), 0.3, order=1, scale=2.0
    ),
    "gradient penalty": GradientPenalty("steep", BetweenSamples(X[:3], X[3:], 6), 20.0),
    "solved": SolvedEquations(SOLVED, np.array([[0.2], [0.7], [0.4]])),
    "functional": Functional("energy", energy, X, np.linspace(0.1, 0.4, 7)),
    "functional, moved": Functional("energy", energy, Gauss(BOX, (2, 1), 2), scale=2.0),
    "functional, drawn": Functional("energy", energy, Uniform(PUNCHED, 6, every=3)),
}
EACH = pytest.mark.parametrize("name", SAMPLES)


def test_every_block_and_all_points_of_the_house_are_samples():
    """One more block, or rule for points, is a line here."""
    kinds, points = set(), set()
    for module in pkgutil.walk_packages(sb.losses.__path__, "sobolev.losses."):
        for _, kind in inspect.getmembers(import_module(module.name), inspect.isclass):
            kinds |= {kind} if issubclass(kind, Block) and kind is not Block else set()
            final = issubclass(kind, Points) and not inspect.isabstract(kind)
            points |= {kind} if final else set()
    assert {type(block) for block in SAMPLES.values()} == kinds
    equations = [block for block in SAMPLES.values() if isinstance(block, Equation)]
    assert {type(equation.points) for equation in equations} == points


@EACH
def test_a_block_conforms(name):
    found = conforms(SAMPLES[name], NET)
    assert found.good, str(found)


class Own(Block):
    """A block that is wrong in ways that one chooses."""

    x: jax.Array
    fault: str = eqx.field(static=True, default="")

    @property
    def every(self):
        return 1 if self.fault == "points" else 0

    @property
    def rows(self):
        return 3 if self.fault == "description" else len(self.x)

    def draw(self, key=None, view=None):
        return At.of(self.x)

    def elsewhere(self, key, view=None):
        return At.of(self.x) if self.fault == "elsewhere" else None

    def raw_residuals(self, view, batch):
        found = jax.vmap(view.physical)(batch.x).T
        if self.fault == "gradient":
            found = jax.lax.stop_gradient(found) + 0.1 * found
        return found - found.mean() if self.fault == "rows" else found

    def scales(self, batch):
        n = len(batch.weight)
        return jnp.full((1, n), n**-0.5) if self.fault == "padding" else super().scales(batch)

    def losses(self, view, batch):
        losses = super().losses(view, batch)
        return {"squares": 2 * losses, "losses": losses / 0}.get(self.fault, losses)

    def only(self, keep):
        wrong = self.fault == "parts"
        return Own(("other",) if wrong else self.names, self.order, self.x, self.fault)


@pytest.mark.parametrize(
    "fault",
    [
        "", "description", "points", "elsewhere", "losses", "squares", "gradient", "rows",
        "padding", "parts",
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_block_is_found_and_nothing_else(fault):
    found = conforms(Own(("own",), 0, jnp.asarray(X), fault), NET)
    failed = {result.case for result in found.failures}
    spread = {"losses": failed, "rows": {"rows", "padding"}}  # what makes other cases fail, too
    assert fault in failed or not fault
    assert failed == spread.get(fault, {fault} - {""}), str(found)


def test_what_is_no_block_is_refused():
    with pytest.raises(ConfigError, match="conforms tries a block"):
        conforms(DATA, NET)  # pyright: ignore


def test_the_example_of_an_own_block_conforms_and_is_trained():
    place = Path(__file__).parents[2] / "examples" / "ex07_own_block.py"
    own = runpy.run_path(str(place))
    block, start = own["ByQuadrature"].on(4), Surrogate.on(own["BOX"], ("u",))
    found = conforms(block, start)
    assert found.good, str(found)
    fitted = fit(start, block, optimiser=SSBroyden(), epochs=100, records=2)
    assert fitted.history.loss[-1, 0] < 1e-3 * fitted.history.loss[0, 0]


# ---- what it means in a loss and in a training


@EACH
def test_a_weight_multiplies_by_itself(name):
    block = SAMPLES[name]
    loss, view = Loss((block, Equation("beside", slope, X[:3], order=1))), View.of(NET)
    drawn = [b.draw(jax.random.key(0), view) for b in loss.blocks]
    losses = loss.losses(view, drawn)
    assert losses.shape == (len(block.names) + 1,)
    np.testing.assert_allclose(losses[:-1], block.losses(view, drawn[0]), rtol=1e-14)
    per_entry = loss.per_entry(jnp.arange(1.0, len(losses) + 1))
    np.testing.assert_array_equal(per_entry[0], 1 + block.term_of)
    assert per_entry[1].tolist() == [len(losses)]


WAYS = {
    "Adam": Adam(1e-3, None),
    "batches": Adam(1e-3, batch_size=5),
    "LM": LevenbergMarquardt(),
    "SSBroyden": SSBroyden(hold=4),
}


def trained(block, optimiser, **how):
    """One more block beside it, so that nothing rests on there being one."""
    beside = Equation("beside", slope, X[:3], order=1)
    settings = {"epochs": 8, "records": 2, "check": False, "weighting": Unweighted()} | how
    return fit(NET, [block, beside], optimiser=optimiser, **settings)


@pytest.mark.filterwarnings("ignore::sobolev.errors.EquationWarning")  # 3 points, fitted
@pytest.mark.parametrize("way", WAYS)
@EACH
def test_who_can_take_a_block_trains_on_it_and_who_cannot_says_so(name, way):
    block, optimiser = SAMPLES[name], WAYS[way]
    kind = type(optimiser).__name__
    if block.estimated and not optimiser.first_order:
        with pytest.raises(ConfigError, match=rf"{kind} looks for the least loss of one.*'curved'"):
            trained(block, optimiser)
    elif optimiser.least_squares and not block.least_squares:
        with pytest.raises(ConfigError, match=r"LevenbergMarquardt works on residuals.*'energy'"):
            trained(block, optimiser)
    elif way == "batches" and not block.rowwise and not block.every:  # drawn ones are seen whole
        with pytest.raises(ConfigError, match=r"in batches, and a residual.*give batch_size=None"):
            trained(block, optimiser)
    else:
        fitted = trained(block, optimiser)
        assert fitted.good, fitted.result
        assert fitted.history.terms == (*block.names, "beside")
        change = np.abs(np.diff(fitted.history.loss, axis=0)).max(axis=1)
        assert np.all(change > 0)
        if not block.every:
            assert fitted.history.loss[-1].sum() < fitted.history.loss[0].sum()


def test_a_chain_is_refused_by_the_part_that_cannot():
    with pytest.raises(ConfigError, match="LevenbergMarquardt works on residuals"):
        trained(SAMPLES["functional"], Then(Adam(1e-3, None), 2, LevenbergMarquardt()))
    with pytest.raises(ConfigError, match=r"TangentKernel works on residuals.*'energy' has not"):
        trained(SAMPLES["functional"], WAYS["Adam"], weighting=TangentKernel())


@pytest.mark.parametrize(
    "name, said",
    [
        ("fresh", "ResidualAttention remembers single points"),
        ("mapped", "need residuals in rows, which the term"),
        ("functional", "need residuals in rows, which the term"),
    ],
)
def test_weights_of_points_need_rows_that_stay(name, said):
    with pytest.raises(ConfigError, match=said):
        trained(SAMPLES[name], WAYS["Adam"], point_weights=ResidualAttention())


@pytest.mark.filterwarnings("ignore::sobolev.errors.EquationWarning")
def test_the_optimiser_that_is_chosen_can_take_the_blocks():
    for name, block in SAMPLES.items():
        assert trained(block, None, epochs=1, records=1).optimiser, name


def test_terms_of_weight_zero_are_left_out_where_a_block_can_be_divided():
    equations = SAMPLES["equations"]
    for weights, kept in (([0.0, 2.0, 1.0], [0, 2, 1]), ([0.0, 0.0, 1.0], [0, 0, 1])):
        fixed = Fixed(lambda energies, w=weights: jnp.asarray(w))
        fitted = trained(equations, LBFGS(), weighting=fixed)
        assert fitted.history.weight[-1].tolist() == kept and fitted.good
