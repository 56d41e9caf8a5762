"""Whether a block can be relied on: what every block of the house is held to."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.conformance import Conformance, case, hold
from sobolev._base.errors import ConfigError
from sobolev._base.precision import require_x64
from sobolev.losses.batch import Batch, shuffled
from sobolev.losses.block import Block
from sobolev.losses.view import View, Viewable
from sobolev.networks.parameters import flatten, unflatten

NEAR = 1e-11  # of the largest number: the order of sums may change
STEP, SLOPES = 1e-4, 1e-6  # of a central difference in θ, and its rounding with room


def conforms(block: Block, surrogate: Viewable, seed: int = 0) -> Conformance:
    """Tries a block on the network of a surrogate, near the parameters that it has.

    The cases: names, order, entries and numbers of rows that agree; points that stay, or are drawn
    by the key alone; others on which it is never trained, if it has such; finite losses of the
    right shape; terms that are half the sums of squares of the residuals where it claims
    `least_squares`, and energies that are not negative; a gradient in θ that is the difference of
    losses; where it claims `rowwise`, residuals that do not know of other rows (in another order,
    without some, in mini-batches), and rows of weight 0 that count for nothing; and that what is
    left by `only`, or `moved`, is what was there.

    **Arguments:** `surrogate` with the inputs and outputs that the block is made for; `seed` of the
    points and directions. What the block raises is a failed case, not an error. Raises
    `ConfigError` for what is no block, `PrecisionError` in 32-bit.

    ```python
    found = conforms(MyBlock(...), Surrogate.on(box, "u"))
    assert found.good, str(found)
    ```
    """
    require_x64("conforms")
    if not isinstance(block, Block):
        raise ConfigError(f"conforms tries a block: got {block!r}.")
    cases: list[tuple[str, Callable[[_Tried], str]]] = [
        ("description", _description),
        ("points", _points),
        ("elsewhere", _elsewhere),
        ("losses", _losses),
        ("squares", _squares),
        ("gradient", _gradient),
        ("rows", _rows),
        ("padding", _padding),
        ("parts", _parts),
    ]
    tried = _Tried(block, surrogate, jax.random.key(seed))
    results = tuple(case(name, lambda c=check: c(tried)) for name, check in cases)
    return Conformance(type(block).__name__, results)


class _Tried(NamedTuple):
    block: Block
    surrogate: Viewable
    key: Array

    @property
    def view(self) -> View:
        return View.of(self.surrogate)

    @property
    def batch(self) -> Any:
        """Its points, as at the start of a training."""
        return self.drawn(self.key)

    def drawn(self, key: Array) -> Any:
        return self.block.draw(key, self.view) if self.block.every else self.block.draw()


@eqx.filter_jit
def _of(block: Block, method: str, view: View, batch: Batch) -> Any:
    return getattr(block, method)(view, batch)


@eqx.filter_jit
def _along(block: Block, viewed: tuple, θ: Array, v: Array, batch: Batch) -> tuple[Array, Array]:
    """Losses and their derivative along v."""

    def losses(t: Array) -> Float[Array, " K"]:
        return block.losses(View(unflatten(viewed[0], t), viewed[1]), batch)

    return jax.jvp(losses, (θ,), (v,))


def _description(tried: _Tried) -> str:
    block, batch = tried.block, tried.batch
    K, term_of = len(block.names), np.asarray(block.term_of)
    hold(K >= 1 and all(block.names) and len(set(block.names)) == K, f"names are {block.names}")
    hold(isinstance(block.order, int) and block.order >= 0, f"the order is {block.order!r}")
    hold(isinstance(block.every, int) and block.every >= 0, f"every is {block.every!r}")
    hold(
        term_of.shape == np.sort(term_of).shape and set(term_of.tolist()) == set(range(K)),
        f"term_of is {term_of.tolist()} for {K} terms: every entry belongs to one of them",
    )
    leaves = {len(leaf) for leaf in jax.tree.leaves(batch)}
    hold(leaves == {len(batch.weight)}, f"arrays of a batch have {sorted(leaves)} rows")
    rows, n = block.rows, len(batch.weight)
    hold(rows == n, f"it says {rows} rows and draws {n}")
    hold(0 <= block.count <= len(term_of) * n, f"it says {block.count} residuals")
    return f"{K} terms, {len(term_of)} entries, {n} rows, order {block.order}"


def _points(tried: _Tried) -> str:
    again, other = tried.drawn(tried.key), tried.drawn(jax.random.fold_in(tried.key, 1))
    hold(_same(tried.batch, again), "the same key draws other points")
    if not tried.block.every:
        hold(_same(tried.batch, other), "points that stay depend on a key")
        return "they stay"
    hold(not _same(tried.batch, other), "another key draws the same points")
    return f"drawn anew after {tried.block.every} steps, by the key"


def _elsewhere(tried: _Tried) -> str:
    found: Any = tried.block.elsewhere(tried.key, tried.view)
    if found is None:
        return "it knows of no other points"
    again = tried.block.elsewhere(tried.key, tried.view)
    hold(again is not None and _same(found, again), "the same key gives others")
    alike = jax.tree.structure(tried.batch._replace(attention=None))
    hold(jax.tree.structure(found) == alike, "they are another batch")
    same = (np.asarray(found.x)[:, None] == np.asarray(tried.batch.x)[None]).all(axis=2).any()
    hold(not same, "a point is one of those that it is trained on")
    losses = np.asarray(_of(tried.block, "losses", tried.view, found))
    hold(np.isfinite(losses).all(), f"losses there are {losses.tolist()}")
    return f"{len(found.weight)} other points"


def _losses(tried: _Tried) -> str:
    losses = np.asarray(_of(tried.block, "losses", tried.view, tried.batch))
    hold(losses.shape == (len(tried.block.names),), f"losses have shape {losses.shape}")
    hold(np.isfinite(losses).all(), f"losses are {losses.tolist()}")
    return ", ".join(f"{loss:.3g}" for loss in losses)


def _squares(tried: _Tried) -> str:
    block, batch = tried.block, tried.batch
    energies = np.asarray(block.energies(batch))
    good = energies.shape == (len(block.names),) and np.isfinite(energies).all()
    hold(good and (energies >= 0).all(), f"energies are {energies.tolist()}")
    if not block.least_squares:
        return "it does not claim to be a sum of squares"
    r = np.asarray(_of(block, "residuals", tried.view, batch))
    known = np.zeros(len(block.names))
    np.add.at(known, np.asarray(block.term_of), 0.5 * np.sum(r**2, axis=1))
    losses = np.asarray(_of(block, "losses", tried.view, batch))
    hold(_near(losses, known), f"losses {losses} are not ½ Σ r² {known}")
    return "half the sums of the squares of its residuals"


def _gradient(tried: _Tried) -> str:
    network = tried.surrogate.network
    viewed, θ, batch = (network, tried.view.scaling), flatten(network), tried.batch
    v = np.random.default_rng(0).normal(size=len(θ))
    v = jnp.asarray(v / np.linalg.norm(v))
    ahead, behind = (_along(tried.block, viewed, θ + s * v, v, batch)[0] for s in (STEP, -STEP))
    known = (ahead - behind) / (2 * STEP)
    losses, slope = _along(tried.block, viewed, θ, v, batch)
    size = np.maximum(np.abs(np.asarray(known)), np.abs(np.asarray(losses)))
    off = np.abs(np.asarray(slope - known)) / np.maximum(size, 1e-300)
    hold(np.all(off < SLOPES), f"along one direction it is {slope}, differences give {known}")
    return f"that of differences, to {off.max():.0e}"


def _rows(tried: _Tried) -> str:
    block, batch = tried.block, tried.batch
    if not block.rowwise:
        return "it does not claim that rows are independent"
    n = len(batch.weight)
    raw = np.asarray(_of(block, "raw_residuals", tried.view, batch))
    hold(raw.shape == (len(block.term_of), n), f"raw residuals have shape {raw.shape}")
    order = np.random.default_rng(1).permutation(n)
    for what, rows in (("in another order", order), ("without some", order[: -(-n // 2)])):
        found = _of(block, "raw_residuals", tried.view, _taken(batch, rows))
        hold(_near(found, raw[:, rows]), f"rows {what} have other residuals")
    (steps,) = shuffled((batch,), tried.key, -(-n // 3))
    first = jax.tree.map(lambda a: jnp.asarray(np.asarray(a)[0]), steps)
    losses = np.asarray(_of(block, "losses", tried.view, first))
    hold(np.isfinite(losses).all(), f"losses of a mini-batch are {losses.tolist()}")
    return "a residual depends on its own row alone"


def _padding(tried: _Tried) -> str:
    block, batch = tried.block, tried.batch
    if not block.rowwise:
        return "it does not claim that rows are independent"
    n = len(batch.weight)
    longer = _taken(batch, np.r_[np.arange(n), np.zeros(3, int)])
    longer = longer._replace(weight=jnp.asarray(np.r_[batch.weight, np.zeros(3)]))
    found = np.asarray(_of(block, "losses", tried.view, longer))
    known = np.asarray(_of(block, "losses", tried.view, batch))
    hold(_near(found, known), f"rows of weight 0 make losses {found} of {known}")
    return "rows of weight 0 count for nothing"


def _parts(tried: _Tried) -> str:
    block, batch, keep = tried.block, tried.batch, np.arange(len(tried.block.names)) == 0
    whole = np.asarray(_of(block, "losses", tried.view, batch))
    fewer = block.only(keep)
    hold(fewer.names in (block.names[:1], block.names), f"of {block.names} {fewer.names} are left")
    found = np.asarray(_of(fewer, "losses", tried.view, batch))
    hold(_near(found, whole[: len(found)]), "the terms that are left have other losses")
    moved = block.moved(lambda batch: batch)
    hold(moved.names == block.names, "a block that was moved has other names")
    if not block.every:
        hold(_same(moved.draw(), batch), "points that were moved nowhere are others")
    return "what is left of it, and what is moved, is what was there"


def _taken(batch: Batch, rows: np.ndarray) -> Any:
    # On the host: each length would be a program of its own.
    return jax.tree.map(lambda a: jnp.asarray(np.asarray(a)[rows]), batch)


def _same(one: Batch, other: Batch) -> bool:
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def _near(found: Any, known: Any) -> bool:
    known = np.asarray(known)
    size = np.max(np.abs(known), initial=0.0)
    return np.shape(found) == known.shape and bool(
        np.all(np.abs(np.asarray(found) - known) <= NEAR * size)
    )
