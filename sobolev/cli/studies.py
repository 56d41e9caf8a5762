"""What `sobolev study` is asked: settings with a section [table], rows, and the record of both."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from sobolev._base.errors import ConfigError
from sobolev.cli import record
from sobolev.cli.config import check, near, read_toml
from sobolev.cli.settings.table import TableSettings
from sobolev.cli.tables import read_table, split_table, tell_unused


def settings_of(
    kind: type, config: Path | None, options: dict[str, Any], defaults: dict[str, Any] | None = None
) -> tuple[Any, Any]:
    """The study's own settings, and those of the section [table]."""
    values = (defaults or {}) | read_toml(config)
    table = check(TableSettings, values.pop("table", {}), f"{config}: [table]", {})
    return check(kind, values, str(config), options), table


def data_of(source: str, table) -> tuple[Any, str]:
    """`(what the study takes, how the report calls it)`."""
    from sobolev.data.registry import formats
    from sobolev.studies import TALKS

    if source in TALKS:
        return source, ""
    path = Path(source)
    if path.suffix.lower() not in formats() and not path.exists():
        raise ConfigError(f"unknown study '{source}'{near(source, TALKS)}, or give a table.")
    return rows_of(path, table), path.name


def rows_of(path: Path, table) -> tuple[Any, Any]:
    """Rows of a table to train on and to validate with."""
    data = read_table(path, table.inputs, table.outputs, table.columns)
    tell_unused(data)
    train, valid, _ = split_table(data, table.fraction, table.seed)
    if valid is None:
        raise ConfigError("a study needs validation rows: fraction in [table] must be above 0.")
    return train, valid


def write_record(out: Path, settings, table, source: str, workers: int, clock, own=None) -> None:
    """What the study was made with and from, as study.config.toml in its folder."""
    about: dict[str, object] = {"source": source, "out": str(out), "workers": workers}
    content = asdict(settings)
    path = Path(source) if own is None else own
    if path.is_file():
        about |= {"table_sha256": record.sha256(path)}
        content["table"] = table.model_dump(exclude_none=True)
    record.write_config(out / "study.config.toml", "study", content, about, clock)
