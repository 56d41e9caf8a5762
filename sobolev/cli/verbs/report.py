"""`sobolev report`: one page that says what a study shows."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `sobolev study` wrote.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the report; the same one when not given.")
    ] = None,
):
    """Write the report of a study, or of a comparison of weightings.

    It is one self-contained page, report.html, beside its figures as files. It says what to
    conclude, how sure that is, and how the study was made.
    """
    from sobolev.cli.outputs import check_folder

    check_folder(folder if out is None else out)
    from sobolev.reports import write_report

    print(write_report(folder, out))
