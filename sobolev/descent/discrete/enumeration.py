"""All designs: the exact answer where there are few enough."""

import numpy as np
from jaxtyping import Float

from sobolev.descent.discrete.catalogue import Catalogue
from sobolev.descent.discrete.chosen import Chosen, Seen
from sobolev.descent.discrete.task import Task
from sobolev.function import Function

BLOCK = 1 << 16


def enumerated(task: Task) -> Chosen:
    """The best of all designs, each evaluated, 65 536 in a call.

    ```python
    enumerated(Task(truss, Catalogue.same((0.1, 30.0), 10), "weight", limits))  # 1024 designs
    ```
    """
    seen = Seen(task)
    for designs in task.catalogue.every(BLOCK):
        (y,) = seen.ask(task.catalogue.at(designs), 0)
        seen.look(designs, y)
        seen.step()
    return seen.end(whole=True)


def exact_gradient(
    function: Function, catalogue: Catalogue, logits: Float[np.ndarray, "n m"]
) -> Float[np.ndarray, "n m"]:
    """∂E[f]/∂l = Σ_designs P f (z_ij − p_ij), all designs evaluated: what gates estimate.

    f is the one output of the function. Source: the definition.
    """
    present = catalogue.present
    p = np.where(present, np.exp(logits - np.max(logits, axis=1, keepdims=True)), 0.0)
    p /= p.sum(axis=1, keepdims=True)
    rows, found, mean = np.arange(len(p)), np.zeros_like(p), 0.0
    for designs in catalogue.every(BLOCK):
        f = function.value(catalogue.at(designs))[:, 0]
        share = p[rows, designs].prod(axis=1) * f
        mean += share.sum()
        np.add.at(found, (np.broadcast_to(rows, designs.shape), designs), share[:, None])
    return found - mean * p
