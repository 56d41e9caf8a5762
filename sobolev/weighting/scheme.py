"""What a scheme is: statistics of the terms in, weights out, state passed along."""

import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, ClassVar, NamedTuple, Self

import equinox as eqx
from jaxtyping import Array, Bool, Float, PyTree


class Moments(NamedTuple):
    """Of the entries of each term's gradient g_k, `[K]` each: max |g|, mean |g|, deviation of g."""

    largest: Float[Array, " K"]
    mean: Float[Array, " K"]
    deviation: Float[Array, " K"]


class Statistics(NamedTuple):
    """What the engine measured at the current parameters θ; beside the losses only what is needed.

    `losses [K]` are the unweighted L_k; `gram [K, K]` holds g_j·g_k with g_k = ∇_θ L_k; `moments`
    those of the entries of g_k; `traces [K]` Σ_e mean_n ‖∂r_en/∂θ‖² over the residuals of a term,
    the trace of its tangent kernel over its number of labels; `sketch [v, K]` holds g_k·v for
    random directions v, E[tᵀt]/v = gram.
    """

    losses: Float[Array, " K"]
    gram: Float[Array, "K K"] | None = None
    moments: Moments | None = None
    traces: Float[Array, " K"] | None = None
    sketch: Float[Array, "v K"] | None = None


NEEDS = frozenset(Statistics._fields) - {"losses"}


class Scheme(eqx.Module):
    """Decides the weight of each loss term; pure, so it can be compiled, stored and resumed.

    Abstract, or final: a scheme has `init` and `update`, and says the rest only where it differs.
    What changes another scheme is a `Wrapper` around it. Of the class: `name` in settings files and
    on the command line, empty for none; `needs`, which statistics `update` uses beside the losses,
    some of `NEEDS`; `unit_free`, the claim that a term's share w_k L_k does not depend on the unit
    in which the term is measured; `constant`, whether the weights stay as they are at the start;
    `told_about_terms`, whether its settings speak of single terms, so that it has no defaults.

    ```python
    class Largest(Scheme):
        '''All the weight to the term with the largest loss.'''

        def init(self, energies):
            return ()

        def update(self, statistics, state):
            L = statistics.losses
            return jnp.where(L == jnp.max(L), 1.0, 0.0), state

    fit(surrogate, train, weighting=Largest(), optimiser=Adam(5e-3))
    ```
    """

    name: ClassVar[str] = ""
    needs: ClassVar[frozenset[str]] = frozenset()
    unit_free: ClassVar[bool] = False
    constant: ClassVar[bool] = False
    told_about_terms: ClassVar[bool] = False

    @abc.abstractmethod
    def init(self, energies: Float[Array, " K"]) -> PyTree:
        """The state before the first step, from ½ mean (label)² of each term.

        In a training none is 0: `Loss.signals` says what a term of zero labels has.
        """

    @abc.abstractmethod
    def update(self, statistics: Statistics, state: PyTree) -> tuple[Float[Array, " K"], PyTree]:
        """`(weights for this step, next state)`."""

    def due(self, state: PyTree) -> Bool[Array, ""] | bool:
        """Whether this step's statistics beside the losses are used.

        When not, they are zeros and cost nothing. `True`, not an array, where they always are.
        """
        del state
        return True

    def told(self, names: Sequence[str]) -> "Scheme":
        """The scheme that knows the terms by name: inner schemes are told, and so on.

        One with a setting that may be a name overrides it, see `changed`. Raises `ConfigError` when
        there is no such term.
        """
        inner = {f.name: getattr(self, f.name) for f in fields(self)}
        new = {name: _told(part, names) for name, part in inner.items()}
        if all(new[name] is inner[name] for name in inner):
            return self
        return self.changed(**new)

    def changed(self, **parts: Any) -> Self:
        """The same scheme with some fields changed."""
        other = object.__new__(type(self))
        for field in fields(self):
            value = parts.get(field.name, getattr(self, field.name))
            object.__setattr__(other, field.name, value)
        return other

    @property
    def vectors(self) -> int:
        """How many random directions a sketch has."""
        return 1

    @property
    def looks_back(self) -> bool:
        """Whether it is told the losses after the step: where it has an `after` of its own."""
        return type(self).after is not Scheme.after

    def after(self, losses: Float[Array, " K"], state: PyTree) -> PyTree:
        """The next state from the losses after the step, taken on the same rows.

        First-order optimisers only: others take no step after which they could be taken.
        """
        del losses
        return state

    @classmethod
    def named(cls) -> Mapping[str, Callable[..., "Scheme"]]:
        """What the registry knows of the class: name, and who makes it with all its defaults."""
        return {cls.name: cls} if cls.name and not cls.told_about_terms else {}


def _told(part: Any, names: Sequence[str]) -> Any:
    """A field of a scheme, with the schemes in it told."""
    if isinstance(part, Scheme):
        return part.told(names)
    if isinstance(part, tuple) and any(isinstance(inner, Scheme) for inner in part):
        return tuple(_told(inner, names) for inner in part)
    return part
