"""A network, a network with values only, or exact kriging: tried on the user's own data."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sobolev._base.errors import ConfigError, DataError, SobolevError
from sobolev.data.dataset import Dataset
from sobolev.evaluation import evaluate
from sobolev.kriging.gek import GEK
from sobolev.losses.labelled.sobolev_loss import SobolevLoss
from sobolev.optimisers.optimiser import Optimiser
from sobolev.selection.choose_network import choose_network
from sobolev.surrogate import Surrogate
from sobolev.training import fit
from sobolev.work.progress import Progressed, teller

NETWORK, VALUES_ONLY, KRIGING = (
    "network with derivatives", "network with values only", "gradient-enhanced kriging",
)  # fmt: skip
NEAR = 1.2


@dataclass(frozen=True)
class Candidate:
    """One way to learn the data: its `model`, relative H1 error on unseen rows, CPU seconds.

    Where it could not be tried, `model` is None, the error is infinite and `reason` says why.
    """

    name: str
    model: Surrogate | GEK | None
    relative_h1: float
    seconds: float
    reason: str = ""


@dataclass(frozen=True)
class Recommendation:
    """Three candidates and the `best` of them on the validation rows; printed, a sentence."""

    candidates: tuple[Candidate, ...]

    @property
    def best(self) -> Candidate:
        """The candidate with the smallest error."""
        return min(self.candidates, key=lambda c: c.relative_h1)

    def save(self, path: str | os.PathLike) -> Path:
        """Keep the best, to be read by `sobolev.load`. Raises `OutputError`, `ConfigError`."""
        best = self.best
        if best.model is None:
            raise ConfigError(f"nothing could be trained that could be kept: {_told(best)}.")
        return best.model.save(path)

    def __str__(self) -> str:
        best = self.best
        others = [_told(c) for c in self.candidates if c is not best]
        near = [
            c.name for c in self.candidates
            if c is not best and c.relative_h1 <= NEAR * best.relative_h1
        ]  # fmt: skip
        tie = f" The {' and the '.join(near)} is about as good." if near else ""
        return f"Use the {_told(best)}; {', '.join(others)}.{tie}"


def recommend(
    train: Dataset,
    valid: Dataset,
    *,
    network: Callable[[Dataset], Surrogate] | None = None,
    optimiser: Optimiser | None = None,
    epochs: int = 1000,
    seed: int = 0,
    limit: int = 1500,
    progress: Progressed | None = None,
) -> Recommendation:
    """Which of network, network without derivatives and exact kriging suits these data.

    Each is trained on `train` and compared on `valid` (rows none of them has seen) in the relative
    H1 error of `evaluate`.

    **Arguments:**
    - `network`: makes the untrained surrogate; default `choose_network` on `train` alone.
    - `optimiser`, `epochs`: of both networks, as in `fit`.
    - `limit`: kriging is tried up to so many values and slopes of one output; its cost grows with
      their third power.
    - `progress(p)`: told which candidate comes next, `p.text`.

    Raises `ConfigError` and `DataError` when the network cannot be trained; what another candidate
    raises is its `reason`.

    ```python
    found = recommend(*data.split(0.2))
    print(found), found.save("model.npz")
    ```
    """

    tell = teller(progress, "done", "total", "text")

    def trained(loss: SobolevLoss) -> Surrogate:
        if network is None:
            start, _ = choose_network(train, key=seed, loss=loss, optimiser=optimiser)
        else:
            start = network(train)
        fitted = fit(
            start, train, loss=loss, optimiser=optimiser, epochs=epochs, records=1, seed=seed,
            check=False,
        )  # fmt: skip
        if not fitted.good:
            raise DataError(fitted.result)
        return fitted.surrogate

    slopes = SobolevLoss.of(train).order > 0

    def derived() -> Surrogate:
        if not slopes:
            raise DataError("the data have no derivatives")
        return trained(SobolevLoss.of(train))

    ways = (
        (NETWORK, derived, slopes),
        (VALUES_ONLY, lambda: trained(SobolevLoss.of(train, 0)), not slopes),
        (KRIGING, lambda: GEK.of(train, limit=limit), False),
    )
    candidates = []
    for name, make, must in ways:
        tell("candidates", len(candidates), len(ways), name)
        candidates.append(_tried(name, make, valid, must))
    return Recommendation(tuple(candidates))


def _tried(name: str, make: Callable[[], Surrogate | GEK], valid: Dataset, must: bool) -> Candidate:
    begin = time.process_time()
    try:
        model = make()
    except SobolevError as error:
        if must:
            raise
        return Candidate(name, None, float("inf"), time.process_time() - begin, str(error))
    seconds = time.process_time() - begin
    return Candidate(name, model, evaluate(model, valid).relative_h1, seconds)


def _told(c: Candidate) -> str:
    if c.model is None:
        return f"{c.name} could not be tried ({c.reason.rstrip('.')})"
    return f"{c.name} (relative H1 error {100 * c.relative_h1:.2g}%, {c.seconds:.1f} CPU s)"
