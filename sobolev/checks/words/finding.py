"""What a check says: the derivatives that look wrong, and those that could not be judged."""

from dataclasses import dataclass, field

from sobolev.data.unused import Unused


@dataclass(frozen=True)
class Finding:
    """One thing that looks wrong.

    `output` and `inputs` say where; `rows` are given where single rows are wrong, else all are.
    `kind` is one of "value", "stand-in" (the same value in several rows where it does not belong),
    "constant" (values all equal beside slopes that are not zero), and of derivatives "sign",
    "factor", "scaled output", "scaled input", "both scaled", "swapped", "reversed", "rolled",
    "transposed", "other output", "rows shifted", "unrelated", "row", "asymmetric".
    `before` and `after`: the share of the differences between neighbouring rows that
    the derivatives leave unexplained, as given and as corrected (for a row: how far its gradient is
    from what its neighbours expect, relative to its size, and their own doubt; for values 0).
    `sentence` says it with the remedy.
    """

    kind: str
    output: str
    inputs: tuple[str, ...]
    rows: tuple[int, ...]
    before: float
    after: float
    sentence: str

    @property
    def of_values(self) -> bool:
        """Whether it is about values and not about derivatives."""
        return self.kind in ("value", "stand-in", "constant")


@dataclass(frozen=True)
class Judged:
    """What was seen of one derivative: the `factor` that fits the values, 1 when it is right.

    `error` is its standard deviation, with the error of the comparison itself: ± 1.645 of it holds
    in 9 of 10. `verdict` is "right", "wrong", or why nothing can be said.
    """

    derivative: str
    factor: float
    error: float
    verdict: str


@dataclass(frozen=True)
class Check:
    """The result of `check`: `findings`, what was `judged`, and `rows` looked at, of `of`.

    `unused` is what of the file is not in the data. `good` is true when nothing was found; `line`
    says all in one line; `print` shows a table.
    """

    findings: tuple[Finding, ...]
    judged: tuple[Judged, ...]
    rows: int
    of: int
    unused: Unused = field(default_factory=Unused)

    @property
    def good(self) -> bool:
        """Whether nothing was found; also true where nothing could be judged."""
        return not self.findings

    @property
    def unjudged(self) -> tuple[str, ...]:
        """The derivatives about which nothing can be said."""
        return tuple(j.derivative for j in self.judged if j.verdict not in ("right", "wrong"))

    @property
    def line(self) -> str:
        """What was seen, in one line."""
        rows = f"{self.rows} rows" if self.rows == self.of else f"{self.rows} of {self.of} rows"
        rows = "1 row" if self.of == 1 else rows
        if self.findings:
            more = len(self.findings) - 1
            others = f" And {more} more: `sobolev check` shows all." if more else ""
            what = "a value" if self.findings[0].of_values else "a derivative"
            return f"{what} looks wrong: {self.findings[0].sentence}{others}"
        if not self.judged:
            return f"no derivatives to check ({rows})"
        seen = len(self.judged) - len(self.unjudged)
        if not seen:
            return f"derivatives cannot be judged: {self.judged[0].verdict} ({rows})"
        columns = f"{seen} column" + ("s" if seen != 1 else "")
        rest = f"; not judged: {_few(self.unjudged)}" if self.unjudged else ""
        return f"derivatives agree with the values ({columns}, {rows}{rest})"

    def __str__(self) -> str:
        width = max([len("derivative"), *(len(j.derivative) for j in self.judged)])
        table = [
            f"{j.derivative:<{width}}  {_number(j.factor, j.error)}  {j.verdict}"
            for j in self.judged
        ]
        head = [f"{'derivative':<{width}}  {'factor that fits':>20}  verdict"] if table else []
        found = [f"{number}. {f.sentence}" for number, f in enumerate(self.findings, 1)]
        end = [self.line] if self.good else ["", *found]
        end += [str(self.unused.line)] if self.unused else []
        return "\n".join([*head, *table, *end])


def _number(factor: float, error: float) -> str:
    if not error < 1e3 * max(1.0, abs(factor)):
        return f"{'-':>20}"
    return f"{factor:>10.4g} ± {error:<7.1g}"


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
