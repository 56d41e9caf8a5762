"""A comparison's sentences and ratios as Markdown."""

from collections.abc import Sequence

from sobolev.reports.claims.claim import Claim
from sobolev.reports.read.weightings import Weightings
from sobolev.reports.tables.weightings import ratio_rows


def markdown(found: Weightings, claims: Sequence[Claim]) -> str:
    """Every claim, and a table of ratios for each baseline."""
    tables = []
    for baseline in found.baselines:
        head, *rows = ratio_rows(found, baseline)
        lines = [head, ["---"] * len(head), *rows]
        tables += [
            f"## Error over that of {baseline} in the same variant",
            "\n".join(f"| {' | '.join(line)} |" for line in lines),
        ]
    parts = [
        "# Comparison of weightings",
        *(f"**{claim.question}** {claim.lead}" + _details(claim) for claim in claims),
        *tables,
        "Median over initialisations. Bold: clearly better, italic: clearly worse, both after the "
        "correction over all schemes; otherwise not told apart; –: not run.",
    ]
    return "\n\n".join(parts) + "\n"


def _details(claim: Claim) -> str:
    lines = "\n".join(f"* {where}: {what}" for where, what in claim.details)
    return f"\n\n{lines}" if lines else ""
