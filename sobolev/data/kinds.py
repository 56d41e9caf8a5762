"""What can be labelled: values, derivatives, and products of derivatives with given vectors."""

from collections.abc import Iterable

import numpy as np

# Axes by letter: n rows, q responses, d inputs, k directions, l adjoint weights.
LABELS = {
    "y": "nq",
    "jacobian": "nqd",
    "hessian": "nqdd",
    "jvp": "nqk",
    "hvp": "nqkd",
    "vjp": "nld",
}
VECTORS = {"directions": "nkd", "cotangents": "nlq"}
ORDERS = {"y": 0, "jacobian": 1, "jvp": 1, "vjp": 1, "hessian": 2, "hvp": 2}
# Along which vectors a product is taken, and which of its axes counts them.
ALONG = {"jvp": ("directions", 2), "hvp": ("directions", 2), "vjp": ("cotangents", 1)}
WORDS = {
    "n": "rows",
    "q": "responses",
    "d": "inputs",
    "k": "directions",
    "l": "adjoint weights",
}


def axes(kind: str) -> str:
    """The axes of an array in words: "rows, responses, inputs"."""
    return ", ".join(WORDS[letter] for letter in (LABELS | VECTORS)[kind])


def place(kind: str, index: Iterable, outputs: tuple[str, ...], inputs: tuple[str, ...]) -> str:
    """Where an entry stands, in words: "output 'eta', input 'a'"; `index` without the row."""
    names = {"q": lambda i: f"output '{outputs[i]}'", "d": lambda i: f"input '{inputs[i]}'"}
    other = {"k": lambda i: f"direction {i}", "l": lambda i: f"adjoint weight {i}"}
    letters = (LABELS | VECTORS)[kind][1:]
    return ", ".join((names | other)[a](int(i)) for a, i in zip(letters, index, strict=True))


def slots(kind: str, labels: np.ndarray) -> np.ndarray:
    """Which vectors of a product have a label: `[n, k]` for jvp and hvp, `[n, l]` for vjp."""
    axis = ALONG[kind][1]
    others = tuple(a for a in range(1, labels.ndim) if a != axis)
    return np.asarray(~np.isnan(labels).all(axis=others))
