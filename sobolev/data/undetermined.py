"""What no label decides: the level of a value without values, slopes by what never varies."""

from collections.abc import Collection, Sequence

from sobolev.derivative_names import derivative_name

Entries = Collection[tuple[str, tuple[int, ...]]]


def undetermined(
    inputs: Sequence[str], outputs: Sequence[str], constant: Collection[int], entries: Entries
) -> tuple[str, ...]:
    """Names of the values and first derivatives that the labels leave open.

    A value is known up to a constant when there are slopes only. A slope is open when there are
    neither slopes by its input, nor values at several places of that input.

    **Arguments:** `constant`: the inputs that are the same in all rows; `entries` `(kind, index)`:
    what there are labels of, as in `losses.labelled.Entry`.

    ```python
    undetermined(("a", "b"), ("y",), (), [("jacobian", (0, 0)), ("jacobian", (0, 1))])   # ("y",)
    ```
    """
    values = {index[0] for kind, index in entries if kind == "y"}
    along = {index[0] for kind, index in entries if kind == "jvp"}
    slopes = {index for kind, index in entries if kind == "jacobian"}
    adjoint = {index[1] for kind, index in entries if kind == "vjp"}
    names = [name for k, name in enumerate(outputs) if k not in values]
    for k, name in enumerate(outputs):
        for j, by in enumerate(inputs):
            seen = (k, j) in slopes or k in along or j in adjoint
            if not seen and not (k in values and j not in constant):
                names.append(derivative_name(name, by))
    return tuple(names)


def said(names: Collection[str], outputs: Sequence[str]) -> tuple[str, ...]:
    """A sentence about the values among them, and one about the derivatives."""
    values = [name for name in names if name in outputs]
    slopes = [name for name in names if name not in outputs]
    sentences = []
    if values:
        its = "its value is" if len(values) == 1 else "their values are"
        sentences.append(
            f"trained on derivatives without any value of {_listed(values)}: {its} right up to an "
            "unknown constant only. Give at least one value."
        )
    if slopes:
        them = "it is" if len(slopes) == 1 else "they are"
        sentences.append(
            f"no label decides {_listed(slopes)}: do not use what {them} predicted to be."
        )
    return tuple(sentences)


def _listed(names: Sequence[str]) -> str:
    shown = [f"'{name}'" for name in names[:6]]
    return ", ".join(shown) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
