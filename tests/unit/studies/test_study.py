"""The study on a tiny table: complete, the same twice, resumable; controls are what they say."""

import json

import numpy as np
import pytest

import sobolev as sb
from sobolev.studies import StudySettings, parts, run_study
from sobolev.studies.job import Bench, best_rates
from sobolev.studies.run import _names
from sobolev.studies.schemes import adaptive, controls, weighting
from sobolev.studies.settings import NAMES
from sobolev.work.progress import Progress

SETTINGS = StudySettings(
    networks=((4,), (3, 2)),
    budgets=(3, 8),
    schemes=("cd_own",),
    initialisations=2,
    batch_size=8,
    learning_rate=0.01,
    rate=0.1,
    tuning_rates=(0.01, 0.05),
    tuning_initialisations=1,
    epochs_per_trial=(2.0, 0.0),
    records=8,
)


def table() -> tuple[sb.Dataset, sb.Dataset]:
    x, group = sb.designs.staggered_grid(6)(sb.Box(("a", "b"), (1, 0), (3, 5)))
    a, b = x.T
    y = np.sin(a) * b
    slopes = np.stack([np.cos(a) * b, np.sin(a)], axis=-1)
    data = sb.Dataset(x, y[:, None], slopes[:, None], inputs=("a", "b"), group=group)
    return data.split()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return run_study(SETTINGS, table(), tmp_path_factory.mktemp("study"), workers=1)


def read(folder) -> dict:
    return json.loads((folder / "results.json").read_text())


def numbers(folder) -> list[dict]:
    timing = ("wall_s", "cpu_s")
    return [{k: v for k, v in r.items() if k not in timing} for r in read(folder)["records"]]


def test_one_record_for_each_network_budget_scheme_and_seed(folder):
    found = {(r["network"], r["budget"], r["scheme"], r["seed"]) for r in numbers(folder)}
    names = {s["name"] for s in read(folder)["schemes"]}
    expected = {
        (network, budget, name, seed)
        for network in ("4", "3-2")
        for budget in SETTINGS.budgets
        for name in names
        for seed in SETTINGS.seeds
        if (network, name) != ("3-2", "lm")  # switched off there
    }
    assert names == {
        *("nn", "snn", "snn_tuned", "inverse_energy", "lm"),
        *(f"{s}{c}" for s in SETTINGS.schemes for c in ("", "__normalised", "__replay", "__tuned")),
    }
    assert found == expected
    assert len(numbers(folder)) == len(expected)


def test_the_same_settings_give_the_same_numbers_and_stored_jobs_are_taken_up(folder, tmp_path):
    first = numbers(folder)
    kept = sorted((folder / "parts").iterdir())
    again = tmp_path / "again"
    (again / "parts").mkdir(parents=True)
    # A killed study: half of the jobs are there, one of them damaged.
    for part in kept[::2]:
        (again / "parts" / part.name).write_bytes(part.read_bytes())
    damaged = again / "parts" / kept[0].name
    damaged.write_bytes(damaged.read_bytes()[:-1])
    seen = []
    run_study(SETTINGS, table(), again, workers=2, progress=seen.append)
    assert numbers(again) == first
    assert seen[0] == Progress("trainings", len(kept[::2]) - 1, len(kept))
    assert seen[-1] == Progress("trainings", len(kept), len(kept))


def test_a_part_of_other_settings_is_not_taken_up(folder):
    part = next((folder / "parts").glob("*__nn.npz"))
    train, valid = table()
    mine = parts.fingerprint(SETTINGS, train, valid, sb.__version__)
    other = parts.fingerprint(StudySettings(), train, valid, sb.__version__)
    assert parts.load(part, mine) is not None
    assert parts.load(part, other) is None


def test_every_scheme_starts_from_the_same_parameters(folder):
    with np.load(folder / "histories.npz") as arrays:
        for network in ("4", "3-2"):
            starts = {
                key: arrays[key][:, 0]
                for key in arrays.files
                if key.startswith(f"{network}/") and key.endswith("/loss")
            }
            reference = starts[f"{network}/snn/loss"]
            assert len(starts) == (9 if network == "4" else 8)
            for key, start in starts.items():
                np.testing.assert_allclose(start, reference, rtol=1e-12, err_msg=key)
            assert not np.allclose(reference[0], reference[1])  # the initialisations differ


def test_controls_are_what_they_say(folder):
    with np.load(folder / "histories.npz") as arrays:
        own, normalised, replay = (
            arrays[f"4/cd_own{c}/weight"] for c in ("", "__normalised", "__replay")
        )
    assert own[:, -1].max() > 1.05  # the scheme moves its weights at all
    np.testing.assert_allclose(normalised.mean(axis=2), 1, rtol=1e-12)
    assert np.ptp(normalised[:, -1], axis=1).min() > 1e-3
    np.testing.assert_array_equal(replay, replay[..., :1] * np.ones(3))
    np.testing.assert_allclose(replay[..., 0], own.mean(axis=2), rtol=1e-12)


