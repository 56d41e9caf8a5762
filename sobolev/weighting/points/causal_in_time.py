"""Causal weights by the name of the input that is time."""

from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.weighting.points.causal import Causal, CausalWhenDrawn, Clock, Strengths
from sobolev.weighting.points.point_rule import PointRule
from sobolev.weighting.settings import whole


class CausalInTime(PointRule):
    """`Causal` for chunks of equal duration, from the first time in the data to the last.

    Points may stay or be drawn anew; then their times say in each step who belongs to which chunk.
    A chunk in which none was drawn is skipped, as one that is learnt: have some ten points in each.

    **Arguments:** `time` the name of the input that is time; `chunks` ≥ 2, how many (default 16);
    `strengths` and `enough` as in `Causal`, where the notice on a patent stands. Raises
    `ConfigError`, at the start of a training also when the data have no such input or one time.

    ```python
    fit(surrogate, train, point_weights=CausalInTime("t"), optimiser=Adam(1e-3, batch_size=None))
    ```
    """

    time: str = eqx.field(static=True)
    chunks: int = eqx.field(static=True)
    strengths: tuple[float, ...] = eqx.field(static=True)
    enough: float = eqx.field(static=True)

    def __init__(
        self,
        time: str,
        chunks: int = 16,
        strengths: Sequence[float] = (1e-2, 1e-1, 1.0, 1e1, 1e2),
        enough: float = 0.99,
    ):
        if not (isinstance(time, str) and time):
            raise ConfigError(f"time must be the name of an input: got {shown(time)}.")
        Strengths(strengths, enough)  # what cannot be is refused now, not when a training starts
        self.time, self.chunks = time, int(whole("the number of chunks", chunks, 2))
        self.strengths, self.enough = tuple(map(float, strengths)), float(enough)

    def at(
        self,
        x: Float[np.ndarray, "n d"],
        inputs: tuple[str, ...],
        among: Float[np.ndarray, "N d"] | None = None,
    ) -> Causal:
        """For these rows, `among` all that give the duration; both in the same units, any."""
        clock = self._clock(inputs, x if among is None else among)
        chunk = np.asarray(clock(jnp.asarray(x)))
        return Causal(chunk, self.strengths, self.enough)

    def when_drawn(
        self, rows: int, inputs: tuple[str, ...], among: Float[np.ndarray, "N d"]
    ) -> CausalWhenDrawn:
        """For so many points, whose times are looked at whenever they are drawn."""
        strengths = Strengths(self.strengths, self.enough)
        return CausalWhenDrawn(self._clock(inputs, among), strengths, rows)

    def _clock(self, inputs: tuple[str, ...], among: Float[np.ndarray, "N d"]) -> Clock:
        if self.time not in inputs:
            raise ConfigError(
                f"the data have no input '{self.time}' that could be time: choose one of "
                f"{', '.join(inputs)}."
            )
        column = inputs.index(self.time)
        every = np.asarray(among)[:, column]
        first, last = every.min(), every.max()
        if not last > first:
            raise ConfigError(f"the input '{self.time}' has one value only: there is no time.")
        return Clock(column, self.chunks, jnp.asarray(first), jnp.asarray(last))
