"""The page beside a surrogate: written last, and never at the cost of the surrogate."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sobolev._base.errors import OutputError

if TYPE_CHECKING:
    from sobolev.data import Dataset
    from sobolev.training import Fit

_HEAD = 1000  # characters in which a page says who has made it


def check_page(path: Path, table: Path) -> Path:
    """The path, or `OutputError` when a page cannot be written there or would replace another."""
    from sobolev.cli.outputs import check_output

    check_output(path, (".html",), inputs=[table])
    if path.exists() and not _ours(path):
        raise OutputError(
            f"the page would be written to {path}, which `sobolev fit` has not made: rename it, "
            "choose another name for --out, or give --no-page."
        )
    return path


def draw_page(
    path: Path,
    fitted: "Fit",
    parts: "tuple[Dataset, Dataset | None]",
    model: Path,
    table: Path,
) -> None:
    """Write it and say so; what goes wrong is one warning, since the surrogate is there.

    `parts` are the rows for training and validation.
    """
    from sobolev.cli.exit_codes import warn

    try:
        from sobolev.reports import write_page

        more: dict[str, Any] = {"model": model.name, "source": table.name}
        write_page(fitted, path, *parts, **more | _as_held_out(fitted, parts[1]))
    except KeyboardInterrupt as end:
        end.args = (f"{model} is written, its page is not.",)
        raise
    except Exception as error:  # whatever it is, the surrogate is more than its picture
        reason = " ".join(str(error).split()) or type(error).__name__
        warn(f"the page {path} was not written ({reason.rstrip('.')}); the surrogate {model} was.")
        return
    print(f"{path}: open it in a browser")


def _as_held_out(fitted: "Fit", valid: "Dataset | None") -> dict[str, Any]:
    """What was decided before the last training, and what was said then of rows held out."""
    from sobolev.selection.decided import BestFit

    if not isinstance(fitted, BestFit):
        return {}
    told = [f"{note.sentence[:1].upper()}{note.sentence[1:].rstrip('.')}." for note in fitted.notes]
    said = [*fitted.said, *(line for line in told if line not in fitted.said)]
    if valid is not None:
        return {"said": said}
    return {"said": said, "judged": fitted.judged, "rows_held_out": fitted.rows_held_out}


def _ours(path: Path) -> bool:
    from sobolev.reports.pages.fit import MADE_BY

    with path.open(encoding="utf-8", errors="replace") as file:
        return f'content="{MADE_BY}"' in file.read(_HEAD)
