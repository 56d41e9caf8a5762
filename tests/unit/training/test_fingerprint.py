"""What a training is recognised by."""

import os
import subprocess
import sys

import numpy as np
import optax

from sobolev.optimisers import FirstOrder
from sobolev.training.loop.fingerprint import digest
from sobolev.weighting import LossMax


def test_what_a_job_is_recognised_by():
    rate = 0.1

    def schedule(step):
        return rate / (1 + step)

    def other(step):
        return rate / (2 + step)

    def adam(**how):
        return FirstOrder(optax.scale_by_adam(**how), 1e-3)

    assert digest(adam()) == digest(adam())
    assert digest(adam(b1=0.8)) != digest(adam())
    assert digest(FirstOrder(optax.identity(), schedule)) != digest(
        FirstOrder(optax.identity(), other)
    )
    assert digest(LossMax(0.1)) == digest(LossMax(0.1)) != digest(LossMax(0.2))
    assert digest({"a": 1}) != digest({"a": 2}) and digest(1.0) != digest(1)
    assert digest([np.float64(0.0)]) != digest([np.float64(-0.0)])
    first = digest(schedule)
    rate = 0.2
    assert digest(schedule) != first
    circle: list = []
    circle.append(circle)
    assert digest(circle) == digest(circle)


def test_the_digest_is_the_same_in_another_process():
    code = (
        "import jax; jax.config.update('jax_enable_x64', True)\n"
        "from sobolev.optimisers import Adam\n"
        "from sobolev.weighting import CosineDistance, Exponential\n"
        "from sobolev.training.loop.fingerprint import digest\n"
        "print(digest((Adam(), CosineDistance('sum', 0.1, Exponential()), {'a', 'b', 'c'})))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=120,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in "12"
    }  # fmt: skip
    assert len(said) == 1 and len(said.pop()) == 65
