"""The default training: several starts, rows held out for a while, then all rows."""

import signal

import numpy as np
import pytest

import sobolev as sb
from sobolev.function import conforms
from sobolev.kriging.noise import NoiseSeen
from sobolev.records.over_rows import over_rows
from sobolev.selection import best_fit as module
from sobolev.selection.held_out import only, parts_held_out, without
from sobolev.selection.judged import Judge, Judged
from sobolev.selection.starts import Start, Trial
from sobolev.selection.widths import widths
from sobolev.training import Interrupted

SMALL = {"hidden": (3,), "epochs": 12, "records": 3}


def hill(n, noise=0.0, seed=0):
    """exp(a + b/2), with noise relative to what each label varies by."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (n, 2))
    y = np.exp(x @ [1.0, 0.5])
    dy = y[:, None] * np.array([1.0, 0.5])
    y = y + noise * y.std() * rng.standard_normal(n)
    dy = dy + noise * dy.std(0) * rng.standard_normal(dy.shape)
    return sb.Dataset(x, y[:, None], dy[:, None], inputs=("a", "b"), outputs=("f",))


@pytest.fixture(scope="module")
def best():
    return sb.best_fit(hill(40), **SMALL | {"epochs": 60})


def test_the_error_that_is_said_is_that_of_a_surrogate_that_had_not_seen_these_rows(best):
    (judge,), data = best.judges, hill(40)
    assert len(judge.rows) == 8 and best.worth.rows == 8
    told = sb.evaluate(judge.surrogate, data.rows(judge.rows))
    assert best.worth.values.relative == pytest.approx(
        np.sqrt(np.mean((judge.surrogate.value(judge.x) - data.y[judge.rows]) ** 2))
        / np.sqrt(np.mean((data.y[judge.rows] - best.surrogate.scaling.y_shift) ** 2))
    )
    assert best.starts[0].error == pytest.approx(told.relative_h1, rel=1e-6)
    assert sb.evaluate(best.judged, data.rows(judge.rows)).relative_h1 == told.relative_h1
    assert best.worth.values.low < best.worth.values.relative < best.worth.values.high


def test_in_the_end_all_rows_are_trained_on(best):
    (judge,), data = best.judges, hill(40)
    held = data.rows(judge.rows)
    after, before = (sb.evaluate(s, held).relative_h1 for s in (best.surrogate, judge.surrogate))
    assert after < before
    assert "8 rows that were held out at first" in best.said[0]
    assert "trained on all 40 rows" in best.said[0]


def test_the_start_that_is_best_in_rows_held_out_is_taken(best):
    assert len(best.starts) == 8 and len({s.name for s in best.starts}) == 2
    assert best.starts[0].error == min(start.error for start in best.starts)
    assert best.network == best.starts[0].name and len(best.said) == 5


def test_noisy_labels_are_judged_by_the_evidence():
    data = hill(40, 0.1)
    found = sb.best_fit(data, hidden=(3,), epochs=100)
    evidence = [start.evidence for start in found.starts]
    assert found.optimiser.startswith("Bayesian") and evidence[0] == max(evidence)
    assert len(evidence) == 4 and found.evidence is not None
    assert 0.05 < found.noise.slopes < 0.2
    assert any("the evidence says" in line for line in found.said)
    assert sb.evaluate(found.surrogate, hill(200, seed=1)).relative_h1 < 0.1


def test_what_noise_does_not_explain_is_tried_as_exact(monkeypatch):
    """A wave that few rows cannot follow may look noisy; rows held out decide."""
    tried = []
    monkeypatch.setattr(module, "noise_of", lambda data: NoiseSeen(0.05, 0.05))
    monkeypatch.setattr(module, "DOUBTFUL", 0.0)
    original = module._Plan.way

    def spy(plan, noisy):
        found = original(plan, noisy)
        tried.append((noisy, found))
        return found

    monkeypatch.setattr(module._Plan, "way", spy)
    x = np.random.default_rng(0).uniform(-1, 1, (30, 2))
    y, dy = np.cos(4 * x).sum(axis=1), -4 * np.sin(4 * x)
    found = sb.best_fit(sb.Dataset(x, y[:, None], dy[:, None]), hidden=(8,), epochs=60)
    assert [noisy for noisy, _ in tried] == [True, False]
    (_, evidence), (_, exact) = tried
    assert found.optimiser.startswith("Bayesian") != exact.clearly_better(evidence)


def test_one_far_row_does_not_make_a_way_better(monkeypatch):
    """A row at a corner may rule the root mean square; what learns the noise loses in most rows."""
    ways = {}
    for name, rows in {
        "evidence": [0.1] * 9 + [3.0],
        "learns noise": [0.2] * 9 + [0.5],
        "learns more": [0.05] * 9 + [0.5],
    }.items():
        error = float(np.sqrt(np.mean(np.square(rows))))
        start = Start(None, 0, None, (np.array(rows),), error)
        trial = Trial(None, [np.arange(10)], None, None, "", 0, ())
        plan = module._Plan(hill(10), None, None, 0, 1, None, None, None)
        ways[name] = module._Way(plan, trial, [start])
    monkeypatch.setattr(module, "misfit", lambda rows, data: rows)
    assert not ways["learns noise"].clearly_better(ways["evidence"])
    assert ways["learns more"].clearly_better(ways["evidence"])
    assert not ways["evidence"].clearly_better(ways["learns more"])


def test_many_noisy_rows_are_tried_on_some(monkeypatch):
    monkeypatch.setattr(module, "MOST_LABELS", 60)
    found = sb.best_fit(hill(40, 0.1), hidden=(3,), epochs=100)
    assert found.optimiser.startswith("Bayesian") and len(found.judges[0].rows) == 8
    assert found.worth.slopes.relative < 0.3


def test_of_few_rows_each_is_held_out_once():
    data = hill(14)
    found = sb.best_fit(data, **SMALL)
    rows = np.concatenate([judge.rows for judge in found.judges])
    assert len(found.judges) == 5 and sorted(rows) == list(range(14))
    np.testing.assert_array_equal(found.rows_held_out, np.arange(14))
    assert "a part held out at a time in 5 trainings" in found.said[0]
    none = sb.best_fit(hill(6), **SMALL)
    assert none.worth is None and "6 rows are too few" in none.said[0]


def test_valid_rows_are_never_trained_on_and_judge():
    found = sb.best_fit(hill(20), hill(9, seed=5), **SMALL)
    told = sb.evaluate(found.surrogate, hill(9, seed=5))
    assert found.worth.rows == 9 and not found.judges
    assert found.worth.values.relative == pytest.approx(told.terms[0].relative)
    assert "9 rows that it was never trained on" in found.said[0]


@pytest.mark.parametrize("stage", ["m.npz", "m.all.npz"])
def test_interrupted_in_either_training_it_goes_on_to_the_same_bits(tmp_path, stage, monkeypatch):
    data, path = hill(30), tmp_path / "m.npz"
    whole = sb.best_fit(data, **SMALL)

    def stop(progress):
        if progress.what == "epochs" and (tmp_path / stage).exists() and progress.done > 3:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted, match=f"are kept in .*{stage}"):
        sb.best_fit(data, **SMALL, checkpoint=path, progress=stop)
    again = sb.best_fit(data, **SMALL, checkpoint=path)
    for ours, theirs in zip(again.surrogate.network.layers, whole.surrogate.network.layers,
                            strict=True):  # fmt: skip
        np.testing.assert_array_equal(ours.weight, theirs.weight)
    assert again.said == whole.said


def test_rows_are_hidden_but_not_the_last_labels_of_a_kind():
    data = hill(30)
    data.y[2:] = np.nan  # two values, and slopes everywhere
    (part,) = parts_held_out(data, 0)
    assert len(part) == 6
    hidden, seen = without(data, part), only(data, part)
    assert np.isfinite(hidden.y).sum() >= 1 and np.isfinite(hidden.jacobian).sum() == 48
    assert np.all(np.isnan(hidden.jacobian) != np.isnan(seen.jacobian))
    assert not parts_held_out(hill(9), 0)
    found = sb.best_fit(data, **SMALL)
    assert np.isfinite(found.starts[0].error) and found.worth.slopes.rows == 6


def test_judged_answers_as_each_judge_at_its_rows():
    data = hill(12)
    ours, theirs = (sb.Surrogate.mlp(data, (3,), key=key) for key in (0, 1))
    judged = Judged(ours, [Judge(np.array([2, 5]), data.x[[2, 5]], theirs)])
    assert conforms(judged, data.x[:2], order=1)
    value, other = judged.value(data.x), theirs.value(data.x)
    same = np.ravel(value == other)
    assert list(np.flatnonzero(same)) == [2, 5]
    np.testing.assert_array_equal(value[~same], ours.value(data.x)[~same])


def test_an_interval_over_rows_covers():
    rng, covered = np.random.default_rng(0), 0
    for _ in range(200):
        sizes, errors = rng.normal(size=(2, 30)), 0.1 * rng.normal(size=(2, 30))
        found = over_rows(errors, sizes)
        covered += found.low <= 0.1 <= found.high
    assert 0.8 < covered / 200 < 0.97
    assert over_rows(errors, np.full((2, 30), np.nan)) is None


def test_widths_follow_the_number_of_labels():
    few, many = hill(60), hill(900)
    loss = sb.SobolevLoss.of(few)
    assert [widths(d, loss, noisy) for d in (few, many) for noisy in (False, True)] == [
        (24, 24), (24, 24), (24, 24, 24), (16, 16)
    ]  # fmt: skip


def test_what_cannot_be_is_refused():
    with pytest.raises(sb.errors.DataError, match="type str: give a Dataset"):
        sb.best_fit("t.csv")  # type: ignore[arg-type]
    with pytest.raises(sb.errors.ConfigError, match="epochs must be a whole number ≥ 1: got 0"):
        sb.best_fit(hill(20), epochs=0)
