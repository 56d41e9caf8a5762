"""Trajectories of dynamical systems as functions of their parameters, with exact sensitivities."""

from sobolev._base.lazy import attach

__getattr__, __all__ = attach(__name__, __file__)


def __dir__() -> list[str]:
    return __all__
