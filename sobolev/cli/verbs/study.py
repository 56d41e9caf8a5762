"""`sobolev study`: many initialisations, schemes and budgets, compared fairly."""

from pathlib import Path
from typing import Annotated, Any

import typer


def study(
    source: Annotated[
        str,
        typer.Argument(
            metavar="NAME_OR_TABLE",
            help="talk or talk-linear (the plate with a hole), weighting (every scheme on several "
            "problems), or your own table.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results.")],
    initialisations: Annotated[
        str | None, typer.Option(metavar="N", help="Trainings of each kind. [default: 20]")
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes at work.")] = 2,
    table: Annotated[
        Path | None,
        typer.Option(help="With weighting: your own table instead of the problems of the house."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Settings as a TOML file; its section [table] says how to read a table."),
    ] = None,
):
    """Compare weightings over many initialisations.

    Each scheme is trained from the same initialisations, for each network and budget. Writes
    results.json, histories and the settings (study.config.toml) into the folder. Finished
    trainings are kept there: after an interruption the same command continues. `sobolev report`
    makes a page of it.
    """
    from sobolev._base.errors import ConfigError
    from sobolev.cli import record
    from sobolev.cli.display import Display
    from sobolev.cli.outputs import check_folder
    from sobolev.cli.start import start_jax

    if workers < 1:
        raise ConfigError(f"option --workers is {workers}: it must be at least 1.")
    clock = record.Clock()
    check_folder(out)
    start_jax()
    if source == "weighting":
        _compare_weightings(out, config, initialisations, workers, table, clock)
        return
    if table is not None:
        raise ConfigError(
            "option --table belongs to `sobolev study weighting`: give the table itself, as in "
            f"`sobolev study {table}`."
        )
    from sobolev.studies import StudySettings, run_study

    settings, reading = _settings(StudySettings, config, {"initialisations": initialisations})
    pair, described = _data(source, reading)
    with Display("") as display:
        try:
            folder = run_study(
                settings,
                pair,
                out,
                described=described,
                workers=workers,
                progress=display.show,
            )
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt(
                f"finished trainings are kept in {out}: give the same command again to continue."
            ) from error
    _write(out, settings, reading, source, workers, clock)
    print(f"{folder}: results.json; next: sobolev report {folder}")


def _compare_weightings(out: Path, config, initialisations, workers: int, own: Path | None, clock):
    from sobolev.cli.display import Display
    from sobolev.records.comparison import table
    from sobolev.studies import OWN, ComparisonSettings, compare

    options = {"initialisations": initialisations}
    defaults = {} if own is None else {"problems": [OWN]}
    settings, reading = _settings(ComparisonSettings, config, options, defaults)
    pair = None if own is None else _rows(own, reading)
    with Display("") as display:
        found = compare(settings, out, data=pair, workers=workers, progress=display.show)
    _write(out, settings, reading, "weighting", workers, clock, own)
    print(table(found))
    print(f"{out}: comparison.json, comparison.txt; next: sobolev report {out}")


def _settings(
    kind: type, config: Path | None, options: dict[str, Any], defaults: dict[str, Any] | None = None
) -> tuple[Any, Any]:
    """The study's own settings, and those of the section [table]."""
    from sobolev.cli.config import check, read_toml
    from sobolev.cli.settings.table import TableSettings

    values = (defaults or {}) | read_toml(config)
    table = check(TableSettings, values.pop("table", {}), f"{config}: [table]", {})
    return check(kind, values, str(config), options), table


def _data(source: str, table) -> tuple[Any, str]:
    """`(what the study takes, how the report calls it)`."""
    from sobolev._base.errors import ConfigError
    from sobolev.cli.config import near
    from sobolev.data.files import formats
    from sobolev.studies import TALKS

    if source in TALKS:
        return source, ""
    path = Path(source)
    if path.suffix.lower() not in formats() and not path.exists():
        raise ConfigError(f"unknown study '{source}'{near(source, TALKS)}, or give a table.")
    return _rows(path, table), path.name


def _rows(path: Path, table) -> tuple[Any, Any]:
    """Rows of a table to train on and to validate with."""
    from sobolev._base.errors import ConfigError
    from sobolev.cli.tables import read_table, split_table

    data = read_table(path, table.inputs, table.outputs, table.columns)
    train, valid, _ = split_table(data, table.fraction, table.seed)
    if valid is None:
        raise ConfigError("a study needs validation rows: fraction in [table] must be above 0.")
    return train, valid


def _write(out: Path, settings, table, source: str, workers: int, clock, own=None) -> None:
    from dataclasses import asdict

    from sobolev.cli import record

    about: dict[str, object] = {"source": source, "out": str(out), "workers": workers}
    content = asdict(settings)
    path = Path(source) if own is None else own
    if path.is_file():
        about |= {"table_sha256": record.sha256(path)}
        content["table"] = table.model_dump(exclude_none=True)
    record.write_config(out / "study.config.toml", "study", content, about, clock)
