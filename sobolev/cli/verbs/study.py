"""`sobolev study`: many initialisations, schemes and budgets, compared fairly."""

from pathlib import Path
from typing import Annotated

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
    from sobolev.cli.studies import data_of, settings_of, write_record

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

    settings, reading = settings_of(StudySettings, config, {"initialisations": initialisations})
    pair, described = data_of(source, reading)
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
    write_record(out, settings, reading, source, workers, clock)
    print(f"{folder}: results.json; next: sobolev report {folder}")


def _compare_weightings(out: Path, config, initialisations, workers: int, own: Path | None, clock):
    from sobolev.cli.display import Display
    from sobolev.cli.studies import rows_of, settings_of, write_record
    from sobolev.records.comparison import table
    from sobolev.studies import OWN, ComparisonSettings, compare

    options = {"initialisations": initialisations}
    defaults = {} if own is None else {"problems": [OWN]}
    settings, reading = settings_of(ComparisonSettings, config, options, defaults)
    pair = None if own is None else rows_of(own, reading)
    with Display("") as display:
        found = compare(settings, out, data=pair, workers=workers, progress=display.show)
    write_record(out, settings, reading, "weighting", workers, clock, own)
    print(table(found))
    print(f"{out}: comparison.json, comparison.txt; next: sobolev report {out}")