def test_a_record_is_the_error_of_a_fit_that_anyone_can_repeat(folder):
    train, valid = table()
    fitted = sb.fit(
        sb.Surrogate.mlp(train, (3, 2), key=1),
        train,
        valid,
        weighting=weighting("cd_own", SETTINGS),
        optimiser=sb.optimisers.Adam(0.01, 8),
        epochs=3,
        seed=1,
    )
    errors = sb.evaluate(fitted.surrogate, valid)
    (record,) = (
        r
        for r in numbers(folder)
        if (r["network"], r["budget"], r["scheme"], r["seed"]) == ("3-2", 3, "cd_own", 1)
    )
    assert record["relative_h1"] == pytest.approx(errors.relative_h1, rel=1e-9)
    assert record["rmse"] == pytest.approx({t.name: t.rmse for t in errors.terms}, rel=1e-9)
    assert record["steps"] == 3 * 3  # 18 rows in batches of 8
    assert record["weights"] == pytest.approx(fitted.history.weight[-1].tolist(), rel=1e-9)


def test_a_run_that_failed_is_recorded_as_failed(tmp_path):
    settings = StudySettings(
        networks=((3,),),
        budgets=(4,),
        schemes=(),
        initialisations=1,
        batch_size=8,
        learning_rate=1e300,
        tuning_rates=(1e-3,),
        tuning_initialisations=1,
        epochs_per_trial=(0.0,),
    )
    records = numbers(run_study(settings, table(), tmp_path, workers=1))
    (snn,) = (r for r in records if r["scheme"] == "snn")
    assert snn["relative_h1"] is None
    assert set(snn["rmse"].values()) == {None}
    assert "not finite" in snn["result"]


def test_the_tuned_rate_is_the_best_of_the_sweep_for_each_budget(folder):
    sweep = [row for row in read(folder)["tuning"] if row["network"] == "4"]
    assert {(r["budget"], r["learning_rate"]) for r in sweep} == {
        (b, η) for b in (3, 8) for η in (0.01, 0.05)
    }
    for record in numbers(folder):
        if record["network"] == "4" and record["scheme"] == "snn_tuned":
            mine = [r for r in sweep if r["budget"] == record["budget"]]
            best = min(mine, key=lambda r: r["median_relative_h1"])
            assert record["learning_rate"] == best["learning_rate"]
    assert not set(SETTINGS.seeds) & set(SETTINGS.tuning_seeds)


def test_best_rates_prefers_the_smaller_error():
    rows = [
        {"budget": 1, "learning_rate": 0.1, "median_relative_h1": 0.5},
        {"budget": 1, "learning_rate": 0.2, "median_relative_h1": 0.4},
        {"budget": 2, "learning_rate": 0.1, "median_relative_h1": 0.1},
        {"budget": 2, "learning_rate": 0.2, "median_relative_h1": 0.3},
    ]
    assert best_rates(rows) == {1: 0.2, 2: 0.1}


@pytest.mark.parametrize("name", NAMES)
def test_every_named_scheme_can_be_made_and_described(name):
    made = weighting(name, SETTINGS)
    assert bool(made.needs) == (not name.startswith("lmax"))
    scheme = adaptive(name)
    assert scheme.kind == "adaptive"
    assert {c.control for c in controls(scheme)} == {"normalised", "replay", "tuned"}


def test_levenberg_marquardt_runs_only_where_its_trials_are_given():
    train, valid = table()
    on, off = (Bench(SETTINGS, hidden, train, valid) for hidden in SETTINGS.networks)
    assert "lm" in _names(SETTINGS, on)
    assert "lm" not in _names(SETTINGS, off)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schemes": ("cd_won",)}, "unknown scheme 'cd_won'"),
        ({"schemes": ("lmax", "lmax")}, "named twice"),
        ({"networks": ()}, "widths"),
        ({"networks": ((0,),)}, "widths"),
        ({"budgets": (0,)}, "budgets"),
        ({"initialisations": 0}, "initialisation"),
        ({"learning_rate": -1.0}, "learning rates"),
        ({"tuning_rates": ()}, "tuning"),
        ({"rate": 0.0}, "rate of the weights"),
        ({"batch_size": 0}, "batch_size"),
        ({"epochs_per_trial": (1.0,)}, "epochs_per_trial"),
    ],
)
def test_settings_refuse(change, words):
    with pytest.raises(sb.errors.ConfigError, match=words):
        StudySettings(**change)


def test_sources_and_folders_are_refused_clearly(tmp_path):
    with pytest.raises(sb.errors.DataError, match="unknown study 'tlak'"):
        run_study(SETTINGS, "tlak", tmp_path / "x")
    (tmp_path / "file").write_text("")
    with pytest.raises(sb.errors.OutputError, match="cannot make the folder"):
        run_study(SETTINGS, table(), tmp_path / "file" / "study")
