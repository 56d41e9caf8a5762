"""The study on a tiny table: complete, the same twice, resumable; controls are what they say."""

import json
from dataclasses import replace

import numpy as np
import pytest

import sobolev as sb
from sobolev.studies import StudySettings, run_study
from sobolev.studies.engine import FILE
from sobolev.studies.presets.talk.preset import Talk, best_rates
from sobolev.studies.presets.talk.schemes import CONTROLS, described, weighting
from sobolev.studies.presets.talk.settings import NAMES
from sobolev.training.loop.fingerprint import digest
from sobolev.work.progress import Progress
from sobolev.work.serial import Serial

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
    return run_study(SETTINGS, table(), tmp_path_factory.mktemp("study"), workers=Serial())


def read(folder) -> dict:
    return json.loads((folder / "results.json").read_text())


def numbers(folder) -> list[dict]:
    timing = ("wall_s", "cpu_s")
    return [{k: v for k, v in r.items() if k not in timing} for r in read(folder)["records"]]


def key(record: dict) -> tuple:
    return tuple(record[k] for k in ("network", "budget", "scheme", "seed"))


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


def test_the_same_settings_give_the_same_numbers_and_kept_trainings_are_taken_up(folder, tmp_path):
    """A killed study: half of its trainings are there, the last line is torn."""
    again, lines = tmp_path / "again", (folder / FILE).read_bytes().splitlines(keepends=True)
    again.mkdir()
    kept = lines[: len(lines) // 2]
    (again / FILE).write_bytes(b"".join(kept) + lines[len(kept)][:-40])
    seen = []
    run_study(SETTINGS, table(), again, workers=2, progress=seen.append)
    assert numbers(again) == numbers(folder)
    content = (again / FILE).read_bytes()
    assert content.startswith(b"".join(kept)) and content.count(b"\n") == len(lines)
    total = 2 + 2 * (4 + 1) + 1  # sweeps, baselines and scheme of both networks, LM on one
    assert 0 < seen[0].done < total and seen[-1] == Progress("trainings", total, total)


def test_more_initialisations_add_to_what_is_there(folder, tmp_path):
    (tmp_path / FILE).write_bytes((folder / FILE).read_bytes())
    more = replace(SETTINGS, initialisations=3)
    run_study(more, table(), tmp_path, workers=Serial())
    mine, before = ({key(r): r for r in numbers(f)} for f in (tmp_path, folder))
    assert len(mine) == 1.5 * len(before) and all(mine[k] == r for k, r in before.items())
    assert (tmp_path / FILE).read_bytes().startswith((folder / FILE).read_bytes())


CHANGES = {
    "rate of the weights": ({"rate": 0.2}, {"cd_own"}),
    "learning rate": ({"learning_rate": 0.02}, None),
    "batch": ({"batch_size": 9}, None),
    "budgets": ({"budgets": (3, 7)}, None),
    "bounds": ({"clip": (0.5, 2.0)}, set()),
    "where it is looked at": ({"records": 4}, None),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_decides_the_numbers_names_what_is_kept(name):
    """A setting, the data or a scheme that has changed is trained anew, the others are not."""
    change, wanted = CHANGES[name]
    one, other = (Talk(s, *table(), "t") for s in (SETTINGS, replace(SETTINGS, **change)))
    cells = [cell for job in one.jobs() for cell in job if cell.network == "4"]
    if name == "learning rate":  # says which training it is, not which cell
        cell = next(cell for cell in cells if cell.scheme == "snn" and not cell.variant)
        assert one.trainings(cell, {}) != other.trainings(cell, {})
        return
    changed = {c.scheme for c in cells if digest(one.identity(c)) != digest(other.identity(c))}
    assert changed == ({c.scheme for c in cells} if wanted is None else wanted) - (
        {"lm"} if name == "batch" else set()
    )


def test_other_data_are_trained_anew():
    train, valid = table()
    one, other = Talk(SETTINGS, train, valid, "t"), Talk(SETTINGS, valid, train, "t")
    cells = [cell for job in one.jobs() for cell in job]
    keys = [{digest(talk.identity(cell)) for cell in cells} for talk in (one, other)]
    # Plain SNN at the tuned rate is plain SNN at another rate: one of the two, on each network.
    assert len(keys[0]) == len(keys[1]) == len(cells) - 2 and not keys[0] & keys[1]


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
    records = numbers(run_study(settings, table(), tmp_path, workers=Serial()))
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
    assert described(name, "").kind == "adaptive"
    assert set(CONTROLS) == {"normalised", "replay", "tuned"}
    for control in CONTROLS:
        scheme = described(name, control)
        assert (scheme.kind, scheme.of, scheme.control) == ("control", name, control)
        assert scheme.name == f"{name}__{control}"


def test_levenberg_marquardt_runs_only_where_its_trials_are_given():
    talk = Talk(SETTINGS, *table(), "t")
    assert "lm" in talk.names("4")
    assert "lm" not in talk.names("3-2")


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
