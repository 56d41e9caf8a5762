"""What SciPy is given: one point at a time, sent to any process."""

import pickle

import numpy as np
import pytest

from sobolev import Box, bridges, function
from sobolev.errors import ConfigError, DataError

BOX = Box(("a", "b"), (-9.0, -9.0), (9.0, 9.0))
A = np.array([[1.0, 2.0], [3.0, -1.0]])
X = np.array([0.5, -1.0])


def linear(x):
    return A @ x, A, np.zeros((2, 2, 2))


TWO = function.of_callable(linear, BOX, ("y", "z"), order=2)


def test_a_batch_is_refused():
    """Of two points the second would be read as the second output."""
    goal, bound = bridges.objective(TWO, "z"), bridges.constraint(TWO, 0.0, 1.0)
    fitted = bridges.residuals(TWO, [0.0, 1.0])
    asked = goal["fun"], goal["hess"], bound.fun, bound.jac, fitted["fun"], fitted["jac"]
    for each in asked:
        for x in (np.stack([X, X]), X[None], np.zeros((0, 2))):
            with pytest.raises(DataError, match=r"give one point at a time, \[inputs\]"):
                each(x)
    assert bridges.constraint(TWO, outputs=["z", 0]).fun([1, 0]).tolist() == [3.0, 1.0]


@pytest.mark.parametrize(
    ("call", "kind", "sentence"),
    [
        (lambda: bridges.objective(TWO, True), DataError, "no output True: there are y, z"),
        (lambda: bridges.objective(TWO, -1), DataError, "no output -1"),
        (lambda: bridges.objective(TWO, sign=0), ConfigError, "sign is 0: give 1"),
        (lambda: bridges.objective(TWO, sign=np.nan), ConfigError, "sign must be a finite"),
        (lambda: bridges.constraint(TWO, outputs="yz"), DataError, r"give a list, \['yz'\]"),
        (lambda: bridges.residuals(TWO, [1.0]), DataError, "has 1 numbers for 2 outputs"),
        (lambda: bridges.residuals(TWO, [1.0] * 3), DataError, "has 3 numbers for 2 outputs"),
        (lambda: bridges.residuals(TWO, [np.nan] * 2), DataError, "targets are all NaN"),
        *(
            (lambda s=s: bridges.residuals(TWO, [1.0, np.nan], s), ConfigError, "2 positive")
            for s in (0.0, -1.0, np.nan, [1.0, 0.0], [1.0] * 3)
        ),
    ],
)
def test_what_is_no_task(call, kind, sentence):
    with pytest.raises(kind, match=sentence):
        call()


def test_workers_can_be_sent_it():
    goal = pickle.loads(pickle.dumps(bridges.objective(TWO, "y", -1.0)))
    assert goal["fun"](X)[0] == 1.5 and goal["fun"](X)[1].tolist() == [-1.0, -2.0]
    fitted = pickle.loads(pickle.dumps(bridges.residuals(TWO, [np.nan, 1.0], [1.0, 0.5])))
    assert fitted["fun"](X).tolist() == [3.0] and fitted["jac"](X).tolist() == [[6.0, -2.0]]
