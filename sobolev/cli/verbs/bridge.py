"""`sobolev bridge`: a model as the process, script or folder that another tool asks for."""

from pathlib import Path
from typing import Annotated

import typer

SCRIPTS = {
    "openmdao": """import openmdao.api as om

from sobolev.bridges import OpenMDAOComponent

problem = om.Problem()
component = OpenMDAOComponent({model!r}, outside={outside!r})
problem.model.add_subsystem("surrogate", component, promotes=["*"])
problem.setup(force_alloc_complex=True)
problem.run_model()
problem.model.list_vars(units=True, prom_name=True)
""",
    "openturns": """import openturns as ot

from sobolev.bridges import openturns_function

f = openturns_function({model!r}, outside={outside!r})
inputs = ot.JointDistribution({uniform})
print(f.getInputDescription(), f.getOutputDescription())
print(f(inputs.getMean()), f.gradient(inputs.getMean()))
""",
}
TOOLS = "umbridge", *SCRIPTS, "dakota", "tesseract"
HEAD = '''"""{tool} with the surrogate {model}; made by `sobolev bridge`, yours to change."""

import jax

jax.config.update("jax_enable_x64", True)

'''


def bridge(
    kind: Annotated[
        str,
        typer.Argument(metavar="TOOL", help="umbridge, openmdao, openturns, dakota or tesseract."),
    ],
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A saved surrogate or ensemble, .npz.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Script (.py) to write, or folder for dakota and tesseract."),
    ] = None,
    port: Annotated[int, typer.Option(help="umbridge: where to listen, on this machine.")] = 4242,
    name: Annotated[str, typer.Option(help="umbridge: what clients call the model.")] = "model",
    outside: Annotated[
        str, typer.Option(help="Points outside of the box: warn, refuse or answer.")
    ] = "warn",
):
    """Give a surrogate with its derivatives to another tool.

    umbridge serves it until it is stopped (Ctrl-C); openmdao and openturns write a script that
    loads it; dakota a driver and an input deck; tesseract a tesseract_api.py.
    """
    from sobolev._base.arguments import one_of
    from sobolev._base.errors import ConfigError
    from sobolev.cli.start import start_jax
    from sobolev.function.outside import OUTSIDE

    start_jax()
    if kind not in TOOLS:
        raise ConfigError(f"{kind} is no tool that there is a bridge to: take {', '.join(TOOLS)}.")
    one_of("outside", outside, OUTSIDE)
    if (kind == "umbridge") != (out is None):
        raise ConfigError(
            "umbridge serves and writes nothing: leave --out away."
            if out
            else f"{kind} needs --out: where to write."
        )
    from sobolev.cli.exit_codes import warn
    from sobolev.data.undetermined import said
    from sobolev.loading import load

    function = load(model)
    for sentence in said(function.undetermined, function.outputs):
        warn(sentence)
    if out is None:
        _serve(function, name, port, outside)
    elif kind in SCRIPTS:
        _script(kind, function, model, out, outside)
    else:
        _folder(kind, function, out, outside)


def _serve(function, name: str, port: int, outside: str) -> None:
    from sobolev.bridges import UMBridgeServer

    server = UMBridgeServer(function, name, port, outside)
    print(f"{server.url} serves '{name}' by UM-Bridge; Ctrl-C stops it", flush=True)
    server.serve_forever()


def _folder(kind: str, function, out: Path, outside: str) -> None:
    from sobolev import bridges
    from sobolev.cli.outputs import check_folder

    check_folder(out)
    write = {"dakota": bridges.write_dakota, "tesseract": bridges.write_tesseract}[kind]
    print(", ".join(map(str, write(function, out, outside))))


def _script(kind: str, function, model: Path, out: Path, outside: str) -> None:
    from sobolev._base.atomic import write_atomically
    from sobolev._base.errors import ConfigError
    from sobolev.cli.outputs import check_output

    check_output(out, (".py",), inputs=[model])
    if out.stem == kind:
        raise ConfigError(f"{out} would be imported in its place: call the script otherwise.")
    box = function.box
    if box is None:
        raise ConfigError(f"{model} has no box, which the script for {kind} needs.")
    pairs = zip(box.lower, box.upper, strict=True)
    uniform = "[" + ", ".join(f"ot.Uniform({low!r}, {high!r})" for low, high in pairs) + "]"
    head = HEAD.format(tool=kind, model=model.name.replace('"', "'"))
    body = SCRIPTS[kind].format(model=str(model.absolute()), outside=outside, uniform=uniform)
    print(write_atomically(out, (head + body).encode()))
