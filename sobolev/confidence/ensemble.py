"""Surrogates from several initialisations as one function, with the spread between them."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base import checksummed
from sobolev._base.errors import ConfigError, DataError
from sobolev._base.precision import require_x64
from sobolev._base.types import Points
from sobolev.box import Box
from sobolev.data.learnt import Learnt
from sobolev.data.scaling import Scaling
from sobolev.function import Around, Uncertain
from sobolev.networks.architecture import Architecture
from sobolev.networks.registry import with_own
from sobolev.surrogate import Surrogate, made_of
from sobolev.training.outcome import Ending, Outcome

FORMAT = 2  # 1 held members as surrogates of format 1 and 2


@dataclass(frozen=True)
class LeftOut:
    """A member that did not end well: the `seed` it started from, and how it ended."""

    seed: int
    ending: Ending

    @property
    def result(self) -> str:
        """How it ended, in words."""
        return str(self.ending)


@dataclass(frozen=True, eq=False)
class Ensemble(Around, Learnt, Uncertain):
    """The mean of several surrogates, and their spread; asked like one `Surrogate`.

    `members` are averaged, with the `seeds` they started from; `left_out` are those whose training
    did not end well, which are not averaged. The spread tells where initialisations disagree; it is
    not calibrated by itself (`conformal` does that). Source: Lakshminarayanan et al., Simple and
    scalable predictive uncertainty estimation using deep ensembles, NeurIPS 2017 (means and spread;
    no adversarial training). Raises `ConfigError` for fewer than two members, `DataError` when
    their names or units differ.

    ```python
    ensemble = fit_ensemble(surrogate, train, valid, members=8)
    y, σ = ensemble.value(x), ensemble.spread(x)[0]
    ```
    """

    members: tuple[Surrogate, ...]
    seeds: tuple[int, ...]
    left_out: tuple[LeftOut, ...] = ()

    def __post_init__(self):
        if len(self.members) < 2 or len(self.members) != len(self.seeds):
            why = "".join(f" Seed {left.seed}: {left.result}." for left in self.left_out[:3])
            raise ConfigError(
                "an ensemble needs at least two members that ended well, each with its seed: got "
                f"{len(self.members)} members and {len(self.seeds)} seeds.{why}"
            )
        for name in ("inputs", "outputs", "input_units", "output_units"):
            if len({getattr(member, name) for member in self.members}) > 1:
                raise DataError(f"the members have different {name}: an ensemble needs the same.")

    @property
    def inner(self) -> Surrogate:
        """The first member: all have the same names and units."""
        return self.members[0]

    @property
    def undetermined(self) -> tuple[str, ...]:
        """As of the surrogate."""
        return self.inner.undetermined

    @property
    def scaling(self) -> Scaling:
        """The scaling of the first member; those of one `fit_ensemble` share it."""
        return self.members[0].scaling

    def compute(self, rows: Points, order: int) -> list[np.ndarray]:
        """Means over the members: the derivative of the mean is the mean of the derivatives."""
        return [array.mean(axis=0) for array in self.each(rows, order)]

    def compute_spread(self, rows: Points, order: int) -> list[np.ndarray]:
        """Standard deviations between members (n − 1 in the denominator)."""
        return [array.std(axis=0, ddof=1) for array in self.each(rows, order)]

    def each(self, x: Float[np.ndarray, "... d"], order: int = 0) -> tuple:
        """What every member says, members first: `value [m, n, q]`, `jacobian [m, n, q, d]`, …"""
        told = [member.derivatives(x, order) for member in self.members]
        return tuple(np.stack(arrays) for arrays in zip(*told, strict=True))

    def as_function(self) -> Callable[[Float[Array, " d"]], Float[Array, " q"]]:
        """The mean as a pure JAX function of one point."""
        functions = [member.as_function() for member in self.members]
        return lambda x: jnp.mean(jnp.stack([function(x) for function in functions]), axis=0)

    @property
    def box(self) -> Box:
        """The range of the training data of every member."""
        boxes = [member.box for member in self.members]
        lower = tuple(map(max, zip(*(box.lower for box in boxes), strict=True)))
        upper = tuple(map(min, zip(*(box.upper for box in boxes), strict=True)))
        return Box(self.inputs, lower, upper, self.input_units)

    def save(self, path: str | os.PathLike) -> Path:
        """Write all members into one checksummed `.npz`. Raises `OutputError`."""
        headers, arrays = [], {}
        for number, member in enumerate(self.members):
            header, own = member.parts()
            headers.append(header)
            arrays |= {f"member{number}/{name}": array for name, array in own.items()}
        left = [[out.seed, out.result] for out in self.left_out]
        why = [[out.ending.outcome.name, dict(out.ending.numbers)] for out in self.left_out]
        header = {"members": headers, "seeds": list(self.seeds), "left_out": left, "endings": why}
        return checksummed.write_archive(path, "ensemble", FORMAT, header, arrays)

    @classmethod
    def load(
        cls, path: str | os.PathLike, architectures: Sequence[type[Architecture]] = ()
    ) -> "Ensemble":
        """Read what `save` wrote, as `Surrogate.load` does.

        Raises `CorruptFile` when a bit has changed, `DataError`.
        """
        require_x64("an ensemble")
        known = with_own(tuple(architectures))
        header, arrays = checksummed.read_archive(path, "ensemble", FORMAT)
        version = 3 if int(header["version"]) >= 2 else 2
        with made_of(path, "ensemble"):
            members = tuple(
                Surrogate.of_parts(made, _below(arrays, f"member{number}/"), version, known)
                for number, made in enumerate(header["members"])
            )
            return cls(members, tuple(map(int, header["seeds"])), _left_out(header))


def _left_out(header: dict) -> tuple[LeftOut, ...]:
    """A file of an earlier version has the sentences alone."""
    told = [["TOLD", {"sentence": str(sentence)}] for _, sentence in header["left_out"]]
    return tuple(
        LeftOut(int(seed), Ending(Outcome[outcome], numbers))
        for (seed, _), (outcome, numbers) in zip(
            header["left_out"], header.get("endings", told), strict=True
        )
    )


def _below(arrays: dict[str, np.ndarray], start: str) -> dict[str, np.ndarray]:
    return {n.removeprefix(start): a for n, a in arrays.items() if n.startswith(start)}
