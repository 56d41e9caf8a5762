"""What PyTorch gets back, in which type; `make tools` runs it where PyTorch is."""

import numpy as np
import pytest

from sobolev import bridges, function
from sobolev.errors import DataError

torch = pytest.importorskip("torch")
A = np.array([[0.5, 2.0], [3.0, -0.25]])
HALF = function.of_callable(lambda x: (A @ x, A), ("a", "b"), ("y", "z"), order=1)


def test_types():
    """Whole numbers are answered by real ones, which they would be cut to otherwise."""
    f = bridges.torch_function(HALF)
    for given, back in (
        (torch.tensor([1, 2]), torch.float32),
        (torch.tensor([1.0, 2.0]), torch.float32),
        (torch.tensor([1.0, 2.0], dtype=torch.float16), torch.float16),
        (torch.tensor([1.0, 2.0], dtype=torch.float64), torch.float64),
    ):
        assert f(given).dtype == back and f(given).tolist() == [4.5, 2.5]
    assert f(torch.zeros(0, 2)).shape == (0, 2) and f(torch.zeros(2, 3, 2)).shape == (2, 3, 2)


@pytest.mark.parametrize("x", [[1j, 0.0], [True, False], 1.0, [1.0], [[1.0, np.nan]]])
def test_what_is_no_point(x):
    with pytest.raises(DataError, match=r"give|finite"):
        bridges.torch_function(HALF)(torch.tensor(x))
