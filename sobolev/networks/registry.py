"""Which architectures there are: by the names that files and the command line know."""

from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from sobolev._base.errors import ConfigError
from sobolev.networks.activations import ACTIVATIONS, Activation, activation
from sobolev.networks.architecture import Architecture
from sobolev.networks.as_json import Named, Saved
from sobolev.networks.families.atoms.atomic_energies import AtomicEnergies
from sobolev.networks.families.atoms.surroundings import Surroundings
from sobolev.networks.families.convex import ConvexMLP
from sobolev.networks.families.dense import INITS, Initialisation, initialisation
from sobolev.networks.families.fields.local_global import LocalGlobalNetwork
from sobolev.networks.families.fields.spectral import SpectralNetwork
from sobolev.networks.families.fourier import FourierMLP
from sobolev.networks.families.gaussian import GaussianFeatures
from sobolev.networks.families.history import HistoryNetwork
from sobolev.networks.families.mixed import MixedMLP
from sobolev.networks.families.mlp import MLP
from sobolev.networks.families.modified_mlp import ModifiedMLP
from sobolev.networks.families.residual import ResidualMLP
from sobolev.networks.families.sine import SineNetwork
from sobolev.networks.wrappers.constants import Constants
from sobolev.networks.wrappers.hard.curves import Arc, Circle, Segment
from sobolev.networks.wrappers.hard.faces import Between, Face
from sobolev.networks.wrappers.hard.formula import Formula
from sobolev.networks.wrappers.hard.given import Affine
from sobolev.networks.wrappers.hard.hard_boundary import HardBoundary
from sobolev.networks.wrappers.hard.joined import Clamped, Joined
from sobolev.networks.wrappers.hard.polygon import Polygon
from sobolev.networks.wrappers.hard.transfinite import Transfinite
from sobolev.networks.wrappers.invariants import Fibres, Isochoric, Isotropic
from sobolev.networks.wrappers.periodic import Periodic
from sobolev.networks.wrappers.potential import Potential
from sobolev.networks.wrappers.power_law import PowerLaw
from sobolev.networks.wrappers.regular import Regular

# A network with a name of the command line is made from its fields alone.
ARCHITECTURES: dict[str, type[Architecture]] = {
    family.name: family
    for family in (
        MLP, MixedMLP, ModifiedMLP, FourierMLP, ResidualMLP, SineNetwork, GaussianFeatures,
    )
}  # fmt: skip
# Architectures around others, parts of architectures, and networks of fields, which ask for as many
# inputs as a grid has points, are made in Python and read from files.
PARTS: dict[str, type[Saved]] = {
    part.name: part
    for part in (
        HardBoundary, Face, Between, Segment, Arc, Circle, Polygon, Joined, Clamped, Affine,
        Formula, Transfinite, Potential, Isotropic, Fibres, Isochoric, ConvexMLP,
        Periodic, Regular, Constants, SpectralNetwork, LocalGlobalNetwork, AtomicEnergies,
        Surroundings, PowerLaw, HistoryNetwork,
    )
}  # fmt: skip
_KNOWN: dict[str, type[Saved] | Named] = {**ARCHITECTURES, **PARTS, **ACTIVATIONS, **INITS}
_OF_STRINGS = {Activation: activation, Initialisation: initialisation}


def register(*things: type[Saved] | Named) -> None:
    """Make files with an architecture, or a part of one, of your own readable in this process.

    **Arguments:** classes below `Architecture` (or `Saved`) that are frozen dataclasses with a
    `name` of their own, or values such as an `Activation`. The same once more changes nothing.
    Raises `ConfigError` for another kind of thing and for a name that is taken.

    ```python
    networks.register(Own)
    surrogate = Surrogate.load("own.npz")
    ```
    """
    _KNOWN.update(with_own(things))


def with_own(things: tuple[type[Saved] | Named, ...]) -> dict[str, type[Saved] | Named]:
    """What is known by name, and these too; `ConfigError`."""
    known = dict(_KNOWN)
    for thing in things:
        name = _name_of(thing)
        if known.setdefault(name, thing) != thing:
            raise ConfigError(
                f"the name '{name}' of {thing!r} is that of {known[name]!r}: give it another one."
            )
    return known


def of_strings(kind: str, **settings: Any) -> Architecture:
    """An architecture by name, with fields as the command line writes them; `ConfigError`.

    ```python
    architecture = of_strings("residual", hidden=(16, 16), activation="swish")
    ```
    """
    takes = fields_of(kind)
    for name, value in settings.items():
        if name not in takes:
            others = ", ".join(name for name in takes if name != "hidden")
            raise ConfigError(
                f"{name} = {value!r} has no meaning for the network '{kind}': leave it out, it "
                f"takes {others}."
            )
        if type(takes[name]) in _OF_STRINGS and not isinstance(value, Named):
            settings[name] = _OF_STRINGS[type(takes[name])](value)
    return ARCHITECTURES[kind](**settings)


def fields_of(kind: str) -> dict[str, Any]:
    """The fields of an architecture by name, with their defaults; `ConfigError` for no such name.

    ```python
    "activation" in fields_of("sine")   # False
    ```
    """
    if kind not in ARCHITECTURES:
        raise ConfigError(f"unknown network '{kind}': choose one of {', '.join(ARCHITECTURES)}.")
    return {f.name: f.default for f in fields(ARCHITECTURES[kind])}  # type: ignore


def _name_of(thing: Any) -> str:
    if isinstance(thing, Named):
        return thing.name
    frozen = is_dataclass(thing) and thing.__dataclass_params__.frozen  # type: ignore
    if isinstance(thing, type) and issubclass(thing, Saved) and frozen:
        name = vars(thing).get("name", MISSING)
        if isinstance(name, str) and name:
            return name
    raise ConfigError(
        f"{thing!r} cannot be registered: give a frozen dataclass below networks.Architecture that "
        'says name = "…", or a networks.Activation.'
    )
