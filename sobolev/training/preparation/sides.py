"""How many conditions each side of the box has: by the network, by data, by equations there."""

import numpy as np
from jaxtyping import Bool, Float

from sobolev.losses.batch import At, Batch
from sobolev.losses.block import Block
from sobolev.losses.equations.equation import Equation
from sobolev.losses.view import ScalingArrays
from sobolev.networks.architecture import Frame
from sobolev.surrogate import Surrogate

ON = 1e-5  # of a half range: a point on a side, a box that is the one of the surrogate
FILLED = 1.0  # half ranges: points that stay and reach over as much are of the whole box

OfSides = Float[np.ndarray, "d 2"]


class Hidden(Exception):
    """There may be a condition where none can be counted."""


def of_network(surrogate: Surrogate) -> OfSides:
    """Those that hold whatever the weights."""
    architecture = surrogate.architecture
    if architecture is None or surrogate.scaling.constant:
        raise Hidden
    held = architecture.held(frame_of(surrogate))
    if held is None:
        raise Hidden
    return held.sum(axis=2)


def frame_of(surrogate: Surrogate) -> Frame:
    """In which its architecture lies."""
    scaling = surrogate.scaling
    scales = scaling.x_shift, scaling.x_scale, scaling.y_shift, scaling.y_scale
    return Frame(surrogate.inputs, surrogate.outputs, *scales)


def of_labels(block: Block, surrogate: Surrogate) -> OfSides:
    """Labels that lie on sides; `Hidden` when some lie inside, where they may decide anything."""
    x = np.asarray(block.places(ScalingArrays.of(surrogate.scaling)))
    if not on_sides(x).any(axis=(1, 2)).all():
        raise Hidden
    return len(block.term_of) * sides_of(x)


def points_of(block: Block, measured: Batch | None, surrogate: Surrogate) -> np.ndarray:
    """Where a block is looked at, scaled; `Hidden` when nobody knows."""
    batch = measured if block.every else block.draw()
    if not isinstance(batch, At):
        raise Hidden
    return scaled(np.asarray(batch.x), surrogate)


def fills(block: Equation, x: Float[np.ndarray, "n d"], surrogate: Surrogate) -> bool:
    """Whether an equation holds in the box of the surrogate, not in a part of it."""
    domain = block.points.domain
    if domain is None:
        return bool((np.abs(x) <= 1 + ON).all() and (np.ptp(x, axis=0) >= FILLED).all())
    if domain.box is None:
        return False
    ends = scaled(np.array([np.asarray(end) for end in domain.box]), surrogate)
    return bool((np.abs(ends - [[-1.0], [1.0]]) <= ON).all())


def scaled(x: Float[np.ndarray, "n d"], surrogate: Surrogate) -> Float[np.ndarray, "n d"]:
    """x̂."""
    return (np.asarray(x, float) - surrogate.scaling.x_shift) / surrogate.scaling.x_scale


def on_sides(x: Float[np.ndarray, "n d"]) -> Bool[np.ndarray, "n d 2"]:
    """On which sides of the box each point lies."""
    return np.asarray(np.abs(x[..., None] - np.array([-1.0, 1.0])) <= ON)


def sides_of(x: Float[np.ndarray, "n d"]) -> Bool[np.ndarray, "d 2"]:
    """Sides with points; a single point is none where sides are lines or more."""
    if x.shape[1] > 1 and len(np.unique(x, axis=0)) == 1:
        return np.zeros((x.shape[1], 2), bool)
    return np.asarray(on_sides(x).any(axis=0))
