"""Random designs: what any search is to beat."""

import numpy as np

from sobolev._base.arguments import whole
from sobolev.descent.discrete.chosen import Chosen, Seen
from sobolev.descent.discrete.task import Task


def random_search(task: Task, *, evaluations: int = 10_000, key: int = 0) -> Chosen:
    """The best of so many designs, each drawn evenly from all.

    ```python
    random_search(task, evaluations=10_000)
    ```
    """
    rng, seen = np.random.default_rng(key), Seen(task)
    most = whole("the number of evaluations", evaluations, 1)
    while seen.evaluations < most:
        count = min(most - seen.evaluations, 1024)
        designs = rng.integers(task.catalogue.sizes, size=(count, len(task.catalogue.sizes)))
        (y,) = seen.ask(task.catalogue.at(designs), 0)
        seen.look(designs, y)
        seen.step()
    return seen.end()
