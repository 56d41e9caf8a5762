"""Whether an architecture can be relied on: what every one of the house is held to."""

import copy
import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, is_dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from sobolev._base.conformance import Conformance, case, hold
from sobolev._base.errors import ConfigError
from sobolev._base.precision import require_x64
from sobolev.networks.architecture import Architecture, Frame
from sobolev.networks.arrays_by_name import alike, arrays_of, filled
from sobolev.networks.as_json import Saved, packed, unpacked
from sobolev.networks.derivatives import predict
from sobolev.networks.last_layer import WithLastLayer, places_of_last_layer
from sobolev.networks.parameters import flatten, unflatten
from sobolev.networks.registry import with_own

STEP = 1e-5  # of central differences on [−1, 1]
SLOPES = 1e-7  # of the largest entry: their rounding, with room


def conforms(
    architecture: Architecture, inputs: int = 2, outputs: int = 3, reach: float = 0.9
) -> Conformance:
    """Tries an architecture on networks x̂ `[inputs]` → ŷ `[outputs]`.

    The cases: a frozen value, equal to a copy and hashable; its fields go through JSON and come
    back equal; `explicit` and `within` change nothing the second time; a network gives `[outputs]`
    finite 64-bit numbers; the same key gives the same bits, another key other ones in the same
    structure; first and second derivatives are the differences of the order below (to 1e-7 of the
    largest entry; a network with kinks fails here when a point lies on one); its parameters are
    trained and reach the output; it is affine in the last layer that it says, if any; its arrays
    have different names and, kept and put into a network without arrays, give the same bits;
    unusable numbers of inputs are refused by `ConfigError`.

    **Arguments:** `inputs`, `outputs` ≥ 1; `reach`: the points lie in [−reach, reach]ᵈ. What
    the architecture raises is a failed case, not an error. Raises `ConfigError` for what is none,
    `PrecisionError` in 32-bit.

    ```python
    found = conforms(Own(hidden=(8,)))
    assert found.good, str(found)
    ```
    """
    require_x64("conforms")
    if not isinstance(architecture, Architecture) or min(inputs, outputs) < 1:
        raise ConfigError(
            f"conforms tries an architecture on at least one input and output: got "
            f"{architecture!r}, {inputs} and {outputs}."
        )
    sizes = inputs, outputs
    cases: list[tuple[str, Callable[[], str]]] = [
        ("value", lambda: _value(architecture)),
        ("saved", lambda: _saved(architecture)),
        ("settled", lambda: _settled(architecture, *sizes)),
        ("shape", lambda: _shape(architecture, *sizes, reach)),
        ("keys", lambda: _keys(architecture, *sizes)),
        ("derivatives", lambda: _derivatives(architecture, *sizes, reach)),
        ("parameters", lambda: _parameters(architecture, *sizes, reach)),
        ("last layer", lambda: _last_layer(architecture, *sizes, reach)),
        ("arrays", lambda: _arrays(architecture, *sizes, reach)),
        ("refusal", lambda: _refusal(architecture, *sizes)),
    ]
    results = tuple(case(name, check) for name, check in cases)
    return Conformance(type(architecture).__name__, results)


def _build(made: Architecture, inputs: int, outputs: int, seed: int = 0) -> Any:
    framed = made.explicit(inputs, outputs).within(Frame.plain(inputs, outputs))
    return framed.build(inputs, outputs, jax.random.key(seed))


@eqx.filter_jit
def _predict(network: Any, x: Array, order: int) -> Any:
    return predict(network, x, order)


def _ask(network: Any, x: np.ndarray, order: int) -> Any:
    return _predict(network, jnp.asarray(x), order)


def _points(inputs: int, reach: float) -> np.ndarray:
    return np.random.default_rng(7).uniform(-reach, reach, (4, inputs))


def _value(made: Architecture) -> str:
    hold(is_dataclass(made), "its class is no dataclass, so it has no fields to save")
    again = copy.deepcopy(made)
    hold(again == made, "it is not equal to its copy")
    hold(hash(again) == hash(made), "equal values have different hashes")
    first = next((f.name for f in fields(made)), "name")  # type: ignore
    try:
        setattr(again, first, None)
    except FrozenInstanceError:
        return "frozen, equal by its fields"
    raise AssertionError("its fields can be changed: declare @dataclass(frozen=True)")


def _kinds(value: Any) -> list[type]:
    """The classes of a value and of all that its fields hold."""
    if isinstance(value, tuple):
        return [kind for part in value for kind in _kinds(part)]
    if not isinstance(value, Saved):
        return []
    inside = [kind for f in fields(value) for kind in _kinds(getattr(value, f.name))]  # type: ignore
    return [type(value), *inside]


def _saved(made: Architecture) -> str:
    text = json.dumps(packed(made), allow_nan=False)
    again = unpacked(json.loads(text), with_own(tuple(_kinds(made))))
    hold(again == made, f"after a file it is {again!r}")
    return f"{len(text)} characters of a file"


