"""`sobolev check`: is one of these derivatives wrong?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sobolev.cli.settings.check import CheckSettings


def check(
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="CSV or NPZ with inputs, outputs, dy/dx.")
    ],
    *,
    settings: "CheckSettings",
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
):
    """Compare the derivatives of a table with the values around them.

    Names the output and input, or the row, of derivatives that look wrong: signs, units, swapped
    columns, shifted rows, derivatives of scaled outputs, Hessians that are not symmetric. Ends with
    code 0 when nothing looks wrong, which includes what could not be judged, and with 2 otherwise.
    """
    from dataclasses import replace

    from sobolev.cli.tables import read_table, tell_unused
    from sobolev.data.unused import Unused

    data = read_table(table, settings.inputs, settings.outputs, settings.columns)
    from sobolev.checks import check as compare

    checked = compare(data)
    if json:
        print(_json(checked, table))
    else:
        print(replace(checked, unused=Unused()))  # which spells its remedies as Python does
        tell_unused(data)
    if not checked.good:
        from sobolev._base.errors import DataError

        count = len(checked.findings)
        things = "1 finding" if count == 1 else f"{count} findings"
        raise DataError(f"{table}: {things}; {checked.findings[0].sentence}")


def _json(checked, table: Path) -> str:
    import json
    import math
    from dataclasses import asdict

    from sobolev.cli import record

    judged = [asdict(j) for j in checked.judged]
    for column in judged:  # what is not known is infinite or NaN, which JSON cannot say
        for key in ("factor", "error"):
            column[key] = column[key] if math.isfinite(column[key]) else None
    content = {
        "good": checked.good,
        "line": checked.line,
        "findings": [asdict(finding) for finding in checked.findings],
        "judged": judged,
        "rows": checked.rows,
        "of": checked.of,
        "unused": checked.unused.line.option,
        "table": {"path": str(table), "sha256": record.sha256(table)},
    }
    return json.dumps(content, indent=2, allow_nan=False)
