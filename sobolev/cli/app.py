"""The command line as a whole: its verbs, and one sentence for everything that goes wrong."""

import io
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from sobolev.cli.exit_codes import explain, flush_stdout
from sobolev.cli.options_of_settings import with_settings
from sobolev.cli.verbs.bridge import bridge
from sobolev.cli.verbs.check import check
from sobolev.cli.verbs.evaluate import evaluate
from sobolev.cli.verbs.export import export
from sobolev.cli.verbs.fit import fit
from sobolev.cli.verbs.generate import generate
from sobolev.cli.verbs.predict import predict
from sobolev.cli.verbs.recommend import recommend
from sobolev.cli.verbs.report import report
from sobolev.cli.verbs.study import study
from sobolev.cli.verbs.verify import verify

_VERBS = generate, check, recommend, fit, evaluate, predict, export, bridge, study, report, verify
VERBS = {verb.__name__: verb for verb in _VERBS}
PLAIN: dict[str, Any] = {
    "add_completion": False, "rich_markup_mode": None, "pretty_exceptions_enable": False,
}  # fmt: skip


class OneSentence(TyperGroup):
    """A group of commands that never shows a traceback unless it is asked for one."""

    def resolve_command(self, ctx, args):
        """The verb that is asked for, with its options: only now are its settings imported."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is None or command is None:
            return name, command, rest
        alone = typer.Typer(**PLAIN)
        alone.command(name)(with_settings(VERBS[name]))
        return name, typer.main.get_command(alone), rest

    def invoke(self, ctx):
        """Run the verb; whatever it raises becomes a sentence and an exit code."""
        try:
            result = super().invoke(ctx)
            flush_stdout()  # a closed pipe is noticed here, not while Python shuts down
            return result
        except (typer.Exit, typer.Abort):
            raise
        except (Exception, KeyboardInterrupt) as error:
            raise typer.Exit(explain(error, bool(ctx.params.get("debug")))) from error

    def main(
        self,
        args=None,
        prog_name=None,
        complete_var=None,
        standalone_mode=True,
        windows_expand_args=True,
        **extra,
    ):
        """Parse and run; ends the process with 0, 1, 2, 3, 130, 141 or 143 (see `errors`)."""
        try:
            code = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        except Exception as error:  # an option before the verb was wrong
            code = explain(error)
        except SystemExit as end:  # typer's own end of a help text that nobody reads
            if not isinstance(end.__context__, BrokenPipeError):
                raise
            code = explain(end.__context__)
        if not standalone_mode:
            return code
        sys.exit(code if isinstance(code, int) else 0)


app = typer.Typer(
    cls=OneSentence,
    **PLAIN,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from sobolev import __version__

        print(f"sobolev {__version__}")
        raise typer.Exit()


@app.callback(invoke_without_command=True)
def _sobolev(
    ctx: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", envvar="SOBOLEV_DEBUG", help="Show tracebacks of errors.")
    ] = False,
):
    """Surrogates of mechanical models that know their derivatives.

    A table of responses and sensitivities, computed here (generate) or your own, becomes a small
    network (fit) whose values and derivatives are checked (evaluate) and used (predict). A study
    compares trainings from many initialisations, a report shows what came out.
    """
    del version, debug
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


for name, verb in VERBS.items():  # what they do, for the list of them all
    app.command(name, help=verb.__doc__)(lambda: None)


def main() -> None:
    """Run the command `sobolev` with the arguments of this process."""
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL", "1") == "1":  # 1 is what JAX sets, for children too
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # XLA would discuss its cache at length
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a λ in a name is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except KeyboardInterrupt as error:  # before or after the verb itself
        sys.exit(explain(error))
