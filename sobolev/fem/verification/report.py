"""What a verification says: what is wrong, what was seen besides, and where it was looked."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    `kind`: "tangent" (it is not the derivative of the stress), "symmetry", "rest", "objectivity",
    "isotropy", "energy" (the stress is not its derivative), "cycle" (work out of nothing),
    "dissipation", "update" (asked again at the same strain it flows again), "second derivative",
    "memory", "repeat" (asked twice it says two things), "no stress", "state" (not a number),
    "crash", "time". `entry` names what is wrong, as "∂P12/∂F21"; `states` where, counted from 1;
    `factor`: what is said over what is right. `sentence` says it.
    """

    kind: str
    sentence: str
    entry: str = ""
    states: tuple[int, ...] = ()
    factor: float = float("nan")


class Seen(NamedTuple):
    """A state where the tangent was compared: its name, and the least error that is seen there.

    `sharp` is relative to the largest entry, infinite where nothing could be compared, for the
    reason in `problem`.
    """

    name: str
    sharp: float
    problem: str


@dataclass(frozen=True)
class Verification:
    """The result of `verify`: `findings`, `observations` in sentences, and the states `seen`.

    `checked` names what was asked, in the words of `Finding.kind`. `good` is true when nothing was
    found; `line` says all in one line, `str()` all of it.
    """

    subject: str
    findings: tuple[Finding, ...]
    observations: tuple[str, ...]
    seen: tuple[Seen, ...]
    checked: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether nothing was found; also true where nothing could be compared."""
        return not self.findings

    @property
    def line(self) -> str:
        """What was found, in one line."""
        if self.findings:
            more = len(self.findings) - 1
            return f"{self.subject}: {self.findings[0].sentence}" + (
                f" And {more} more." if more else ""
            )
        judged = [each for each in self.seen if not each.problem]
        if not judged:
            return f"{self.subject}: nothing could be compared."
        sharp = max(each.sharp for each in judged)
        return (
            f"{self.subject}: the tangent is the derivative of the stress at {len(judged)} of "
            f"{len(self.seen)} states, to {sharp:.0e} of its largest entry; nothing else was found."
        )

    def __str__(self) -> str:
        lines = [
            f"state {k}: {each.name}"
            + (f" (not compared: {each.problem})" if each.problem else f", {each.sharp:.0e}")
            for k, each in enumerate(self.seen, 1)
        ]
        found = [f"{k}. {each.sentence}" for k, each in enumerate(self.findings, 1)]
        seen = [f"seen: {each}" for each in self.observations]
        return "\n".join([*lines, *seen, *found] if self.findings else [*lines, *seen, self.line])
