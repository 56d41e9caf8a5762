"""What a reader found in a file and did not take: said, not passed over."""

from dataclasses import dataclass

from sobolev._base.errors import Remedy

_MOST = 8  # names in a line


@dataclass(frozen=True)
class Unused:
    """What of a file is not in the data set: names of `columns`, and `remarks` on what may matter.

    A remark is a sentence without its full stop, a `Remedy` where the command line spells it in
    another way. False when there is nothing to say.

    ```python
    sb.read("t.csv", inputs=("a",), outputs=("y",)).unused.line     # "columns not used: note."
    ```
    """

    columns: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.columns or self.remarks)

    def __add__(self, other: "Unused") -> "Unused":
        """Both, each thing once."""
        pairs = (self.columns + other.columns, self.remarks + other.remarks)
        return Unused(*(tuple(dict.fromkeys(each)) for each in pairs))

    @property
    def alarming(self) -> bool:
        """Whether something of it may have been meant."""
        return bool(self.remarks)

    @property
    def line(self) -> Remedy:
        """All of it in one line, empty for nothing; as Python and as the command line say it."""
        names = [" ".join(name.split()) for name in self.columns]
        shown = ", ".join(names[:_MOST])
        more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
        first = [f"columns not used: {shown}{more}"] if names else []
        return Remedy.joined([*first, *self.remarks])
