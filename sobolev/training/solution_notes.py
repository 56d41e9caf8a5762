"""What there is to say of equations after a training: no number, not met, about no output."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.compiled import SELDOM, compiled
from sobolev.losses.batch import At
from sobolev.losses.block import Block
from sobolev.losses.view import View
from sobolev.networks.last_layer import WithLastLayer
from sobolev.surrogate import Surrogate
from sobolev.training.loop.epochs import Watched
from sobolev.training.notes import Kind, Note
from sobolev.training.recording.history import History


def not_a_number(watched: Watched, before: Surrogate, history: History) -> list[Note]:
    """Equations that were no number before the first step, and one of the points where."""
    bad = dict(zip(history.terms, ~np.isfinite(history.loss[0]), strict=True))
    elsewhere = watched.elsewhere or (None,) * len(watched.train.blocks)
    pairs = zip(watched.train.blocks, elsewhere, strict=True)
    return [
        Note(
            Kind.NOT_FINITE,
            f"'{', '.join(block.names)}' is not a number before the first step"
            f"{_where(block, measured, before)}: {_remedy(block)}",
        )
        for block, measured in pairs
        if not block.of_labels and any(bad[name] for name in block.names)
    ]


def _remedy(block: Block) -> str:
    if block.least_squares or block.estimated:
        return (
            "look at its divisions, roots and logarithms there, multiply a singular equation out, "
            "or keep its points away."
        )
    return (
        "start where its logarithms and roots have a value, by another key or a smaller "
        "output_scale, and do not cut off what they are taken of: a quasi-Newton method shortens "
        "steps that leave it."
    )


def _where(block: Block, measured: object, before: Surrogate) -> str:
    """Where it is none, as far as points are known: its own, or those that measure it."""
    batch = measured if block.every else block.draw()
    if not isinstance(batch, At):
        return ""
    r = np.asarray(_raw(block, View.of(before), batch))
    lost = np.flatnonzero(~np.isfinite(r).all(axis=0))
    if not lost.size:
        return ""
    point = np.asarray(batch.x)[lost[0]]
    named = ", ".join(f"{n} = {v:.6g}" for n, v in zip(before.inputs, point, strict=True))
    return f", at {named} and in all at {lost.size} of {len(batch.x)} points"


@compiled(SELDOM)
def _raw(block: Block, view: View, batch: At) -> Float[Array, "E n"]:
    return block.raw_residuals(view, batch)


def not_met(watched: Watched, history: History, at: int) -> list[Note]:
    """Equations whose residual is above what counts as 1 in them, at fresh points if known."""
    fresh, own = history.fresh_loss[at], history.loss[at]
    rms = np.sqrt(np.maximum(2 * np.where(np.isnan(fresh), own, fresh), 0))  # an energy may be < 0
    blocks = [b for b in watched.train.blocks if b.vanishes and not b.of_labels]
    equations = [b for b in blocks if b.least_squares or b.estimated]
    names = {name for block in equations for name in block.names}
    return [
        Note(
            Kind.UNMET,
            f"'{name}' is not met: its residual is {r:.2g} times its scale. Train longer, or say "
            "by scale=... how large its largest term is.",
        )
        for name, r, weight in zip(history.terms, rms, history.weight[0], strict=True)
        if name in names and r > 1 and weight != 0
    ]


def not_asked_for(before: Surrogate, after: Surrogate) -> list[Note]:
    """Outputs that stayed as they were, since nothing that was trained on depends on them."""
    q = len(after.outputs)
    if q < 2:
        return []
    x = jnp.asarray(np.array([[0.1], [-0.4]]) * np.ones(len(after.inputs)))
    y = [np.asarray(values(each.network, x)) for each in (before, after)]
    still = (y[0] == y[1]).all(axis=0) | _still_rows(before.network, after.network, q)
    if still.all():  # nothing was trained
        return []
    level = after.scaling.y_shift + after.scaling.y_scale * y[1][0]
    return [
        Note(
            Kind.UNDETERMINED,
            f"'{after.outputs[k]}' is as it was before the training, {level[k]:.4g} at one point: "
            "no equation and no label depends on it.",
        )
        for k in np.flatnonzero(still)
    ]


def _still_rows(before: object, after: object, q: int) -> np.ndarray:
    """Outputs whose own parameters in the last layer are the same; none where it has no rows."""
    if not isinstance(before, WithLastLayer) or not isinstance(after, WithLastLayer):
        return np.zeros(q, bool)
    rows: Sequence[Sequence[np.ndarray]] = [
        [np.asarray(a) for a in jax.tree.leaves(eqx.filter(each.last_layer, eqx.is_inexact_array))]
        for each in (before, after)
    ]
    if not rows[0] or any(a.ndim == 0 or len(a) != q for a in rows[0]):
        return np.zeros(q, bool)
    same = [(a == b).reshape(q, -1).all(axis=1) for a, b in zip(*rows, strict=True)]
    return np.all(same, axis=0)


@compiled(SELDOM)
def values(network: eqx.Module, x: Float[Array, "m d"]) -> Float[Array, "m q"]:
    """ŷ at scaled points."""
    return jax.vmap(network)(x)  # type: ignore[arg-type]
