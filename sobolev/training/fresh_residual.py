"""What a training of equations has come to: met between its points too, and not by a constant."""

import warnings

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.errors import EquationWarning
from sobolev.losses.batch import At
from sobolev.surrogate import Surrogate
from sobolev.training.energy_notes import notes_on_integrals
from sobolev.training.loop.epochs import Watched
from sobolev.training.notes import Kind, Note
from sobolev.training.recording.history import History
from sobolev.training.solution_notes import not_a_number, not_asked_for, not_met, values

FAR = 10.0  # times: measured are 1.9 where points are enough, 210 and 1e7 where they are not
NOTHING = 1e-8  # mean square, of residuals whose scale is 1: below it nobody is misled
MET = 1e-6  # loss of an equation, whose scale is 1
STILL = 1e-5  # of the scale of an output: what varies by less is constant
MOST = 256  # points that are looked at


def fresh_residual(watched: Watched, history: History, at: int) -> float:
    """The mean square of the residuals at points never trained on, in the record `at`; or NaN.

    Of what is meant to vanish: a penalty is no measure of what was solved.
    """
    found = 2 * history.fresh_loss[at]
    solved = np.array([b.vanishes for b in watched.train.blocks for _ in b.names])
    solved &= watched.train.squares & (history.weight[0] != 0)
    known = found[~np.isnan(found) & solved]
    return float(np.mean(known)) if known.size else np.nan


def notes_after(
    watched: Watched,
    before: Surrogate,
    after: Surrogate,
    history: History,
    at: int,
    converged: bool = False,
) -> tuple[Note, ...]:
    """Notes on the solution that was found, as of the record `at`; each that surprises warns, too.

    That an equation is not met is no surprise, but for a training that has `converged`.
    """
    if all(block.of_labels for block in watched.train.blocks):
        return ()
    if lost := not_a_number(watched, before, history):
        return _warned(lost)
    unmet = not_met(watched, history, at)
    return (
        *_warned([*_between(watched, history), *_constant(watched, after, history, at)]),
        *_warned(notes_on_integrals(watched, after, history)),
        *(_warned(unmet) if converged else unmet),
        *_warned(not_asked_for(before, after)),
    )


def _warned(notes: list[Note]) -> tuple[Note, ...]:
    for note in notes:
        warnings.warn(note.sentence, EquationWarning, stacklevel=5)
    return tuple(notes)


def _between(watched: Watched, history: History) -> list[Note]:
    """Equations that were met at the points they were trained on, and not between them.

    As of the last record: one before it may have been returned because of that. What is estimated
    has no loss at its own points that could be compared, and an integral no zero.
    """
    remedies = [block.remedy for block in watched.train.blocks for _ in block.names]
    known = np.array([b.least_squares for b in watched.train.blocks for _ in b.names])
    fresh, own = history.fresh_loss[-1], history.loss[-1]
    least = np.maximum(FAR * own, NOTHING / 2)
    found = []
    for k in np.flatnonzero((fresh > least) & (history.weight[0] != 0) & known):
        found.append(
            Note(
                Kind.OVERFITTED,
                f"'{history.terms[k]}' had at last a mean squared residual of {2 * fresh[k]:.1e} "
                f"at points it was not trained on, {_ratio(fresh[k], own[k])} at its own: it was "
                f"met there and not between them. {remedies[k]}",
            )
        )
    return found


def _ratio(fresh: float, own: float) -> str:
    return f"{fresh / own:.3g} times that" if own > 0 else "and none"


def _constant(watched: Watched, surrogate: Surrogate, history: History, at: int) -> list[Note]:
    """A solution that is the same everywhere, which is seldom the one that was looked for."""
    equations = [b for b in watched.train.blocks if b.vanishes and not b.of_labels]
    names = {name for block in equations for name in block.names}
    own = np.array([name in names for name in history.terms]) & (history.weight[0] != 0)
    own &= watched.train.squares
    x = _looked_at(watched)
    if not own.any() or not np.all(history.loss[at][own] < MET) or len(x) < 2:
        return []
    y = np.asarray(values(surrogate.network, jnp.asarray(x)))
    if not np.all(np.ptp(y, axis=0) < STILL):
        return []
    scaling = surrogate.scaling
    level = scaling.y_shift + scaling.y_scale * y[0]
    level = np.where(np.abs(level) < STILL * scaling.y_scale, 0.0, level)
    said = ", ".join(f"{n} = {v:.4g}" for n, v in zip(surrogate.outputs, level, strict=True))
    return [
        Note(
            Kind.TRIVIAL,
            f"the solution found is the same everywhere, {said}, and meets every equation: if it "
            "is not the one you look for, add a condition that it does not meet.",
        )
    ]


def _looked_at(watched: Watched) -> Float[np.ndarray, "m d"]:
    """Some points of the equations, in scaled inputs."""
    blocks, scaling = watched.train.blocks, watched.scaling
    batches = watched.elsewhere or (None,) * len(blocks)
    found = []
    for block, batch in zip(blocks, batches, strict=True):
        if isinstance(batch, At) and scaling is not None:
            shift, unit = np.asarray(scaling.x_shift), np.asarray(scaling.x_scale)
            found.append((np.asarray(batch.x) - shift) / unit)
        elif not block.every and not block.of_labels:
            found.append(np.asarray(block.places(scaling)))
    if not found:
        return np.zeros((0, 0))
    x = np.concatenate(found)
    return x[np.linspace(0, len(x) - 1, min(len(x), MOST)).round().astype(int)]
