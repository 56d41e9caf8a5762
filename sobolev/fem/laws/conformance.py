"""Whether a law can be relied on: what every law of the house is held to."""

import functools
from collections.abc import Callable

from sobolev._base.conformance import Conformance, case, hold
from sobolev._base.errors import ConfigError
from sobolev._base.precision import require_x64
from sobolev.fem.laws.law import Law
from sobolev.fem.values import levels, split
from sobolev.fem.verification.report import Verification
from sobolev.fem.verification.verify import verify

# What `fem.verify` asks, in words of its findings, of every law of the house.
ASKED = (
    "tangent", "symmetry", "rest", "repeat", "values", "objectivity", "energy", "cycle",
    "dissipation", "update", "second derivative",
)  # fmt: skip


def conforms(law: Law, strain: float = 0.02, dimension: int = 3, seed: int = 0) -> Conformance:
    """Tries a law at a few points: is it what its traits say?

    The cases: equal by value; traits that do not depend on numbers; a stress at every state; and
    what `fem.verify` asks, where its traits say that it applies, one case for each kind of finding.

    **Arguments:** `law` with numbers for constants; the size `strain` of the gradients that are
    tried; the `dimension` of a law of any. What the law raises is a failed case, not an error.
    Raises `ConfigError` for what is no law, or one whose constants are not numbers.

    ```python
    found = conforms(NeoHooke(10.0, 0.3))
    assert found.good, str(found)
    ```
    """
    require_x64("trying a law")
    if not isinstance(law, Law):
        raise ConfigError(f"conforms takes a law: got {law!r}.")
    skeleton, _ = split(law)
    if any(levels(skeleton)):
        raise ConfigError("give numbers for constants that depend on the cell or the place.")

    @functools.cache
    def verified() -> Verification:
        return verify(law, strain, dimension=dimension, seed=seed)

    cases: list[tuple[str, Callable[[], str]]] = [
        ("equal by value", lambda: _equal(law, skeleton)),
        ("traits", lambda: _traits(law, skeleton)),
        ("shapes", lambda: _finite(verified())),
        *((kind, lambda kind=kind: _nothing(verified(), kind)) for kind in ASKED),
    ]
    return Conformance(type(law).__name__, tuple(case(name, check) for name, check in cases))


def _equal(law, skeleton):
    hold(hash(skeleton) == hash(split(law)[0]), "its skeleton has no constant hash")
    hold(skeleton == split(law)[0], "two skeletons of it differ: it is no frozen dataclass")
    return "the same law is equal to itself without its numbers"


def _traits(law, skeleton):
    hold(skeleton.traits() == law.traits(), "its traits depend on its numbers")
    return str(law.traits())


def _finite(found: Verification) -> str:
    wrong = [each.sentence for each in found.findings if each.kind == "no stress"]
    hold(not wrong, " ".join(wrong))
    return f"stress and state at {len(found.seen)} states"


def _nothing(found: Verification, kind: str) -> str:
    wrong = [each.sentence for each in found.findings if each.kind == kind]
    hold(not wrong, " ".join(wrong))
    return "as it says" if kind in found.checked else "does not apply"
