"""Things that can be asked for values and derivatives."""

from sobolev._base.as_before import renamed
from sobolev.function import Derivatives
from sobolev.problems._function import FunctionProblem as FunctionProblem
from sobolev.problems._problem import Problem as Problem
from sobolev.problems.beam_deflection import BeamDeflection as BeamDeflection
from sobolev.problems.cantilever import Cantilever as Cantilever
from sobolev.problems.ishigami import Ishigami as Ishigami
from sobolev.problems.plate_with_hole import PlateWithHole as PlateWithHole
from sobolev.problems.ten_bar_truss import TEN_BAR_LIMITS as TEN_BAR_LIMITS
from sobolev.problems.ten_bar_truss import TEN_BAR_SECTIONS as TEN_BAR_SECTIONS
from sobolev.problems.ten_bar_truss import ten_bar_truss as ten_bar_truss
from sobolev.problems.treloar import TRELOAR as TRELOAR
from sobolev.problems.treloar import RubberTest as RubberTest
from sobolev.problems.truss import Truss as Truss

__getattr__ = renamed(__name__, Solution=("sobolev.function.Derivatives", Derivatives))
from sobolev.problems.lennard_jones import LennardJones as LennardJones
