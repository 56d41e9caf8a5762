"""Rows of a data set that get weights of their own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sobolev._base.errors import ConfigError, DataError
from sobolev.data.dataset import Dataset


@dataclass(frozen=True, eq=False)
class Group:
    """Labelled rows whose terms are their own: "u, start" beside "u, ends", with a weight each.

    Initial and boundary values of one table are two groups. `name` stands behind the name of each
    term. A `Group` is given to `fit` as a data set is; of the terms that `loss` chooses it has
    those of which it has labels. Raises `ConfigError` without a name, `DataError` for no data set.

    ```python
    start, ends = Group.split(data, np.where(data.x[:, 1] == 0, "start", "ends"))
    fit(surrogate, [start, ends, equation], weighting=Every(RateAnnealing("equation"), 10))
    ```
    """

    name: str
    data: Dataset

    def __post_init__(self):
        if not isinstance(self.name, str) or not self.name.strip():
            raise ConfigError(f"a group of rows needs a name, a text: got {self.name!r}.")
        if not isinstance(self.data, Dataset):
            raise DataError(f"a group of rows needs a Dataset: got {type(self.data).__name__}.")

    @classmethod
    def split(
        cls, data: Dataset, labels: Sequence[str] | np.ndarray | None = None
    ) -> tuple["Group", ...]:
        """The groups in the order in which their names first occur.

        **Arguments:** `labels [n]`: the name of the group of each row; by default `data.group`.
        Raises `DataError` when there is not one for each row.
        """
        found = data.group if labels is None else np.asarray(labels, str)
        if found is None or found.shape != (len(data),):
            raise DataError(
                f"give the name of a group for each of {len(data)} rows: got "
                f"{'none' if found is None else f'an array of shape {found.shape}'}."
            )
        names = list(dict.fromkeys(found.tolist()))
        return tuple(cls(name, data.rows(found == name)) for name in names)

    def called(self, term: str) -> str:
        """The name of a term of these rows."""
        return f"{term}, {self.name}"
