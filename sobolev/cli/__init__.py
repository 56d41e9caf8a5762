"""The command `sobolev`: one file a verb; JAX is imported by the verbs that need it, not here."""

from sobolev.cli.app import app as app
from sobolev.cli.app import main as main
