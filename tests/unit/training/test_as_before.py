"""Arguments of `fit` by their old names: they warn, and do what they did."""

import pytest
from helpers import net, table
from trainings import same

from sobolev import Checkpoint, Stop, fit
from sobolev.errors import ConfigError
from sobolev.optimisers import Adam
from sobolev.training import Placement
from sobolev.weighting import ResidualAttention

TRAIN, VALID = table(), table(9, seed=1)
HOW = {"optimiser": Adam(1e-2, None), "epochs": 6, "records": 6, "check": False}


@pytest.mark.parametrize(
    "old, new",
    [
        ({"keep": "last"}, {"stop": Stop(keep_best=False)}),
        ({"keep": "best"}, {}),
        ({"patience": 2}, {"stop": Stop(patience=2)}),
        ({"seconds": 0.0}, {"stop": Stop(seconds=0.0)}),
        ({"part": 7}, {"placement": Placement(7)}),
        ({"devices": None}, {"placement": Placement(devices=None)}),
        ({"points": ResidualAttention()}, {"point_weights": ResidualAttention()}),
    ],
)
def test_an_old_name_warns_and_does_what_it_did(old, new):
    (name,) = old
    with pytest.warns(DeprecationWarning, match=rf"fit\({name}=\.\.\.\) is fit\(.*next version"):
        before = fit(net(TRAIN), TRAIN, VALID, **HOW, **old)
    now = fit(net(TRAIN), TRAIN, VALID, **HOW, **new)
    if "seconds" in old:
        assert before.outcome is now.outcome
    else:
        same(before, now)


def test_how_often_a_checkpoint_is_saved_has_moved_into_it(tmp_path):
    path, saved = tmp_path / "c.npz", []
    with pytest.warns(DeprecationWarning, match=r"checkpoint=Checkpoint\(path, every=\.\.\.\)"):
        fit(net(TRAIN), TRAIN, **HOW, checkpoint=path, every=0, progress=lambda p: saved.append(p))
    assert [p.saved for p in saved] == [1, 2, 3, 4, 5, 6]
    again = fit(net(TRAIN), TRAIN, **HOW, checkpoint=Checkpoint(path, 1e9))
    assert again.history.epoch[-1] == 6


def test_what_fit_never_had_is_refused():
    with pytest.raises(TypeError, match="unexpected keyword argument 'patients'"):
        fit(net(TRAIN), TRAIN, patients=3)
    with pytest.raises(ConfigError, match="unknown keep 'first'"), pytest.warns(DeprecationWarning):
        fit(net(TRAIN), TRAIN, keep="first")
