"""The Laplace approximation: a normal posterior over parameters from the Gauss–Newton matrix."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import solve_triangular
from jaxtyping import Array, Float
from scipy.stats import norm

from sobolev._base import checksummed
from sobolev._base.arguments import positive
from sobolev._base.errors import ConfigError, DataError
from sobolev._base.precision import require_x64
from sobolev._base.triangles import packed, unpacked
from sobolev._base.types import Points
from sobolev.confidence.equations import CHUNK, names_of, parted, precisions, raw_rows, rows_of
from sobolev.confidence.interval import Interval, check_level
from sobolev.confidence.marginal_likelihood import Block, compressed, maximise
from sobolev.data.dataset import Dataset
from sobolev.data.learnt import Learnt, check_names
from sobolev.data.scaling import Scaling
from sobolev.function import Around, Derivatives, Uncertain
from sobolev.losses import Block as Equations
from sobolev.losses import Entry, Labelled, Loss, SobolevLoss, Term
from sobolev.networks.architecture import Architecture
from sobolev.networks.derivatives import predict
from sobolev.networks.parameters import flatten, unflatten
from sobolev.networks.registry import with_own
from sobolev.optimisers.optimiser import Task
from sobolev.surrogate import FORMAT as SURROGATE
from sobolev.surrogate import Surrogate, made_of
from sobolev.weighting.schemes.fixed.fixed import Unweighted

KIND, FORMAT = "laplace approximation", 1
_KINDS = "y", "jacobian", "hessian"
_LARGEST_P = 5000
_LEAST_NOISE = 1e-9  # in scaled units: a label that is called exact


@dataclass(frozen=True, eq=False)
class Laplace(Around, Learnt, Uncertain):
    """A surrogate with the posterior N(θ, A⁻¹), A = Σ_k J_kᵀJ_k/σ_k² + αI, of its parameters.

    `noise` has σ_k of each term by name, in physical units (of products with a vector in scaled
    units, along the vector scaled to length 1); `prior_precision` is α, `evidence` the log marginal
    likelihood of the linearised model and `settled` whether its maximisation ended; `equations` has
    by how much each equation is not met, σ_k in units of its scale.
    Value and derivatives are those of the trained `surrogate`; their spread is that of the network
    linearised in θ. Asked like a `Surrogate`.
    """

    surrogate: Surrogate
    noise: dict[str, float]
    prior_precision: float
    evidence: float
    settled: bool
    root: np.ndarray
    loss: SobolevLoss
    equations: Mapping[str, float] = field(default_factory=dict)

    @property
    def inner(self) -> Surrogate:
        """The surrogate."""
        return self.surrogate

    @property
    def undetermined(self) -> tuple[str, ...]:
        """As of the surrogate."""
        return self.inner.undetermined

    @property
    def scaling(self) -> Scaling:
        """The scaling of the surrogate."""
        return self.surrogate.scaling

    @property
    def covariance(self) -> Float[np.ndarray, "P P"]:
        """A⁻¹, of the flat parameters θ in scaled units."""
        inverse = np.asarray(solve_triangular(self.root, np.eye(len(self.root))))
        return inverse @ inverse.T

    def compute(self, rows: Points, order: int) -> Sequence[np.ndarray]:
        """Value and derivatives of the surrogate."""
        return self.surrogate.derivatives(rows, order)

    def compute_spread(self, rows: Points, order: int) -> list[np.ndarray]:
        """√(g A⁻¹ gᵀ), g the derivative in θ."""
        size = len(self.root) * len(self.outputs) * (1 + len(self.inputs)) ** order
        θ, root = flatten(self.surrogate.network), jnp.asarray(self.root)
        found = [
            _deviations(self.surrogate.network, θ, root, part, order)
            for part in _parts(self.scaling.scale_x(rows), max(1, CHUNK // size))
        ]
        arrays = [np.concatenate(a)[: len(rows)] for a in zip(*found, strict=True)]
        return [a * u for a, u in zip(arrays, self.scaling.units(order), strict=True)]

    def spread(
        self, x: Float[np.ndarray, "... d"], order: int = 0, noise: bool = False
    ) -> Derivatives:
        """Standard deviations √(g A⁻¹ gᵀ), g the derivative in θ, shaped like `derivatives`.

        With `noise` √(g A⁻¹ gᵀ + σ_k²), that of a new label; NaN for a term without labels.
        """
        found = super().spread(x, order)
        if not noise:
            return found
        levels = self._noise(order)
        return Derivatives(*(np.sqrt(a**2 + σ**2) for a, σ in zip(found, levels, strict=True)))

    def save(self, path: str | os.PathLike) -> Path:
        """Write one `.npz` with format version and checksum, no pickle.

        Half of the matrix of P² numbers is in it. Raises `OutputError`, and `ConfigError` for a
        network without architecture.
        """
        header, arrays = self.surrogate.parts()
        entries = [[t.name, [[e.kind, list(e.index)] for e in t.entries]] for t in self.loss.terms]
        about = {
            "surrogate": header, "surrogate_format": SURROGATE, "noise": self.noise,
            "prior_precision": self.prior_precision, "evidence": self.evidence,
            "settled": bool(self.settled), "terms": entries, "equations": dict(self.equations),
        }  # fmt: skip
        arrays = {f"surrogate/{name}": array for name, array in arrays.items()}
        arrays["root"] = packed(np.asarray(self.root), lower=False)
        return checksummed.write_archive(path, KIND, FORMAT, about, arrays)

    @classmethod
    def load(
        cls, path: str | os.PathLike, architectures: Sequence[type[Architecture]] = ()
    ) -> "Laplace":
        """Read what `save` wrote, as `Surrogate.load` does.

        Raises `CorruptFile` when a bit has changed, `DataError`.
        """
        require_x64("the Laplace approximation")
        known = with_own(tuple(architectures))
        header, arrays = checksummed.read_archive(path, KIND, FORMAT)
        with made_of(path, KIND):
            root = unpacked(arrays.pop("root"), lower=False)
            own = {name.removeprefix("surrogate/"): array for name, array in arrays.items()}
            surrogate = Surrogate.of_parts(
                header["surrogate"], own, int(header["surrogate_format"]), known
            )
            if len(root) != len(flatten(surrogate.network)):
                raise ValueError("its matrix is not that of its network")
            terms = (
                Term(name, tuple(Entry(kind, tuple(index)) for kind, index in entries))
                for name, entries in header["terms"]
            )
            noise = {str(name): float(σ) for name, σ in header["noise"].items()}
            loss = SobolevLoss(tuple(terms))
            if noise.keys() != set(loss.names):
                raise ValueError("its noise is not that of its terms")
            numbers = float(header["prior_precision"]), float(header["evidence"])
            met = {str(name): float(σ) for name, σ in header.get("equations", {}).items()}
            return cls(surrogate, noise, *numbers, bool(header["settled"]), root, loss, met)

    def interval(
        self,
        x: Float[np.ndarray, "... d"],
        level: float = 0.9,
        order: int = 0,
        noise: bool = True,
    ) -> tuple[Interval, ...]:
        """Where a new label lies with this probability, if the model is right: ŷ ± z·spread.

        Without `noise` where the response itself lies, such as an unknown constant.
        """
        check_level(level)
        z = norm.ppf(0.5 + level / 2)
        pairs = zip(self.derivatives(x, order), self.spread(x, order, noise), strict=True)
        return tuple(Interval.about(centre, z * spread) for centre, spread in pairs)

    def _noise(self, order: int) -> list[np.ndarray]:
        arrays = [np.full(unit.shape, np.nan) for unit in self.scaling.units(order)]
        for term in self.loss.terms:
            entry = next(iter(term.entries))
            if entry.kind in _KINDS[: order + 1]:
                array = arrays[_KINDS.index(entry.kind)]
                array[entry.index] = self.noise[term.name]
                array[entry.index[:1] + entry.index[:0:-1]] = self.noise[term.name]  # symmetry
        return arrays


def laplace(
    surrogate: Surrogate,
    train: Dataset | Sequence[Dataset | Equations],
    *,
    loss: SobolevLoss | None = None,
    noise: Mapping[str, float] | None = None,
    prior_precision: float | None = None,
) -> Laplace:
    """The posterior of a trained surrogate's parameters, given the data it was trained on.

    **Arguments:** `train`: the data, or a sequence of them and equations: these count at points on
    which they were not trained, as exactly as they are met there; `loss`: the terms of the data
    that were trained on, of one entry each (default: every label); `noise`: standard deviations of
    labels by the name of their term, for labels whose noise the data do not give, and of equations
    in units of their scale; `prior_precision` α > 0, of the parameters in scaled units. What is not
    given is found by maximising the marginal likelihood of the linearised model at its own
    minimiser.
    Cost: 2KP³ flop a cycle, up to 200 of them, and K P² numbers for K terms and P parameters, at
    most 5000. Raises `ConfigError`, `DataError`, `PrecisionError`.

    Sources: MacKay, A practical Bayesian framework for backpropagation networks, Neural Computation
    4, 1992; Antorán et al., Adapting the linearised Laplace model evidence for modern deep
    learning, ICML 2022 (why the minimiser of the linearised model).

    ```python
    posterior = laplace(fitted.surrogate, train)
    y, σ = posterior.value(x), posterior.spread(x)[0]
    ```
    """
    require_x64("the Laplace approximation")
    data, equations = parted(surrogate, train)
    check_names(surrogate, data, "the surrogate", "the data")
    loss = SobolevLoss.of(data) if loss is None else loss
    names = names_of(equations, loss.names)
    θ = np.asarray(flatten(surrogate.network))
    _check_size(len(θ), prior_precision)
    units = np.array([_unit(surrogate.scaling, term) for term in loss.terms])
    noise = noise or {}
    given = _given(noise, loss, units, names)
    known = _known(surrogate, data, loss)
    blocks, divided = _blocks(surrogate, data, loss, θ, known)
    of_equations = rows_of(surrogate, equations, θ)
    precise = precisions(noise, names, of_equations)
    found = maximise(blocks + of_equations, θ, prior_precision, np.r_[given, 1.0, precise])
    of_labels = 1 / np.sqrt(found.noise[: len(units)])
    # A new label is taken to be like those known on average, where there is no level of its own.
    mean = [_root_mean_square(known[loss.term_of == k]) for k in range(len(units))]
    own = [block.labels > 0 or not np.isnan(g) for block, g in zip(blocks, given, strict=False)]
    deviations = units * np.where(own, of_labels, mean)
    return Laplace(
        surrogate,
        dict(zip(loss.names, map(float, deviations), strict=True)),
        float(found.prior),
        found.evidence - divided,
        found.settled,
        found.root,
        loss,
        dict(zip(names, map(float, 1 / np.sqrt(precise)), strict=True)),
    )


def _unit(scaling: Scaling, term: Term) -> float:
    """The factor from scaled to physical units of a term; 1 for products with a vector."""
    kinds = {entry.kind for entry in term.entries}
    if not kinds & set(_KINDS):
        return 1.0
    if len(term.entries) > 1:
        raise ConfigError(
            f"the term '{term.name}' has {len(term.entries)} entries, and a noise level belongs to "
            'one: take SobolevLoss.of(train, group="by_pair").'
        )
    entry = next(iter(term.entries))
    return float(scaling.units(entry.order)[-1][entry.index])


def _known(surrogate: Surrogate, train: Dataset, loss: SobolevLoss) -> np.ndarray:
    """The noise levels that come with the data, in scaled units `[E, n]`; NaN where none is."""
    factors, levels = (
        surrogate.scaling.factors(train),
        np.full((len(loss.entries), len(train)), np.nan),
    )
    for e, entry in enumerate(loss.entries):
        if entry.kind in train.noise:
            σ = train.noise[entry.kind] * factors[entry.kind]
            levels[e] = np.maximum(np.abs(σ[(slice(None), *entry.index)]), _LEAST_NOISE)
    return levels


def _root_mean_square(levels: np.ndarray) -> float:
    there = levels[~np.isnan(levels)]
    return float(np.sqrt(np.mean(there**2))) if there.size else np.nan


def _blocks(
    surrogate: Surrogate, train: Dataset, loss: SobolevLoss, θ: np.ndarray, known: np.ndarray
) -> tuple[list[Block], float]:
    """[J_k, r_k] of every term and, last, of all labels of known noise, divided by it.

    A few rows of the data at a time. Also the sum of the logarithms of those noise levels, which
    the evidence loses by the division.
    """
    block = Labelled.of(train, surrogate.scaling, loss)
    terms = len(loss.terms)
    size = max(1, CHUNK // (len(loss.entries) * len(θ)))
    factors = [np.empty((0, len(θ) + 1)) for _ in range(terms + 1)]
    counts, normalising = np.zeros(terms + 1, int), 0.0
    for start in range(0, len(train), size):
        here = slice(start, start + size)
        part = block.moved(lambda labels, s=here: jax.tree.map(lambda a: a[s], labels))
        task = Task(surrogate.network, Loss((part,)), Unweighted(), jax.random.key(0))
        rows, there = map(np.asarray, raw_rows(task, jnp.asarray(θ), part.labels))
        if not np.all(np.isfinite(rows)):
            raise DataError("the surrogate is not finite on its training data: train it anew.")
        σ = known[:, start : start + size]
        white = there & ~np.isnan(σ)
        normalising += np.sum(np.log(σ[white]))
        place = np.broadcast_to(loss.term_of[:, None], there.shape)
        picked = [rows[there & ~white & (place == k)] for k in range(terms)]
        picked.append(rows[white] / σ[white][:, None])
        for k, new in enumerate(picked):
            factors[k] = compressed(np.vstack([factors[k], new]))
            counts[k] += len(new)
    blocks = [Block(f, int(n)) for f, n in zip(factors, counts, strict=True)]
    return blocks, normalising


def _parts(rows: np.ndarray, size: int) -> Iterator[Array]:
    """Rows in equal parts, the last one filled up: few shapes, so little is compiled."""
    size = min(size, 1 << max(0, len(rows) - 1).bit_length())
    filled = np.concatenate([rows, np.repeat(rows[-1:], -len(rows) % size, axis=0)])
    for start in range(0, len(filled), size):
        yield jnp.asarray(filled[start : start + size])


@eqx.filter_jit
def _deviations(network: eqx.Module, θ: Array, root: Array, x: Array, order: int) -> tuple:
    """√diag(g A⁻¹ gᵀ) of value, Jacobian, Hessian in scaled units."""

    def flat(t, row):
        found = [a[0] for a in predict(unflatten(network, t), row[None], order) if a is not None]
        return jnp.concatenate([a.reshape(-1) for a in found])

    shapes = [a.shape[1:] for a in predict(unflatten(network, θ), x[:1], order) if a is not None]
    g = jax.vmap(lambda row: jax.jacrev(flat)(θ, row))(x)
    half = solve_triangular(root, g.reshape(-1, g.shape[-1]).T, trans="T")
    every = jnp.sqrt(jnp.sum(half**2, axis=0)).reshape(g.shape[:2])
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    parts = jnp.split(every, ends, axis=1)
    return tuple(p.reshape(len(x), *shape) for p, shape in zip(parts, shapes, strict=True))


def _given(
    noise: Mapping[str, float], loss: SobolevLoss, units: np.ndarray, equations: tuple[str, ...]
) -> np.ndarray:
    """Precisions 1/σ² of the terms in scaled units, NaN where they are to be found."""
    terms = (*loss.names, *equations)
    unknown = sorted(noise.keys() - set(terms))
    if unknown:
        raise ConfigError(
            f"noise names '{unknown[0]}', which is no term: there are {', '.join(terms)}."
        )
    for name, σ in noise.items():
        positive(f"the noise of '{name}'", σ)
    σ = np.array([noise.get(name, np.nan) for name in loss.names]) / units
    return 1 / σ**2


def _check_size(P: int, prior_precision: float | None) -> None:
    if P > _LARGEST_P:
        raise ConfigError(
            f"the network has {P} parameters, and the Laplace approximation here takes at most "
            f"{_LARGEST_P} (a dense {P} × {P} matrix): take an ensemble or a smaller network."
        )
    if prior_precision is not None:
        positive("the prior precision", prior_precision)
