"""Functions by JAX: how many rows they are asked at once."""

import numpy as np
from helpers import net, table

from sobolev.function import by_jax


def test_many_rows_are_asked_some_at_a_time(monkeypatch):
    """A network of many units has all of them inside of each row: at most so many rows at once."""
    data = table(outputs=2)
    surrogate, points = net(data), data.x[:5]
    whole, sizes, fill = surrogate.derivatives(points, 1), [], by_jax._filled_up
    monkeypatch.setattr(by_jax, "AT_ONCE", 2)
    monkeypatch.setattr(by_jax, "_filled_up", lambda rows: sizes.append(len(rows)) or fill(rows))
    for part, known in zip(surrogate.derivatives(points, 1)[:2], whole[:2], strict=True):
        np.testing.assert_allclose(part, known, rtol=1e-13)
    assert sizes == [2, 2, 1]
