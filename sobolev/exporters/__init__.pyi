from .c.c99 import C99 as C99
from .exporter import Exporter as Exporter
from .fmu.fmu import FMU as FMU
from .fortran.fortran import Fortran as Fortran
from .onnx.onnx import ONNX as ONNX
from .registry import EXPORTERS as EXPORTERS
from .umat.umat import Umat as Umat
from .umat.umat import UmatOfCalculix as UmatOfCalculix
