"""Every law of the house with constants as an engineer would give them: for tests and tables."""

from types import MappingProxyType

from sobolev.fem.laws.axisymmetric import Axisymmetric
from sobolev.fem.laws.dilatation import MeanDilatation
from sobolev.fem.laws.elastic import LinearElastic, OrthotropicElastic, SaintVenantKirchhoff
from sobolev.fem.laws.hyperelastic import HolzapfelFibres, MooneyRivlin, NeoHooke, Ogden
from sobolev.fem.laws.law import Law
from sobolev.fem.laws.plane import PlaneStrain, PlaneStress
from sobolev.fem.laws.plastic import J2
from sobolev.fem.laws.thermal import HeatConduction, ThermalStrain
from sobolev.fem.laws.viscous import NortonCreep, Perzyna, Prony

# One more law is one more line here.
LAWS: MappingProxyType[str, Law] = MappingProxyType(
    {
        "linear elastic": LinearElastic(210e3, 0.3),
        "orthotropic": OrthotropicElastic(
            (140e3, 10e3, 9e3), (0.3, 0.28, 0.4), (5e3, 4e3, 3.5e3),
            ((0.8, 0.6, 0.0), (-0.6, 0.8, 0.0), (0.0, 0.0, 1.0)),
        ),
        "St. Venant-Kirchhoff": SaintVenantKirchhoff(210e3, 0.3),
        "neo-Hooke": NeoHooke(10.0, 0.3),
        "Mooney-Rivlin": MooneyRivlin(0.3, 0.05, 20.0),
        "Ogden": Ogden((0.63, 0.0012, -0.01), (1.3, 5.0, -2.0), 20.0),
        "Holzapfel": HolzapfelFibres(
            7.64e-3, 0.9966, 2.5, ((0.8, 0.6, 0.0), (0.8, -0.6, 0.0)), 10.0, 0.1
        ),
        "J2": J2(210e3, 0.3, 240.0, 1000.0, 500.0, saturation=300.0, rate=20.0),
        "Norton": NortonCreep(150e3, 0.3, 1e-13, 4.0),
        "Perzyna": Perzyna(210e3, 0.3, 240.0, 5.0, exponent=1.5, hardening=1000.0),
        "Prony": Prony(2000.0, (1.0, 2.0, 1.5), (0.1, 10.0)),
        "warmed": ThermalStrain(LinearElastic(210e3, 0.3), 1.2e-5, 0.0),
        "warmed, finite": ThermalStrain(NeoHooke(10.0, 0.3), 1e-3, 0.0),
        "heat": HeatConduction(50.0),
        "heat, growing": HeatConduction(50.0, 1e-3),
        "plane strain": PlaneStrain(NeoHooke(10.0, 0.3), 2.0),
        "plane stress, closed": PlaneStress(SaintVenantKirchhoff(210e3, 0.3)),
        "plane stress, condensed": PlaneStress(NeoHooke(10.0, 0.3), 0.5),
        "plane stress, plastic": PlaneStress(J2(210e3, 0.3, 240.0, 1000.0)),
        "nearly incompressible": PlaneStrain(MeanDilatation(NeoHooke(10.0, 0.499))),
        "ring": Axisymmetric(NeoHooke(10.0, 0.3)),
    }
)  # fmt: skip
