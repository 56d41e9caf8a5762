"""Whether each part of the boundary of a region that is no box has a condition.

Asked for only where every part needs one: of equations whose second derivatives across the part
have one sign, as those of elasticity, heat and potential flow have. In waves a part may be free.
What cannot be counted is passed over in silence.
"""

import warnings
from collections.abc import Sequence
from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.compiled import SELDOM, compiled
from sobolev._base.errors import EquationWarning
from sobolev.losses.batch import Batch
from sobolev.losses.block import Block
from sobolev.losses.equations.equation import Equation
from sobolev.losses.equations.regions.region import Part, Region, spread_over
from sobolev.losses.view import ScalingArrays
from sobolev.surrogate import Surrogate
from sobolev.training.notes import Kind, Note
from sobolev.training.preparation.dependence import Dependence, dependence_of
from sobolev.training.preparation.sides import ON, Hidden, points_of
from sobolev.training.trained_and_watched import Posed

LEAST = 3  # points on a part: two may be corners, which belong to its neighbours
LOOKED_AT = 64  # points at which the network is asked, on each part and inside
STAYS = 1e-6  # of what other weights change inside: a value that the network holds


def notes_on_parts(
    posed: Posed, surrogate: Surrogate, elsewhere: Sequence[Batch | None] = ()
) -> tuple[Note, ...]:
    """A note that names the parts of a boundary without any condition; it warns, too.

    Nothing is said where data are given inside, where there are more equations than unknowns, and
    where not all are `Equation`s, as natural conditions are part of an energy.
    """
    try:
        region, fields, x = _posed(posed, surrogate, elsewhere)
    except Hidden:
        return ()
    found = [
        part
        for part in region.parts
        if _asked(part, fields, surrogate)
        and not _has_points(part, x, surrogate)
        and not _is_held(part, region, surrogate)
    ]
    if not found:
        return ()
    names = ", ".join(name for block, _ in fields for name in block.names)
    without = ", ".join(f"'{'/'.join(part.names)}'" for part in found)
    boundary = f'region.boundary("{found[0].names[0]}")'
    note = Note(
        Kind.UNDETERMINED,
        f"'{names}' has second derivatives that ask for a condition on all of the boundary of its "
        f"region, and there is none on {without}. Is one left out? Without it there are many "
        "solutions, and any of them may be found: give it as a further Equation at points there, "
        f"Uniform({boundary}, 64), or in the network, HardBoundary(...).",
    )
    warnings.warn(note.sentence, EquationWarning, stacklevel=4)
    return (note,)


def _posed(
    posed: Posed, surrogate: Surrogate, elsewhere: Sequence[Batch | None]
) -> tuple[Region, list[tuple[Equation, Dependence]], Float[np.ndarray, "n d"]]:
    """The region, what holds in it, and all points of the other equations, in physical units."""
    blocks, scaling = posed.loss.blocks, surrogate.scaling
    within = [found for block in blocks if (found := _within(block)) is not None]
    if not within or scaling.constant:
        raise Hidden
    region = within[0][1]
    if any(_kind(other) != _kind(region) for _, other in within):
        raise Hidden  # several bodies
    x = np.concatenate(
        [
            np.empty((0, len(surrogate.inputs))),
            *(
                _places(block, measured, surrogate)
                for block, measured in zip(blocks, elsewhere or (None,) * len(blocks), strict=True)
                if _within(block) is None
            ),
        ]
    )
    on = [_on(part, x, surrogate) for part in region.parts]
    if not np.any(on, axis=0).all():  # inside they may decide anything
        raise Hidden
    if sum(len(block.names) for block, _ in within) > len(surrogate.outputs):
        raise Hidden
    fields, arrays = [], ScalingArrays.of(scaling)
    for block, _ in within:
        seen = dependence_of(block.function, arrays, len(surrogate.outputs))
        if seen is None or not seen.local:
            raise Hidden
        fields.append((block, seen))
    return region, fields, x


def _within(block: Block) -> tuple[Equation, Region] | None:
    """An equation that holds in a region that is no box."""
    inner = block.innermost
    if not isinstance(inner, Equation):
        return None
    domain = inner.points.domain
    return (inner, domain) if isinstance(domain, Region) and domain.box is None else None


def _kind(region: Region) -> tuple[tuple[str, ...], float]:
    return region.named, float(region.size)


def _places(block: Block, measured: Batch | None, surrogate: Surrogate) -> Float[np.ndarray, "n d"]:
    """Where an equation or labels are looked at, in physical units; `Hidden` for anything else."""
    scaling = surrogate.scaling
    if block.of_labels:
        rows = np.asarray(block.places(ScalingArrays.of(scaling)))
    elif isinstance(block.innermost, Equation):
        rows = points_of(block, measured, surrogate)
    else:
        raise Hidden
    return rows * scaling.x_scale + scaling.x_shift


def _asked(part: Part, fields: list[tuple[Equation, Dependence]], surrogate: Surrogate) -> bool:
    """Whether this part needs a condition, by the inputs in which it is curved or lies aslant."""
    across = np.abs(_normals(part, jnp.asarray(spread_over(part)[:LOOKED_AT]))).max(axis=0) > ON
    own = [surrogate.inputs.index(part.inputs[i]) for i in np.flatnonzero(across)]
    # Across one input alone it may be the time of a wave, whose end is free.
    return any(seen.elliptic(own) and (len(own) > 1 or not seen.waves()) for _, seen in fields)


def _has_points(part: Part, x: Float[np.ndarray, "n d"], surrogate: Surrogate) -> bool:
    on = _on(part, x, surrogate)
    return len(np.unique(x[on], axis=0)) >= LEAST


def _on(part: Part, x: Float[np.ndarray, "n d"], surrogate: Surrogate) -> np.ndarray:
    """Which points lie on a part; in the order of its own inputs."""
    if not len(x):
        return np.zeros(0, bool)
    near = ON * float(np.min(surrogate.scaling.x_scale))
    return np.asarray(_distances(part, jnp.asarray(x))) <= near


@compiled(SELDOM)
def _normals(part: Part, x: Float[Array, "n d"]) -> Float[Array, "n d"]:
    return jax.vmap(part.normal)(x)


@compiled(SELDOM)
def _distances(part: Part, x: Float[Array, "n d"]) -> Float[Array, " n"]:
    return jax.vmap(part.distance)(x)


def _is_held(part: Part, region: Region, surrogate: Surrogate) -> bool:
    """Whether an output keeps its values there whatever the weights are."""
    there, inside = spread_over(part)[:LOOKED_AT], spread_over(region)[:LOOKED_AT]
    others = jax.tree.map(
        lambda leaf: 1.5 * leaf + 0.1 if eqx.is_inexact_array(leaf) else leaf, surrogate.network
    )
    moved = replace(surrogate, network=others)
    change = [np.abs(moved.value(x) - surrogate.value(x)).max(axis=0) for x in (there, inside)]
    return bool((change[0] <= STAYS * change[1]).any())
