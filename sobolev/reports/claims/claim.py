"""A question and its answer in plain words, with the numbers that it rests on."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Claim:
    """A question, its answer in one or two sentences, and the numbers of each setting.

    `verdict` is what the numbers say (`Says`), or `mixed`, `missing`, `note`.
    """

    key: str
    question: str
    verdict: str
    lead: str
    details: list[tuple[str, str]] = field(default_factory=list)
