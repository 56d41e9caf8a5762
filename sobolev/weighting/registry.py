"""The schemes by name, for settings files, the command line, comparisons and sweeps.

The one list of them is that of the package, `sobolev/weighting/__init__.py`; each carries its name.
"""

import difflib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.weighting.scheme import Scheme

# The folders under `sobolev.weighting` whose schemes have names, and what those look at.
FAMILIES = {
    "fixed": "nothing, the energies or chance",
    "by_loss": "the losses",
    "by_size": "the gradient of each term, its size",
    "by_angle": "the angles between these gradients",
    "trained": "losses or angles, with weights that are trained",
    "wrappers": "an estimate of these sizes",
}


class _Registry(Mapping[str, Callable[..., Scheme]]):
    """Name to what makes the scheme with its defaults or other settings."""

    def __getitem__(self, name: str) -> Callable[..., Scheme]:
        return _named()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_named())

    def __len__(self) -> int:
        return len(_named())


SCHEMES: Mapping[str, Callable[..., Scheme]] = _Registry()


def classes() -> tuple[type[Scheme], ...]:
    """Every scheme of the house, family by family; those around others come last."""
    public = vars(sys.modules[__package__ or ""]).values()
    found = [c for c in public if inspect.isclass(c) and issubclass(c, Scheme)]
    return tuple(sorted((c for c in found if not inspect.isabstract(c)), key=_place))


def family(scheme: type[Scheme]) -> str:
    """The folder in which a scheme of the house stands: a key of `FAMILIES`."""
    return scheme.__module__.split(".")[-2]


def _place(scheme: type[Scheme]) -> tuple:
    """By family, then by file, then as they stand in it."""
    module = sys.modules[scheme.__module__]
    within = list(vars(module)).index(scheme.__name__)
    return list(FAMILIES).index(family(scheme)), scheme.__module__, within


def names_by_family() -> str:
    """The table of the documentation: which names look at what."""
    rows = ["| looks at | names |", "|---|---|"]
    for folder, what in FAMILIES.items():
        of_family = [name for c in classes() if family(c) == folder for name in c.named()]
        rows.append(f"| {what} | {', '.join(f'`{name}`' for name in of_family)} |")
    return "\n".join(rows)


@cache  # once all of the package is imported
def _named() -> dict[str, Callable[..., Scheme]]:
    return {name: make for scheme in classes() for name, make in scheme.named().items()}


def by_name(name: str, **settings: object) -> Scheme:
    """The scheme of this name, with its defaults or other settings.

    **Arguments:** `name`, a key of `SCHEMES`, with hyphens or underscores; `settings`, the
    arguments of the scheme by their names. Schemes that are told about single terms
    (`AugmentedLagrangian`, `DCGD`, `Fixed`, `Scheduled`, ...) have no name here. Raises
    `ConfigError`.

    ```python
    sobolev.weighting.by_name("relobralo", temperature=0.5)
    list(sobolev.weighting.SCHEMES)    # the names there are
    ```
    """
    make = SCHEMES[check_name(name)]
    try:
        inspect.signature(make).bind(**settings)
    except TypeError as error:
        known = ", ".join(settings_of(name)) or "nothing"
        raise ConfigError(f"the weighting {name} takes {known}: {error}.") from error
    return make(**settings)


def settings_of(name: str) -> tuple[str, ...]:
    """The arguments that the scheme of this name takes; `ConfigError`."""
    return tuple(inspect.signature(SCHEMES[check_name(name)]).parameters)


def check_name(name: str) -> str:
    """The name with hyphens; `ConfigError` with the one that may be meant where there is none."""
    wanted = name.replace("_", "-") if isinstance(name, str) else ""
    if wanted in SCHEMES:
        return wanted
    close = difflib.get_close_matches(wanted, SCHEMES, n=1)
    guess = f", did you mean '{close[0]}'?" if close else ":"
    raise ConfigError(f"unknown weighting {shown(name)}{guess} known are {', '.join(SCHEMES)}.")