def _settled(made: Architecture, inputs: int, outputs: int) -> str:
    explicit = made.explicit(inputs, outputs)
    hold(explicit.explicit(inputs, outputs) == explicit, "explicit changes an explicit one")
    framed = explicit.within(Frame.plain(inputs, outputs))
    hold(framed.within(Frame.plain(inputs, outputs)) == framed, "within changes a framed one")
    hold(alike(*(_build(a, inputs, outputs) for a in (made, explicit))), "explicit is another one")
    return "explicit and in a frame it stays the same"


def _shape(made: Architecture, inputs: int, outputs: int, reach: float) -> str:
    y = _ask(_build(made, inputs, outputs), _points(inputs, reach), 1).y
    hold(np.shape(y)[1:] == (outputs,), f"the output has shape {np.shape(y)[1:]}")
    hold(y.dtype == np.float64, f"the output holds {y.dtype}")
    hold(np.isfinite(y).all(), f"the output is {y[0]}")
    return f"{outputs} finite numbers"


def _keys(made: Architecture, inputs: int, outputs: int) -> str:
    one, same, other = (_build(made, inputs, outputs, seed) for seed in (1, 1, 2))
    hold(alike(one, other), "another key gives another structure, shapes or constants")
    pairs = zip(arrays_of(one).values(), arrays_of(same).values(), strict=True)
    hold(all(np.array_equal(a, b) for a, b in pairs), "the same key gives other bits")
    hold(np.any(flatten(one) != flatten(other)), "another key gives the same parameters")
    return "the key decides, and the structure does not depend on it"


def _derivatives(made: Architecture, inputs: int, outputs: int, reach: float) -> str:
    network = _build(made, inputs, outputs)
    x, worst = _points(inputs, reach), 0.0
    exact = _ask(network, x, 2)
    for i, step in enumerate(STEP * np.eye(inputs)):
        up, down = (_ask(network, x + s * step, 1) for s in (1, -1))
        for name, lower in (("jacobian", "y"), ("hessian", "jacobian")):
            slopes = np.asarray(getattr(up, lower) - getattr(down, lower)) / (2 * STEP)
            known = np.asarray(getattr(exact, name))[..., i]
            size = max(np.abs(getattr(exact, part)).max() for part in ("y", lower, name))
            off = float(np.abs(slopes - known).max() / max(size, 1e-300))
            hold(off <= SLOPES, f"{name} is off by {off:.1e} of the largest entry")
            worst = max(worst, off)
    return f"within {worst:.1e} of central differences"


def _parameters(made: Architecture, inputs: int, outputs: int, reach: float) -> str:
    network = _build(made, inputs, outputs)
    x = jnp.asarray(_points(inputs, reach))

    def size(θ):
        found = predict(unflatten(network, θ), x, 1)
        return jnp.sum(found.y**2) + jnp.sum(found.jacobian**2)  # type: ignore

    θ = flatten(network)
    hold(θ.dtype == np.float64, f"its parameters are {θ.dtype}")
    gradient = jax.jit(jax.grad(size))(θ)
    hold(np.isfinite(gradient).all(), "a derivative by a parameter is not finite")
    hold(np.any(gradient), "no parameter reaches the output")
    return f"{len(θ)} are trained"


def _last_layer(made: Architecture, inputs: int, outputs: int, reach: float) -> str:
    network = _build(made, inputs, outputs)
    if not isinstance(network, WithLastLayer):
        return "it says none"
    try:
        places = places_of_last_layer(network)
    except ConfigError:
        return "the one inside says none"
    x, θ = _points(inputs, reach), np.asarray(flatten(network))
    one, two = np.random.default_rng(5).standard_normal((2, len(places)))

    def at(change: np.ndarray) -> np.ndarray:
        moved = θ.copy()
        moved[places] = moved[places] + change
        return np.asarray(_ask(unflatten(network, jnp.asarray(moved)), x, 0).y)

    here, bent = at(0 * one), at(one + two) - at(one) - at(two)
    off = np.abs(bent + here).max() / max(np.abs(at(one)).max(), np.abs(here).max(), 1.0)
    hold(off <= 1e-12, f"it bends by {off:.1e} with the last layer")
    hold(np.any(at(one) != here), "the last layer does not reach the output")
    return f"affine in {len(places)} parameters"


def _arrays(made: Architecture, inputs: int, outputs: int, reach: float) -> str:
    network = _build(made, inputs, outputs, 3)
    arrays = arrays_of(network)
    count = sum(isinstance(x, jax.Array | np.ndarray) for x in jax.tree.leaves(network))
    hold(len(arrays) == count, f"{count} arrays have {len(arrays)} names")
    blank = eqx.filter_eval_shape(lambda: _build(made, inputs, outputs))
    again = filled(blank, {name: np.asarray(array) for name, array in arrays.items()})
    answers = (jax.tree.leaves(_ask(made, _points(inputs, reach), 1)) for made in (again, network))
    same = all(np.array_equal(ours, theirs) for ours, theirs in zip(*answers, strict=True))
    hold(same, "put together again it answers otherwise")
    return f"{count} are kept bit for bit"


def _refusal(made: Architecture, inputs: int, outputs: int) -> str:
    for d, q in ((0, outputs), (inputs, 0)):
        try:
            made.build(d, q, jax.random.key(0))
        except ConfigError:
            continue
        raise AssertionError(f"{d} inputs and {q} outputs are not refused by ConfigError")
    return "no inputs and no outputs are refused"
