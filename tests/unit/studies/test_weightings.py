"""The comparison of weightings: what is said follows from the numbers, and from nothing else."""

import itertools
import json
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cli_runs import quiet as quiet
from cli_runs import refused, run
from scipy.stats import wilcoxon

from sobolev import SobolevLoss
from sobolev.errors import ConfigError
from sobolev.optimisers import Optimiser
from sobolev.records.comparison import Run, verdicts
from sobolev.studies import ComparisonSettings, compare
from sobolev.studies.cells import Training
from sobolev.studies.engine import FILE
from sobolev.studies.presets.weightings.catalogue import (
    BASELINE,
    baseline,
    compared,
    names,
    optimiser_of,
    weighting_of,
)
from sobolev.studies.presets.weightings.sweep import Sweep, best_rate
from sobolev.studies.problems.built_in import noisy, spread
from sobolev.studies.problems.burgers import burgers
from sobolev.studies.problems.orders import exact, operators, orders
from sobolev.studies.problems.problem import of_data
from sobolev.weighting import Scheme
from sobolev.weighting.conformance import ordinary, recorded
from sobolev.work.serial import Serial


def records(scheme, errors, rate=0.01):
    return [
        Run("p", scheme, "plain", rate, seed, tuning=False, error=error)
        for seed, error in enumerate(errors)
    ]  # fmt: skip


BASE = [1.0, 1.1, 0.9, 1.2, 1.05, 0.95, 1.15, 0.85]


def test_what_is_always_smaller_is_better_and_noise_is_not_told_apart():
    half = [e / 2 for e in BASE]
    mixed = [e * f for e, f in zip(BASE, [1.1, 0.9, 1.2, 0.8, 1.05, 0.97, 1.02, 0.9], strict=True)]
    twice = [e * 2 for e in BASE]
    data = [
        *records(BASELINE, BASE), *records("a", half), *records("b", mixed), *records("c", twice),
    ]  # fmt: skip
    found = {v.scheme: v for v in verdicts(data)}
    assert next(v.scheme for v in verdicts(data)) == "a"
    assert {n: v.says for n, v in found.items()} == {
        "a": "better", "b": "not told apart", "c": "worse", BASELINE: "not told apart",
    }  # fmt: skip
    assert found["a"].ratio == 0.5 and found["c"].ratio == 2.0
    single = wilcoxon(np.log(half) - np.log(BASE)).pvalue
    np.testing.assert_allclose(found["a"].p, 3 * single)  # Holm over three schemes


def test_a_scheme_that_fails_is_worse_and_its_failures_are_counted():
    data = [*records(BASELINE, BASE), *records("a", [np.inf] * 8)]
    (verdict,) = [v for v in verdicts(data) if v.scheme == "a"]
    assert verdict.says == "worse" and verdict.failed == 8


def test_the_rate_is_chosen_by_the_median_of_the_tuning_runs():
    data = {
        Training(rate, seed, 5, tuning=True): error
        for rate, errors in {0.1: (1, 1, 9), 0.2: (2, 2, 0.1), 0.3: (np.inf,) * 3}.items()
        for seed, error in enumerate(errors)
    }
    assert best_rate(data) == 0.1


def played(error, rates=(0.01, 0.1), seeds=range(2)):
    """All trainings in the order in which they are asked for; `error(rate)` is what they give."""
    done, sweep = {}, Sweep(rates, range(7, 9), seeds, 5)
    while (step := sweep.following(done)) is not None:
        done[step] = error(step.rate)
    return list(done), done


def test_a_sweep_goes_on_beyond_its_end_until_the_best_rate_lies_inside():
    order, _ = played(lambda rate: abs(np.log(rate / 1.1)))
    assert [s.rate for s in order if s.tuning] == [0.01, 0.01, 0.1, 0.1, 0.3, 0.3, 1, 1, 3, 3]
    assert order[-2:] == [Training(1.0, 0, 5), Training(1.0, 1, 5)]
    order, _ = played(lambda rate: rate)
    assert [s.rate for s in order if s.tuning][4::2] == [0.003, 0.001, 0.0003]  # and no further
    assert {s.rate for s in order if not s.tuning} == {0.0003}
    assert {s.rate for s in played(lambda rate: 1.0, rates=(0.1,))[0]} == {0.1}


