"""Optimisers by the names that they had before: they warn, and go with the next version."""

import warnings

from sobolev.optimisers.least_squares.gradient_regularised import (
    Metric,
    MishchenkoNewton,
    RegularisedNewton,
)


def GradientRegularisedNewton(
    smoothness: float = 1.0, metric: Metric | None = None
) -> RegularisedNewton:
    """Deprecated: `MishchenkoNewton`, whose rule it has; `SemenovNewton` has another."""
    warnings.warn(
        "GradientRegularisedNewton(...) is MishchenkoNewton(...) now, and the old name goes with "
        "the next version; SemenovNewton(...) has the rule of arXiv 2506.13710.",
        DeprecationWarning,
        stacklevel=2,
    )
    return MishchenkoNewton(smoothness, metric)
