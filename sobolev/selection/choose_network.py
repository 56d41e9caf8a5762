"""Which network: short trainings on some rows, judged on the others."""

from collections.abc import Sequence
from dataclasses import replace

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from sobolev._base.arguments import whole
from sobolev._base.precision import require_x64
from sobolev.data.dataset import Dataset
from sobolev.losses.labelled.sobolev_loss import SobolevLoss
from sobolev.networks.defaults import CANDIDATES
from sobolev.networks.families.mixed import MixedMLP
from sobolev.optimisers.optimiser import Optimiser
from sobolev.selection.held_out import FEWEST, without
from sobolev.surrogate import Surrogate
from sobolev.training import Stop, fit
from sobolev.work.progress import Progressed, teller

MOST = 400  # rows of a trial


def choose_network(
    data: Dataset,
    *,
    hidden: Sequence[int] = CANDIDATES[0].hidden,
    key: int = 0,
    loss: SobolevLoss | None = None,
    optimiser: Optimiser | None = None,
    draws: int = 2,
    epochs: int = 150,
    progress: Progressed | None = None,
) -> tuple[Surrogate, str]:
    """`(surrogate, why)`: the most promising network of these widths, to be trained on by `fit`.

    Whether its units are periodic is chosen; `hidden` is given, not chosen.

    `MixedMLP`s without and with half of their units periodic, of `draws` initialisations each, are
    trained for `epochs` epochs on four fifths of the rows; the one with the smallest relative error
    of values and derivatives in the last fifth is returned as trained so far. The other rows'
    labels are absent in a trial, so that trials and the training after them share compiled code.
    Of more than 400 rows, 400 take part; with fewer than 10 the first network is taken untrained.

    **Arguments:** `hidden`, `key` as in `Surrogate.new`; `loss`, `optimiser` as in `fit`: give both
    the same. `progress(p)`: told the trials. Raises `ConfigError`, `DataError`, `PrecisionError`.

    ```python
    surrogate, why = choose_network(data)
    fitted = fit(surrogate, data)
    ```
    """
    require_x64("choosing a network")
    draws, epochs = whole("draws", draws, 1), whole("epochs", epochs, 1)
    tell = teller(progress, "done", "total")
    tried = [replace(candidate, hidden=hidden) for candidate in CANDIDATES]
    plan = [(made, draw) for made in tried for draw in range(draws)]
    starts = [Surrogate.new(data, made, key=_drawn(key, draw)) for made, draw in plan]
    if len(data) < FEWEST:
        return starts[0], f"{_name(tried[0])}: {len(data)} rows are too few to compare networks."
    order = np.random.default_rng(key).permutation(len(data))[:MOST]
    some = data if len(data) <= MOST else data.rows(order)
    held = order if some is data else np.arange(MOST)
    held, seen = np.split(held, [len(held) // 5])
    loss = SobolevLoss.of(data) if loss is None else loss
    train, valid = without(some, held), without(some, seen)
    errors, trained = [], []
    for number, start in enumerate(starts):
        tell("networks", number, len(plan))
        fitted = fit(
            start, train, valid, loss=loss, optimiser=optimiser, epochs=epochs, records=1,
            seed=key, stop=Stop(keep_best=False), check=False,
        )  # fmt: skip
        error = fitted.history.valid_error[-1]
        errors.append(error if fitted.good and np.isfinite(error) else np.inf)
        trained.append(fitted.surrogate)
    tell("networks", len(plan), len(plan))
    best = int(np.argmin(errors))
    if not np.isfinite(errors[best]):
        return starts[0], f"{_name(tried[0])}: no network could be trained in a trial."
    return trained[best], _why(plan, errors, best, len(held))


def _drawn(key: int, draw: int) -> PRNGKeyArray:
    return jax.random.fold_in(jax.random.key(key), draw)


def _name(made: MixedMLP) -> str:
    share = made.periodic
    return "swish units" if share == 0 else f"swish and {share:.0%} periodic units"


def _why(plan: list[tuple[MixedMLP, int]], errors: list[float], best: int, held: int) -> str:
    taken = plan[best][0]
    rivals = [e for (other, _), e in zip(plan, errors, strict=True) if other != taken]
    (other,) = {other for other, _ in plan if other != taken}
    return (
        f"{_name(taken)}: relative error {errors[best]:.2g} in {held} rows held out of a short "
        f"training, {_name(other)} {min(rivals):.2g}."
    )
