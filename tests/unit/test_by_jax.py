"""Functions by JAX: how many rows they are asked at once."""

import jax
import numpy as np
from helpers import net, table

from sobolev import Dataset, Surrogate
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


def test_one_point_of_a_small_network_waits_for_no_other_thread():
    """XLA runs what it counts as less than 1000 operations in the thread that asks."""
    rng = np.random.default_rng(0)
    data = Dataset(rng.uniform(-1, 1, (8, 10)), rng.normal(size=(8, 3)))
    surrogate = Surrogate.mlp(data)
    f = surrogate.as_function()
    one = jax.jit(lambda x: by_jax._derivatives_of_few(f, 1, x)).lower(data.x[:1]).compile()
    assert one.cost_analysis()["flops"] < 1000
    for part, rows in zip(one(data.x[:1]), surrogate.derivatives(data.x, 1), strict=True):
        np.testing.assert_allclose(part[0], rows[0], rtol=1e-13, atol=1e-15)
