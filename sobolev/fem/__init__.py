"""A small differentiable finite-element kernel: plane-stress Q4 with exact sensitivities."""

from sobolev._base.as_before import renamed
from sobolev.fem.assembly import Case as Case
from sobolev.fem.assembly import make_space as make_space
from sobolev.fem.banded import BandedCholesky as BandedCholesky
from sobolev.fem.function import FEFunction as FEFunction
from sobolev.fem.implicit import as_function as as_function
from sobolev.fem.linear_solvers import SuperLU as SuperLU
from sobolev.fem.materials import LINEAR as LINEAR
from sobolev.fem.materials import SVK as SVK
from sobolev.fem.materials import Material as Material
from sobolev.fem.mesh import Mesh as Mesh
from sobolev.fem.mesh import oriented as oriented
from sobolev.fem.mesh import unit_grid as unit_grid
from sobolev.fem.model import Laws as Laws
from sobolev.fem.model import Model as Model
from sobolev.fem.newton import Newton as Newton
from sobolev.fem.optional_solvers import Cholmod as Cholmod
from sobolev.fem.optional_solvers import Pardiso as Pardiso
from sobolev.fem.sensitivity import solve as solve
from sobolev.function import Derivatives

__getattr__ = renamed(__name__, Answer=("sobolev.function.Derivatives", Derivatives))
