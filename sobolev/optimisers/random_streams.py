"""Random numbers of a training: one stream for each purpose, from the one key of the task.

A number of a stream follows from the key, the purpose and a count alone, so that a training which
is resumed draws the same ones.
"""

import jax
from jaxtyping import Array, Int, PRNGKeyArray

# The first two streams are as old as the checkpoints that rely on them: those of one key with a
# count from 0 upwards and from −1 downwards. A further one has a number of its own.
_POINTS, _ESTIMATOR, _ELSEWHERE = 0x706F696E, 0x65737469, 0x656C7365
_PROJECTION = 0x70726F6A


def shuffle(key: PRNGKeyArray, epoch: Int[Array, ""]) -> PRNGKeyArray:
    """For the order of the rows in an epoch of mini-batches."""
    return jax.random.fold_in(key, epoch)


def sketch(key: PRNGKeyArray, step: Int[Array, ""]) -> PRNGKeyArray:
    """For the directions of a sketch in a first-order step."""
    return jax.random.fold_in(key, -1 - step)


def sketch_of_all(key: PRNGKeyArray, step: Int[Array, ""]) -> PRNGKeyArray:
    """The same for steps on all rows, which shuffle nothing: they count upwards."""
    return jax.random.fold_in(key, step)


def points(key: PRNGKeyArray, step: Int[Array, ""]) -> PRNGKeyArray:
    """For points that are drawn afresh in a step."""
    return jax.random.fold_in(jax.random.fold_in(key, _POINTS), step)


def estimator(key: PRNGKeyArray, step: Int[Array, ""]) -> PRNGKeyArray:
    """For a stochastic estimate of a residual in a step."""
    return jax.random.fold_in(jax.random.fold_in(key, _ESTIMATOR), step)


def elsewhere(block: int) -> PRNGKeyArray:
    """For the points of a block on which it is never trained: the same whatever the seed.

    So that trainings, and the members of a team, are measured alike.
    """
    return jax.random.fold_in(jax.random.key(_ELSEWHERE), block)


def projection(key: PRNGKeyArray, step: Int[Array, ""]) -> PRNGKeyArray:
    """For the random directions in which a step is looked for."""
    return jax.random.fold_in(jax.random.fold_in(key, _PROJECTION), step)
