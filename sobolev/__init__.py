"""Derivative-informed (Sobolev) surrogates for computational mechanics.

Carriers and verbs are here (`sobolev.Dataset`, `sobolev.fit`), families one dot away
(`sobolev.weighting.LossMax`): `__init__.pyi` lists both. Each is imported when it is first used, so
that `import sobolev` and `sobolev --help` do not wait for JAX.
"""

from typing import Any

from sobolev._base.lazy import attach

_load, __all__ = attach(__name__, __file__)


def __getattr__(name: str) -> Any:
    if name in __all__:
        return _load(name)
    if name == "__version__":
        from importlib.metadata import version

        globals()[name] = version(__name__)
        return globals()[name]
    from functools import reduce

    from sobolev._as_before import MOVED, new_name

    if name in MOVED:
        return reduce(getattr, new_name(name).split("."), __import__(__name__))
    return _load(name)


def __dir__() -> list[str]:
    return __all__
