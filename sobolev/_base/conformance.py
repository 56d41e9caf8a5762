"""What a contract suite found: case by case, with a sentence each, as a page to read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

PASSED, FAILED = "passed", "FAILED"


class Result(NamedTuple):
    """One case: its name, whether it passed, and a sentence about it."""

    case: str
    passed: bool
    sentence: str


@dataclass(frozen=True)
class Conformance:
    """What was checked of a member of a family, case by case; `str()` is a page to read."""

    member: str
    results: tuple[Result, ...]

    @property
    def good(self) -> bool:
        """Whether every case passed."""
        return all(result.passed for result in self.results)

    @property
    def failures(self) -> tuple[Result, ...]:
        """The cases that failed."""
        return tuple(result for result in self.results if not result.passed)

    def __str__(self):
        lines = [f"{PASSED if r.passed else FAILED}  {r.case}: {r.sentence}" for r in self.results]
        count = len(self.results)
        return "\n".join([f"{self.member}: {count - len(self.failures)} of {count} passed", *lines])


def case(name: str, check: Callable[[], str]) -> Result:
    """The sentence of a check that passed, or of the `AssertionError` or fault that ended it."""
    try:
        return Result(name, True, check())
    except AssertionError as error:
        return Result(name, False, str(error))
    except Exception as error:  # whatever somebody's own code raises
        return Result(name, False, f"it raised {type(error).__name__}: {error}")


def hold(truth: object, sentence: str) -> None:
    """`AssertionError` with this sentence unless it is true."""
    if not truth:
        raise AssertionError(sentence)
