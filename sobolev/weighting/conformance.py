"""Whether a scheme can be relied on: what every scheme of the house is held to."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from sobolev._base.conformance import Conformance, Result
from sobolev._base.errors import ConfigError
from sobolev._base.precision import require_x64
from sobolev.weighting.scheme import NEEDS, Scheme, Statistics
from sobolev.weighting.statistics import Probe, statistics

STEPS, LABELS, PARAMETERS = 8, 4, 6
UNITS = np.array([0.25, 64.0, 4.0, 1.0 / 1024, 16.0])  # powers of 2: exact in floating point
NEAR = 1e-12


def conforms(weighting: Scheme, terms: int = 3) -> Conformance:
    """Tries a weighting on a small problem whose statistics are known, in cases that break schemes.

    The problem: L_k(θ) = ½ mean_n (a_kn·θ − b_kn)² along a fixed path of eight steps, so all that a
    scheme may need is there. The cases: finite weights of the right shape for ordinary terms, zero
    loss, zero gradient, everything zero, a constant loss, losses of 1e300 and of 1e-300, one term,
    terms that are all the same, gradients that cancel; a state of arrays that keeps its structure,
    shapes and dtypes; scan under vmap = Python loop to 1e-12; going on from a stored state = never
    stopped; and whether the shares w_k L_k depend on the units of the terms, which they must not
    where the scheme claims to be `unit_free`.

    **Arguments:** `weighting` the scheme; `terms` K ≥ 1 for which it is made (default 3). What the
    scheme raises is a failed case, not an error; a `ConfigError` for one term is a refusal and
    passes. Raises `ConfigError` for `terms` < 1, `PrecisionError` in 32-bit.

    ```python
    found = conforms(MyScheme())
    assert found.good, str(found)
    ```
    """
    require_x64("conforms")
    if terms < 1:
        raise ConfigError(f"a loss has at least one term: got {terms}.")
    asked = _asked(weighting)
    if not asked.passed:
        return Conformance(type(weighting).__name__, (asked,))
    finite, scanned = _finite(weighting, terms)
    results = [asked, *finite, _one_term(weighting), *_as_a_loop(weighting, terms, scanned)]
    return Conformance(type(weighting).__name__, tuple(results))


class Problem(NamedTuple):
    """Residuals a_kn·θ − b_kn of K terms: `A [K, N, P]`, `b [K, N]`; the path `θ [T + 1, P]`."""

    A: np.ndarray
    b: np.ndarray
    θ: np.ndarray


class Record(NamedTuple):
    """What a scheme is told: the energies, then statistics of each step and the losses after it."""

    energies: Float[Array, " K"]
    statistics: Statistics
    after: Float[Array, "T K"]


def ordinary(terms: int) -> Problem:
    """Terms whose gradients neither vanish nor agree."""
    rng = np.random.default_rng(20)
    A = rng.normal(size=(terms, LABELS, PARAMETERS))
    θ = rng.normal(size=PARAMETERS) * 0.8 ** np.arange(STEPS + 1)[:, None]
    return Problem(A, rng.normal(size=(terms, LABELS)), θ)


def recorded(problem: Problem, mirrored: bool = False, vectors: int = 1) -> Record:
    """Everything a scheme may need along the path; `mirrored`: the second term is −g of the first.

    Such a term is the first one reflected at the present θ: the same loss, the opposite gradient.
    """
    A, b, θ = problem
    r = np.einsum("knp,tp->tkn", A, θ) - b
    losses, rows = 0.5 * np.mean(r**2, axis=2), np.einsum("tkn,knp->tkp", r, A) / LABELS
    traces, energies = np.mean(np.sum(A**2, axis=2), axis=1), 0.5 * np.mean(b**2, axis=1)
    if mirrored:
        rows[:, 1], losses[:, 1], traces[1] = -rows[:, 0], losses[:, 0], traces[0]
    directions = np.random.default_rng(21).normal(size=(STEPS, vectors, PARAMETERS))
    known = losses[:-1], rows[:-1], directions, np.broadcast_to(traces, (STEPS, len(traces)))
    return Record(jnp.asarray(energies), _measured(*known), jnp.asarray(losses[1:]))


@jax.jit
@jax.vmap
def _measured(losses: Array, rows: Array, directions: Array, traces: Array) -> Statistics:
    """Everything that there is to be needed, put together as in a training."""
    probe = Probe(losses, lambda: rows, lambda _: directions @ rows.T, lambda: traces)
    return statistics(NEEDS, probe)[0]


def _cases(terms: int) -> Iterator[tuple[str, Problem]]:
    usual = ordinary(terms)
    A, b, θ = usual
    first = np.arange(terms) == 0
    yield "ordinary terms", usual
    # The first term sees the last parameter only, which is 0 and fits.
    last = np.arange(PARAMETERS) == PARAMETERS - 1
    blind = np.where(first[:, None, None] & ~last, 0.0, A)
    fitted = np.where(first[:, None], 0.0, b)
    yield "zero loss", Problem(blind, fitted, np.where(last, 0.0, θ))
    yield "zero gradient", Problem(np.where(first[:, None, None], 0.0, A), b, θ)
    yield "everything zero", Problem(A, 0 * b, 0 * θ)
    yield "constant loss", Problem(A, b, np.broadcast_to(θ[:1], θ.shape))
    for name, size in (("losses of 1e300", 1e150), ("losses of 1e-300", 1e-150)):
        largest = np.abs(np.einsum("knp,tp->tkn", A, θ) - b).max()
        yield name, Problem(A, b * (size / largest), θ * (size / largest))
    yield "terms that are all the same", Problem(A[:1].repeat(terms, 0), b[:1].repeat(terms, 0), θ)


def _needed(weighting: Scheme, record: Record) -> Record:
    """Without what the scheme has not asked for, as the engine gives it."""
    measured = record.statistics._asdict()
    given: dict[str, Any] = {name: measured[name] for name in weighting.needs}
    return record._replace(statistics=Statistics(record.statistics.losses, **given))


def _step(weighting: Scheme, statistics: Statistics, after: Array, state: PyTree):
    weights, state = weighting.update(statistics, state)
    return weights, weighting.after(after, state) if weighting.looks_back else state


@eqx.filter_jit
def _scanned(weighting: Scheme, records: Record) -> Float[Array, "C T K"]:
    """The weights of each step of each record, by a scan under vmap."""

    def one(record: Record) -> Array:
        def step(state, at):
            statistics, after = at
            weights, state = _step(weighting, statistics, after, state)
            return state, weights

        start = weighting.init(record.energies)
        return jax.lax.scan(step, start, (record.statistics, record.after))[1]

    return jax.vmap(one)(records)


def _looped(weighting: Scheme, record: Record, store: int | None = None):
    """Weights, and the state before each step, by a Python loop; through NumPy before `store`."""
    # Compiled as a whole: step by step, each loop and branch in it would be compiled in each step.
    # Anew for each loop: what a scheme keeps beside its state shows when it is traced again.
    step: Callable = eqx.filter_jit(lambda *arguments: _step(*arguments))
    state, weights, states = weighting.init(record.energies), [], []
    for t in range(STEPS):
        state = _through_numpy(state) if t == store else state
        states.append(state)
        statistics = jax.tree.map(lambda a, t=t: a[t], record.statistics)
        w, state = step(weighting, statistics, record.after[t], state)
        weights.append(w)
    return np.stack(weights), [*states, state]


def _through_numpy(state: PyTree) -> PyTree:
    def stored(leaf):
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            raw = np.array(jax.random.key_data(leaf))
            return jax.random.wrap_key_data(jnp.asarray(raw), impl=jax.random.key_impl(leaf))
        return jnp.asarray(np.array(leaf))

    return jax.tree.map(stored, state)


def _asked(weighting: Scheme) -> Result:
    """What it needs is something that the engine can give."""
    if isinstance(weighting, type):
        return Result("protocol", False, f"it is a class: give {weighting.__name__}().")
    if not isinstance(weighting, Scheme):
        return Result("protocol", False, "it is no Scheme: class MyScheme(Scheme).")
    strange = sorted(set(weighting.needs) - NEEDS)
    said = f"it needs {', '.join(sorted(weighting.needs)) or 'the losses only'}"
    if strange:
        return Result("protocol", False, f"{said}: {strange[0]} is not known.")
    return Result("protocol", True, f"{said}.")


def _finite(weighting: Scheme, terms: int) -> tuple[list[Result], np.ndarray | None]:
    """All cases of K terms in one compilation; and the weights for ordinary terms, if any."""
    vectors = weighting.vectors
    names, records = [], []
    for name, problem in _cases(terms):
        names.append(name)
        records.append(recorded(problem, vectors=vectors))
    if terms > 1:
        names.append("gradients that cancel")
        records.append(recorded(ordinary(terms), mirrored=True, vectors=vectors))
    usual = ordinary(terms)
    c = np.resize(UNITS, terms)
    unit = Problem(usual.A * np.sqrt(c)[:, None, None], usual.b * np.sqrt(c)[:, None], usual.θ)
    records.append(recorded(unit, vectors=vectors))
    stacked = jax.tree.map(lambda *a: jnp.stack(a), *(_needed(weighting, r) for r in records))
    weights, problem = _tried(lambda: np.asarray(_scanned(weighting, stacked)))
    if problem:
        return [Result("scan under vmap", False, problem)], None
    if weights.shape != (len(records), STEPS, terms):
        sentence = f"weights of shape {weights.shape[2:]} for {terms} terms."
        return [Result("scan under vmap", False, sentence)], None
    results = [Result(name, *_are_finite(w)) for name, w in zip(names, weights[:-1], strict=True)]
    claimed = bool(weighting.unit_free)
    if claimed or terms > 1:
        results.append(_same_shares(weights[0], weights[-1] * c, claimed))
    return results, weights[0]


def _are_finite(weights: np.ndarray) -> tuple[bool, str]:
    if np.isfinite(weights).all():
        low, high = weights.min(), weights.max()
        return True, f"weights from {low:.3g} to {high:.3g}."
    t, k = np.argwhere(~np.isfinite(weights))[0]
    return False, f"the weight of term {k} is {weights[t, k]} in step {t}."


def _same_shares(usual: np.ndarray, other: np.ndarray, claimed: bool) -> Result:
    """w_k L_k of all terms in the same proportions, with other units; both rows for the same L."""
    mine, theirs = (w / np.sum(np.abs(w), axis=1, keepdims=True) for w in (usual, other))
    off = np.max(np.abs(mine - theirs))
    same = bool(off <= 1e-9)
    about = "though unit_free is not claimed" if same else "as they may"
    said = f"shares differ by {off:.1e}" + ("." if claimed else f", {about}.")
    return Result("unit of a term", same or not claimed, said)


def _one_term(weighting: Scheme) -> Result:
    name = "one term"
    record = _needed(weighting, recorded(ordinary(1), vectors=weighting.vectors))
    try:
        weights = _scanned(weighting, jax.tree.map(lambda a: a[None], record))
    except ConfigError as refusal:
        return Result(name, True, f"refused: {refusal}")
    except Exception as error:  # whatever a scheme of one's own does
        return Result(name, False, _sentence(error))
    return Result(name, *_are_finite(np.asarray(weights)[0]))


def _as_a_loop(weighting: Scheme, terms: int, scanned: np.ndarray | None) -> list[Result]:
    """State, scan = loop where there was a scan, and going on from a stored state."""
    record = recorded(ordinary(terms), vectors=weighting.vectors)
    record = _needed(weighting, record)
    looped, problem = _tried(lambda: _looped(weighting, record))
    if problem:
        return [Result("Python loop", False, problem)]
    weights, states = looped
    results = [Result("state", *_keeps_its_form(states))]
    if scanned is not None:
        results.append(_equal("scan = Python loop", weights, scanned))
    if not results[0].passed:
        return results
    name = "going on from a stored state"
    resumed, problem = _tried(lambda: _looped(weighting, record, STEPS // 2)[0])
    results.append(Result(name, False, problem) if problem else _equal(name, weights, resumed))
    return results


def _keeps_its_form(states: list) -> tuple[bool, str]:
    leaves = jax.tree.leaves(states[0])
    strange = [leaf for leaf in leaves if not isinstance(leaf, (jax.Array, np.ndarray))]
    if strange:
        return False, f"{strange[0]!r} in it is a {type(strange[0]).__name__}, not an array."
    form = _form(states[0])
    for t, state in enumerate(states[1:]):
        if _form(state) != form:
            return False, f"step {t} changes its structure, shapes or dtypes."
    return True, f"{len(leaves)} arrays that keep structure, shapes and dtypes."


def _form(state: PyTree) -> tuple:
    leaves, structure = jax.tree.flatten(state)
    return structure, [(np.shape(leaf), _kind(leaf)) for leaf in leaves]


def _kind(leaf: object) -> object:
    return leaf.dtype if isinstance(leaf, jax.Array | np.ndarray) else type(leaf)


def _equal(name: str, known: np.ndarray, found: np.ndarray) -> Result:
    size = np.maximum(np.max(np.abs(known)), np.finfo(float).tiny)
    off = float(np.max(np.abs(known - found)) / size)
    return Result(name, off <= NEAR, f"they differ by {off:.1e} of the largest weight.")


def _tried(run: Callable) -> tuple[Any, str]:
    """`(what it gives, "")`, or `(None, why it gives nothing)`."""
    try:
        return run(), ""
    except Exception as error:  # whatever a scheme of one's own does
        return None, _sentence(error)


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
