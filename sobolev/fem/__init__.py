"""Finite elements with exact sensitivities: a problem is posed by names and is a `Function`."""

from sobolev.fem.conditions.loads import BodyForce as BodyForce
from sobolev.fem.conditions.loads import Convection as Convection
from sobolev.fem.conditions.loads import Flux as Flux
from sobolev.fem.conditions.loads import FollowerPressure as FollowerPressure
from sobolev.fem.conditions.loads import PointForce as PointForce
from sobolev.fem.conditions.loads import Pressure as Pressure
from sobolev.fem.conditions.loads import TotalForce as TotalForce
from sobolev.fem.conditions.loads import Traction as Traction
from sobolev.fem.conditions.supports import Fixed as Fixed
from sobolev.fem.conditions.supports import Prescribed as Prescribed
from sobolev.fem.elements.reference import reduced as reduced
from sobolev.fem.geometry import Shape as Shape
from sobolev.fem.harmonic_extension import harmonic_extension as harmonic_extension
from sobolev.fem.inner_product import inner_product as inner_product
from sobolev.fem.laws.axisymmetric import Axisymmetric as Axisymmetric
from sobolev.fem.laws.dilatation import MeanDilatation as MeanDilatation
from sobolev.fem.laws.elastic import LinearElastic as LinearElastic
from sobolev.fem.laws.elastic import OrthotropicElastic as OrthotropicElastic
from sobolev.fem.laws.elastic import SaintVenantKirchhoff as SaintVenantKirchhoff
from sobolev.fem.laws.energy_function import Hyperelastic as Hyperelastic
from sobolev.fem.laws.form import Form as Form
from sobolev.fem.laws.hyperelastic import HolzapfelFibres as HolzapfelFibres
from sobolev.fem.laws.hyperelastic import MooneyRivlin as MooneyRivlin
from sobolev.fem.laws.hyperelastic import NeoHooke as NeoHooke
from sobolev.fem.laws.hyperelastic import Ogden as Ogden
from sobolev.fem.laws.law import Energy as Energy
from sobolev.fem.laws.law import Law as Law
from sobolev.fem.laws.law import Point as Point
from sobolev.fem.laws.law import Traits as Traits
from sobolev.fem.laws.plane import PlaneStrain as PlaneStrain
from sobolev.fem.laws.plane import PlaneStress as PlaneStress
from sobolev.fem.laws.plastic import J2 as J2
from sobolev.fem.laws.thermal import HeatConduction as HeatConduction
from sobolev.fem.laws.thermal import ThermalStrain as ThermalStrain
from sobolev.fem.laws.viscous import NortonCreep as NortonCreep
from sobolev.fem.laws.viscous import Perzyna as Perzyna
from sobolev.fem.laws.viscous import Prony as Prony
from sobolev.fem.meshes.grids import grid as grid
from sobolev.fem.meshes.mesh import Mesh as Mesh
from sobolev.fem.meshes.mesh import oriented as oriented
from sobolev.fem.meshes.read import read_mesh as read_mesh
from sobolev.fem.meshes.read import write_vtu as write_vtu
from sobolev.fem.model import Model as Model
from sobolev.fem.motion import mesh_motion as mesh_motion
from sobolev.fem.responses.fields import At as At
from sobolev.fem.responses.modal import BucklingFactor as BucklingFactor
from sobolev.fem.responses.modal import Eigenvalue as Eigenvalue
from sobolev.fem.responses.modal import Frequency as Frequency
from sobolev.fem.responses.of_path import Dissipation as Dissipation
from sobolev.fem.responses.of_path import ExternalWork as ExternalWork
from sobolev.fem.responses.of_path import LimitLoad as LimitLoad
from sobolev.fem.responses.of_path import LoadFactor as LoadFactor
from sobolev.fem.responses.quantities import Component as Component
from sobolev.fem.responses.quantities import Stress as Stress
from sobolev.fem.responses.quantities import energy_density as energy_density
from sobolev.fem.responses.quantities import hydrostatic as hydrostatic
from sobolev.fem.responses.quantities import lode_angle as lode_angle
from sobolev.fem.responses.quantities import triaxiality as triaxiality
from sobolev.fem.responses.quantities import von_mises as von_mises
from sobolev.fem.responses.response import AtNode as AtNode
from sobolev.fem.responses.response import BoundaryMean as BoundaryMean
from sobolev.fem.responses.response import Compliance as Compliance
from sobolev.fem.responses.response import Displacement as Displacement
from sobolev.fem.responses.response import Integral as Integral
from sobolev.fem.responses.response import Mass as Mass
from sobolev.fem.responses.response import Mean as Mean
from sobolev.fem.responses.response import PNorm as PNorm
from sobolev.fem.responses.response import Reaction as Reaction
from sobolev.fem.responses.response import Volume as Volume
from sobolev.fem.sensitivity.as_function import as_function as as_function
from sobolev.fem.sensitivity.of_fields import FieldSlopes as FieldSlopes
from sobolev.fem.sensitivity.of_fields import field_slopes as field_slopes
from sobolev.fem.sensitivity.products import mesh_gradient as mesh_gradient
from sobolev.fem.sensitivity.static import solve as solve
from sobolev.fem.side_by_side.side_by_side import SideBySide as SideBySide
from sobolev.fem.solution import Solution as Solution
from sobolev.fem.solution import solution as solution
from sobolev.fem.solution import solutions as solutions
from sobolev.fem.solvers.banded import BandedCholesky as BandedCholesky
from sobolev.fem.solvers.installed import Cholmod as Cholmod
from sobolev.fem.solvers.installed import Pardiso as Pardiso
from sobolev.fem.solvers.multigrid import MultigridCG as MultigridCG
from sobolev.fem.solvers.solver import SuperLU as SuperLU
from sobolev.fem.statement import Body as Body
from sobolev.fem.steps.control import ArcLength as ArcLength
from sobolev.fem.steps.control import DisplacementControl as DisplacementControl
from sobolev.fem.steps.control import LoadControl as LoadControl
from sobolev.fem.steps.newton import Newton as Newton
from sobolev.fem.steps.path import Path as Path
from sobolev.fem.values import Parameters as Parameters
from sobolev.fem.values import PerCell as PerCell
from sobolev.fem.values import PerPoint as PerPoint
from sobolev.fem.verification.routine import Routine as Routine
from sobolev.fem.verification.umat import Umat as Umat
from sobolev.fem.verification.verify import verify as verify

_GONE = {
    "Laws": "fem.Model takes bodies, supports, loads and responses by name",
    "Case": "fem.Model takes bodies, supports, loads and responses by name",
    "Material": "an own law is a fem.Law or a fem.Energy",
    "SVK": "it is fem.PlaneStress(fem.SaintVenantKirchhoff(E, nu)) now",
    "LINEAR": "it is fem.PlaneStress(fem.LinearElastic(E, nu)) now",
    "FEFunction": "a fem.Model is a Function itself",
    "make_space": "fem.Model does it",
    "unit_grid": "it is fem.grid((nx, ny)) now",
    "Answer": "it is sobolev.function.Derivatives now",
}


def __getattr__(name: str):
    more = f": {_GONE[name]}; docs/mechanics.md" if name in _GONE else ""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{more}")
