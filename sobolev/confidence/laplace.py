"""The Laplace approximation: a normal posterior over parameters from the Gauss–Newton matrix."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from sobolev._base.errors import ConfigError
from sobolev._base.precision import require_x64
from sobolev._base.triangles import packed, unpacked
from sobolev._base.types import Points
from sobolev.confidence.equations import (
    CHUNK,
    WEAKER,
    names_of,
    no_more_exact,
    parted,
    points_of,
    precisions,
    rows_of,
)
from sobolev.confidence.interval import Interval, check_level
from sobolev.confidence.labels import known_noise, root_mean_square, rows_of_labels
from sobolev.confidence.marginal_likelihood import maximise, posterior_at
from sobolev.data.dataset import Dataset
from sobolev.data.learnt import Learnt, check_names
from sobolev.data.scaling import Scaling
from sobolev.function import Around, Derivatives, Uncertain
from sobolev.losses import Block as Equations
from sobolev.losses import Entry, SobolevLoss, Term
from sobolev.networks.architecture import Architecture
from sobolev.networks.derivatives import predict
from sobolev.networks.parameters import flatten, unflatten
from sobolev.networks.registry import with_own
from sobolev.surrogate import FORMAT as SURROGATE
from sobolev.surrogate import Surrogate, made_of

KIND, FORMAT = "laplace approximation", 2  # 1 had no shift
_KINDS = "y", "jacobian", "hessian"
_LARGEST_P = 5000
_LEAST_NOISE = 1e-9  # in scaled units: a label that is called exact


@dataclass(frozen=True, eq=False)
class Laplace(Around, Learnt, Uncertain):
    """A surrogate with the posterior N(θ, A⁻¹), A = Σ_k J_kᵀJ_k/σ_k² + αI, of its parameters.

    `noise` has σ_k of each term by name, in physical units (of products with a vector in scaled
    units, along the vector scaled to length 1); `prior_precision` is α, `evidence` the log marginal
    likelihood of the linearised model and `settled` whether its maximisation ended; `equations` has
    how exactly each equation is taken to hold, σ_k in units of its scale.
    Value and derivatives are those of the trained `surrogate`; their spread is that of the network
    linearised in θ. Beside equations the posterior is N(θ + δ, A⁻¹) with δ the `shift [P]`, and
    value and derivatives are moved by g δ, g the derivative in θ. Asked like a `Surrogate`.
    """

    surrogate: Surrogate
    noise: dict[str, float]
    prior_precision: float
    evidence: float
    settled: bool
    root: np.ndarray
    loss: SobolevLoss
    equations: Mapping[str, float] = field(default_factory=dict)
    shift: np.ndarray | None = None

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
        """Value and derivatives of the surrogate, moved by g δ where the posterior is."""
        found = list(self.surrogate.derivatives(rows, order))
        if self.shift is None:
            return found
        moved = self._in_parts(_moves, rows, order, self.shift)
        return [a + b for a, b in zip(found, moved, strict=True)]

    def compute_spread(self, rows: Points, order: int) -> list[np.ndarray]:
        """√(g A⁻¹ gᵀ), g the derivative in θ."""
        return self._in_parts(_deviations, rows, order, self.root)

    def _in_parts(
        self, told: Callable[..., tuple], rows: Points, order: int, of: np.ndarray
    ) -> list[np.ndarray]:
        """What is told of a few rows at a time, in physical units."""
        size = len(self.root) * len(self.outputs) * (1 + len(self.inputs)) ** order
        θ, given = flatten(self.surrogate.network), jnp.asarray(of)
        found = [
            told(self.surrogate.network, θ, given, part, order)
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
        if self.shift is not None:
            arrays["shift"] = np.asarray(self.shift)
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
            shift = arrays.pop("shift", None)
            own = {name.removeprefix("surrogate/"): array for name, array in arrays.items()}
            surrogate = Surrogate.of_parts(
                header["surrogate"], own, int(header["surrogate_format"]), known
            )
            if len(root) != len(flatten(surrogate.network)):
                raise ValueError("its matrix is not that of its network")
            if shift is not None and shift.shape != (len(root),):
                raise ValueError("its shift is not that of its network")
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
            return cls(surrogate, noise, *numbers, bool(header["settled"]), root, loss, met, shift)

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
    which they were not trained too, as exactly as they are met there, and no more exactly than
    a tenth of the noise of the labels, as in training; `loss`: the terms of the data
    that were trained on, of one entry each (default: every label); `noise`: standard deviations of
    labels by the name of their term, for labels whose noise the data do not give, and of equations
    in units of their scale; `prior_precision` α > 0, of the parameters in scaled units. What is not
    given is found by maximising the marginal likelihood of the linearised model at its own
    minimiser.
    Beside equations α is a thirtieth of that, and the posterior lies around the minimiser of this
    linear model: the prior of the weights draws what the labels decide, such as an unknown
    constant, to one side by as much as the noise does, and no spread says so. An equation keeps
    the function from bending between the labels, so hardly any spread is lost (undersmoothing).
    Between a tenth and a hundredth it matters little, see `docs/inverse.md`.
    Cost: 2KP³ flop a cycle, up to 200 of them, and K P² numbers for K terms and P parameters, at
    most 5000. Raises `ConfigError`, `DataError`, `PrecisionError`.

    Sources: MacKay, A practical Bayesian framework for backpropagation networks, Neural Computation
    4, 1992; Antorán et al., Adapting the linearised Laplace model evidence for modern deep
    learning, ICML 2022 (why the minimiser of the linearised model); Knapik, van der Vaart & van
    Zanten, Bayesian inverse problems with Gaussian priors, Annals of Statistics 39, 2011 (intervals
    of too smooth a prior do not hold, those of a rougher one do; a thirtieth is ours).

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
    known = known_noise(surrogate, data, loss)
    points = points_of(surrogate, equations)
    of_labels, divided = rows_of_labels(surrogate, data, loss, θ, known)
    of_equations, met = rows_of(surrogate, points, θ)
    precise = precisions(noise, names, met)
    rows = of_labels + of_equations
    found = maximise(rows, θ, prior_precision, np.r_[given, 1.0, precise])
    evidence = found.evidence - divided
    found_noise = 1 / np.sqrt(found.noise[: len(units)])
    # A new label is taken to be like those known on average, where there is no level of its own.
    mean = [root_mean_square(known[loss.term_of == k]) for k in range(len(units))]
    own = [block.labels > 0 or not np.isnan(g) for block, g in zip(of_labels, given, strict=False)]
    deviations = np.where(own, found_noise, mean)
    if equations:
        precise = no_more_exact(precise, names, noise, deviations)
        α = found.prior if prior_precision is not None else found.prior / WEAKER
        β = np.r_[found.noise[: len(of_labels)], precise]
        found = posterior_at(rows, θ, α, β)._replace(settled=found.settled)
    return Laplace(
        surrogate,
        dict(zip(loss.names, map(float, units * deviations), strict=True)),
        float(found.prior),
        evidence,
        found.settled,
        found.root,
        loss,
        dict(zip(names, map(float, 1 / np.sqrt(precise)), strict=True)),
        found.shift if equations else None,
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


def _parts(rows: np.ndarray, size: int) -> Iterator[Array]:
    """Rows in equal parts, the last one filled up: few shapes, so little is compiled."""
    size = min(size, 1 << max(0, len(rows) - 1).bit_length())
    filled = np.concatenate([rows, np.repeat(rows[-1:], -len(rows) % size, axis=0)])
    for start in range(0, len(filled), size):
        yield jnp.asarray(filled[start : start + size])


@eqx.filter_jit
def _moves(network: eqx.Module, θ: Array, shift: Array, x: Array, order: int) -> tuple:
    """g δ of value, Jacobian, Hessian in scaled units."""

    def told(t: Array) -> tuple:
        return tuple(a for a in predict(unflatten(network, t), x, order) if a is not None)

    return jax.jvp(told, (θ,), (shift,))[1]


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