def test_what_is_done_is_not_done_again_and_more_may_be_asked():
    _, done = played(lambda rate: abs(np.log(rate / 0.1)))
    more = Sweep((0.01, 0.1), range(7, 9), range(3), 5).following(done)
    assert more == Training(0.1, 2, 5)
    # What others have tried does not belong to this sweep.
    others = done | {Training(9.0, 7, 5, True): 0.0, Training(0.01, 99, 5, True): 0.0}
    fewer = Sweep((0.01, 0.1), range(7, 9), range(1), 5).asked(others)
    assert [t.seed for t in fewer if not t.tuning] == [0]
    assert len([t for t in fewer if t.tuning]) == 6  # 0.3 was tried too
    longer = Sweep((0.01, 0.1), range(7, 9), range(3), 6).following(done)
    assert longer == Training(0.01, 7, 6, True)


def test_tuning_never_sees_an_initialisation_that_is_compared():
    settings = ComparisonSettings()
    assert not set(settings.seeds) & set(settings.tuning_seeds)
    posed = of_data(*noisy())
    assert settings.cells("noisy", posed)[0] == ("noisy", BASELINE, "plain")
    only = ComparisonSettings(schemes=("log_sum",), variants=("plain",)).cells("noisy", posed)
    assert only == [("noisy", BASELINE, "plain"), ("noisy", "log_sum", "plain")]


def test_an_equation_has_no_energy_to_balance_by():
    posed = replace(of_data(*noisy()), energies=False)
    cells = ComparisonSettings(variants=("plain",)).cells("p", posed)
    schemes = [scheme for _, scheme, _ in cells]
    assert schemes[0] == baseline(False) == "unweighted" and len(set(schemes)) == len(schemes)
    assert BASELINE not in schemes and not any("balanced" in scheme for scheme in schemes)
    assert {name.removesuffix("_balanced") for name in names(True)} - {BASELINE} == set(schemes)


def test_the_energies_of_the_spread_problem_are_four_decades_apart():
    train, valid = spread()
    y, slopes = train.y - train.y.mean(), train.jacobian[:, 0]
    energies = np.array([np.mean(y**2), *np.mean(slopes**2, axis=0)])
    assert 3e3 < energies.max() / energies.min() < 3e4
    assert not {tuple(x) for x in train.x} & {tuple(x) for x in valid.x}


def test_noise_is_on_the_slopes_that_are_trained_on_only():
    train, valid = noisy()
    exact = 3 * np.cos(3 * valid.x[:, 0]) * np.exp(valid.x[:, 1] / 2)
    np.testing.assert_allclose(valid.jacobian[:, 0, 0], exact)
    exact = 3 * np.cos(3 * train.x[:, 0]) * np.exp(train.x[:, 1] / 2)
    off = train.jacobian[:, 0, 0] - exact
    assert 0.15 < np.std(off) / np.sqrt(np.mean(exact**2)) < 0.25


@pytest.mark.parametrize("name", dict.fromkeys((*names(True), *names(False))))
def test_every_scheme_of_the_catalogue_can_be_made(name):
    assert isinstance(weighting_of(name, 3), Scheme)
    assert isinstance(optimiser_of(name, "plain", lambda step: 0.01), Optimiser)
    assert compared(name, "plain") and compared(name, "β₂ = 0.99")


def weights_along(scheme):
    """w along a recorded descent of three terms, `[T, 3]`."""
    weighting = weighting_of(scheme, 3)
    record = recorded(ordinary(3), vectors=weighting.vectors)

    @jax.jit
    def along(statistics, after):
        def step(state, at):
            weights, state = weighting.update(at[0], state)
            state = weighting.after(at[1], state)
            return state, weights

        return jax.lax.scan(step, weighting.init(record.energies), (statistics, after))[1]

    return along(record.statistics, record.after)


