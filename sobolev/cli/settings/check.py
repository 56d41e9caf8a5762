"""Settings of `sobolev check`."""

from sobolev.cli.settings.table import ColumnSettings


class CheckSettings(ColumnSettings):
    """How the table is read."""
