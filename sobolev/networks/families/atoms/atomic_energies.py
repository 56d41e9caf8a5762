"""The energy of some atoms as a sum of energies of each, a network of what surrounds it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.atom_names import COORDINATE, STRAINS
from sobolev._base.compiled import SELDOM, compiled, eval_context
from sobolev._base.errors import ConfigError
from sobolev.networks.activations import tanh
from sobolev.networks.architecture import Architecture, Frame, settle
from sobolev.networks.families.atoms.cell import Cell, checked_cell, tensor
from sobolev.networks.families.atoms.surroundings import Surroundings
from sobolev.networks.families.mlp import MLP

SMALL, SEEN = MLP((12, 12), activation=tanh), Surroundings()

Numbers = tuple[float, ...]


class Scales(NamedTuple):
    """x = `x_shift` + `x_scale` x̂, and the `middles` and `sizes` of what atoms see."""

    x_shift: Numbers
    x_scale: Numbers
    middles: Numbers
    sizes: Numbers


@dataclass(frozen=True)
class AtomicEnergies(Architecture):
    """E(x) = E₀ + s Σ_i N_{Z_i}(G_i(x))/√N: each atom has an energy, by what is around it.

    Inputs are the 3N coordinates of N atoms, C1.x, C1.y, C1.z, O2.x, …, as extended XYZ files are
    read; the output is the energy. Forces are −∂E/∂x. Whatever the weights, nothing changes when
    all atoms are moved or turned together or mirrored, or when atoms of one kind change places; so
    forces add up to zero, and E has continuous derivatives of all orders.

    **Arguments:** `inner`: the network N, one for each kind of atoms; `surroundings`: what it sees;
    `atoms`: the kind of each, by default what the names of the inputs say; `cell`: three vectors
    where atoms repeat periodically. With it the last six inputs may be its strains, strain.xx,
    …yy, …zz, …yz, …xz, …xy, shears as γ: coordinates are then those before the strain, and slopes
    along them volume times stress. `scales` and `strained` are filled in by the surrogate. Raises
    `ConfigError`, also for a singular cell, of `build` for other numbers of inputs and outputs.

    Source: J. Behler, M. Parrinello, Phys. Rev. Lett. 98 (2007) 146401,
    10.1103/PhysRevLett.98.146401.

    ```python
    data = sb.read("copper.xyz")                    # energies, and forces as slopes
    surrogate = sb.Surrogate.new(data, networks.AtomicEnergies())
    ```
    """

    name: ClassVar[str] = "atomic energies"

    inner: Architecture = SMALL
    surroundings: Surroundings = SEEN
    atoms: tuple[str, ...] = ()
    scales: Scales | None = None
    cell: Cell | None = None
    strained: bool = False

    def __post_init__(self):
        if not isinstance(self.inner, Architecture) or not isinstance(
            self.surroundings, Surroundings
        ):
            raise ConfigError(
                "AtomicEnergies has an inner architecture and networks.Surroundings: got "
                f"{self.inner!r} and {self.surroundings!r}."
            )
        cell = None if self.cell is None else checked_cell(self.cell)
        settle(self, atoms=tuple(map(str, self.atoms)), cell=cell)

    def explicit(self, inputs: int, outputs: int) -> "AtomicEnergies":
        """The inner one with its constants written out."""
        kinds = len(set(self.atoms)) or 1
        return replace(self, inner=self.inner.explicit(self.surroundings.count(kinds), 1))

    def within(self, frame: Frame) -> "AtomicEnergies":
        """The same between the scalings; the inner one lies between what atoms see and 1."""
        if self.scales is not None:
            return self
        strained = frame.inputs[-6:] == STRAINS
        if strained and self.cell is None:
            raise ConfigError(
                "there are strains among the inputs, but no cell: give AtomicEnergies one."
            )
        inputs = frame.inputs[:-6] if strained else frame.inputs
        _check_sizes(len(inputs), len(frame.outputs), periodic=self.cell is not None)
        atoms = self.atoms or _atoms_of(inputs)
        if len(atoms) * 3 != len(inputs):
            raise ConfigError(
                f"{len(atoms)} atoms have {3 * len(atoms)} coordinates, but there are "
                f"{len(inputs)} inputs: name the kind of each atom."
            )
        seeing = Seeing(self.surroundings, _kinds(atoms), self.cell, strained)
        middles, sizes = _sizes(seeing, frame)
        scales = Scales(
            tuple(map(float, frame.x_shift)), tuple(map(float, frame.x_scale)), middles, sizes
        )
        names = tuple(f"seen{i}" for i in range(len(sizes)))
        n = len(sizes)
        plain = Frame(names, ("E",), np.zeros(n), np.ones(n), np.zeros(1), np.ones(1))
        inner = self.inner.within(plain)
        return replace(self, inner=inner, atoms=atoms, scales=scales, strained=strained)

    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> "AtomicEnergiesModule":
        """The networks with weights of the inner ones drawn from `key`."""
        placed = self.within(Frame.plain(inputs, outputs))
        _check_sizes(inputs - 6 * placed.strained, outputs, periodic=self.cell is not None)
        assert placed.scales is not None
        kinds = _kinds(placed.atoms)
        count = self.surroundings.count(max(kinds) + 1)
        keys = jax.random.split(key, max(kinds) + 1)
        inner = tuple(placed.inner.build(count, 1, key) for key in keys)
        seeing = Seeing(self.surroundings, kinds, self.cell, placed.strained)
        return AtomicEnergiesModule(inner, seeing, placed.scales)


@dataclass(frozen=True)
class Seeing:
    """What atoms of these kinds see, in a cell or not, of the inputs in their units."""

    surroundings: Surroundings
    kinds: tuple[int, ...]
    cell: Cell | None
    strained: bool

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, "N features"]:
        """A row for each atom."""
        count = 3 * len(self.kinds)
        positions = x[:count].reshape(-1, 3)
        if self.cell is None:
            return self.surroundings.of(positions, self.kinds)
        strain = tensor(x[count:]) if self.strained else None
        return self.surroundings.of_periodic(positions, self.kinds, self.cell, strain)


class AtomicEnergiesModule(eqx.Module):
    """What `AtomicEnergies` builds, between the scalings."""

    inner: tuple[Callable, ...]
    seeing: Seeing = eqx.field(static=True)
    # Numbers of Python: no optimiser sees them.
    scales: Scales

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " 1"]:
        """Ê of the scaled coordinates."""
        x_shift, x_scale, middles, sizes = (jnp.asarray(a, x.dtype) for a in self.scales)
        seen = (self.seeing(x_shift + x_scale * x) - middles[None]) / sizes[None]
        kinds = self.seeing.kinds
        energy = jnp.zeros((), x.dtype)
        for kind, network in enumerate(self.inner):
            rows = np.flatnonzero(np.array(kinds) == kind)
            energy += jnp.sum(jax.vmap(network)(seen[rows]))
        return (energy / np.sqrt(len(kinds)))[None]


def _check_sizes(inputs: int, outputs: int, periodic: bool) -> None:
    if inputs % 3 or inputs < (3 if periodic else 6) or outputs != 1:
        raise ConfigError(
            "energies of atoms have three coordinates for each of two atoms or more as inputs, and "
            f"one output, the energy: got {inputs} and {outputs}."
        )


def _atoms_of(inputs: tuple[str, ...]) -> tuple[str, ...]:
    """Kinds of atoms by the names of the coordinates; one kind where they say none."""
    found = [COORDINATE.fullmatch(name) for name in inputs]
    if not all(found):
        return ("X",) * (len(inputs) // 3)
    return tuple(match[1] for match in found[::3] if match)


def _kinds(atoms: tuple[str, ...]) -> tuple[int, ...]:
    order = sorted(set(atoms))
    return tuple(order.index(atom) for atom in atoms)


def _sizes(seeing: Seeing, frame: Frame) -> tuple[Numbers, Numbers]:
    """Middle of each number that is seen, over the atoms, and by how much it changes.

    At the middle configuration: among the atoms, and in the range of the positions.
    """
    with eval_context():  # a file that is read builds the network while tracing
        found = _seen(seeing, jnp.asarray(frame.x_shift), jnp.asarray(frame.x_scale))
        at, slopes = map(np.asarray, found)
    if not np.isfinite(slopes).all():  # atoms that meet in the mean, as where they change places
        return (0.0,) * at.shape[1], (1.0,) * at.shape[1]
    spread = np.sum(slopes**2, axis=-1) / 3  # of coordinates that lie evenly within ± 1
    sizes = np.sqrt(np.mean(spread, axis=0) + at.std(axis=0) ** 2)
    usual = np.where(sizes > 1e-6 * np.abs(at).max(initial=1e-12), sizes, 1.0)
    return tuple(map(float, at.mean(axis=0))), tuple(map(float, usual))


@compiled(SELDOM)
def _seen(seeing: Seeing, x_shift: Array, x_scale: Array) -> tuple:
    """What is seen at x̂ = 0, and its slopes by x̂."""

    def seen(x):
        found = seeing(x_shift + x_scale * x)
        return found, found

    slopes, at = jax.jacfwd(seen, has_aux=True)(jnp.zeros_like(x_shift))
    return at, slopes