def test_no_two_schemes_of_the_catalogue_are_the_same():
    """Twice the same one would say a thing twice, and Holm would count it twice."""
    made = {name: weights_along(name) for name in names() if compared(name, "unit length")}
    # Some hold their weights for more steps than are recorded here. ConFIG and IMTL-G are the same
    # direction with another length, so lengths count.
    moving = {name: w for name, w in made.items() if not np.allclose(w, w[0], rtol=1e-6)}
    assert len(moving) >= 30
    for a, b in itertools.combinations(moving, 2):
        assert not np.allclose(made[a], made[b], rtol=1e-6), (a, b)


def test_steps_made_of_rows_have_no_combined_gradient_to_divide_by():
    without = {name for name in names() if not compared(name, "unit length")}
    assert without == {"multi_adam", "momentum_config"}


def test_the_command_trains_compares_and_goes_on_where_it_was(tmp_path):
    (tmp_path / "c.toml").write_text(
        'problems = ["noisy"]\nschemes = ["unweighted"]\nvariants = ["plain", "unit length"]\n'
        "rates = [0.01]\nsteps = 5\nhidden = [3]\ninitialisations = 2\ntuning_initialisations = 1\n"
    )
    command = "study", "weighting", "--out", tmp_path / "w", "--config", tmp_path / "c.toml"
    first = run(*command, "--workers", 1)
    assert first.exit_code == 0, first.output
    assert "noisy, plain" in first.stdout and "unweighted" in first.stdout
    content = json.loads((tmp_path / "w" / "comparison.json").read_text())
    assert len(content["records"]) == 2 * 2 * (1 + 2) and len(content["verdicts"]) == 4
    kept = tmp_path / "w" / FILE
    before = kept.read_bytes()
    assert run(*command, "--workers", 1).stdout == first.stdout
    assert kept.read_bytes() == before


def test_what_is_not_known_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="unknown scheme 'best': choose among unweighted"):
        ComparisonSettings(schemes=("best",))
    (tmp_path / "c.toml").write_text("rates = [-1.0]\n")
    command = "study", "weighting", "--out", tmp_path / "w", "--config", tmp_path / "c.toml"
    refused(run(*command), "rates are one or more numbers > 0")


def test_the_labels_of_all_orders_are_derivatives_of_the_values():
    draw = np.random.RandomState(3)
    waves = [
        (10 * draw.rand() - 5, 10 * draw.rand() - 5, 2 * np.pi * draw.rand(),
         2 * np.pi * draw.rand(), draw.randint(1, 5), draw.randint(1, 5))
        for _ in range(20)
    ]  # fmt: skip

    def u(p):
        return jnp.stack([
            sum(a * jnp.cos(k * p[0] + f) * b * jnp.sin(m * p[1] + g) for a, b, f, g, k, m in waves)
        ])  # fmt: skip

    points = np.random.default_rng(0).uniform(0, 2 * np.pi, (5, 2))
    found = np.stack([np.r_[u(p), operators(u, p)] for p in jnp.asarray(points)])
    np.testing.assert_allclose(exact(points), found, rtol=1e-9, atol=1e-9)
    energies = np.mean(exact(orders().train.x) ** 2, axis=0)
    assert 1e4 < energies.max() / energies.min() < 1e5
    assert orders().terms == 5


def test_burgers_equation_is_posed_as_published():
    posed = burgers()
    assert posed.terms == 3 and not posed.energies
    # As published: the other terms are measured by the equation.
    names = [term.name for term in SobolevLoss.of(posed.train).terms]
    names += [name for equation in posed.equations for name in equation.names]
    assert names[posed.main] == "equation"
    assert weighting_of("rate_annealing", 3, posed.main).reference == posed.main


@pytest.mark.parametrize("problem, variant", [("orders", "plain"), ("burgers", "unit length")])
def test_what_has_equations_is_compared_too(tmp_path, problem, variant):
    settings = ComparisonSettings(
        problems=(problem,), schemes=("config",), variants=(variant,), rates=(0.01,), steps=3,
        hidden=(4,), initialisations=1, tuning_initialisations=1,
    )  # fmt: skip
    found = {v.scheme: v for v in compare(settings, tmp_path, workers=Serial())}
    assert set(found) == {"config", baseline(problem == "orders")}
    assert all(v.baseline == baseline(problem == "orders") for v in found.values())
    assert all(np.isfinite(v.median) for v in found.values())
