"""Which files there are to export to, by the names of the command line."""

from sobolev.exporters.c.c99 import C99
from sobolev.exporters.casadi.casadi import CasADi
from sobolev.exporters.exporter import Exporter
from sobolev.exporters.fmu.fmu import FMU
from sobolev.exporters.fortran.fortran import Fortran
from sobolev.exporters.jax.jax import JAX
from sobolev.exporters.onnx.onnx import ONNX
from sobolev.exporters.text.text import LaTeX, Matlab, Python
from sobolev.exporters.umat.umat import Umat, UmatOfCalculix
from sobolev.exporters.umat.vumat import Vumat

EXPORTERS: dict[str, type[Exporter]] = {
    member.name: member
    for member in (
        C99,
        CasADi,
        FMU,
        Fortran,
        JAX,
        LaTeX,
        Matlab,
        ONNX,
        Python,
        Umat,
        UmatOfCalculix,
        Vumat,
    )
}
