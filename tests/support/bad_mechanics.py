"""Problems of mechanics that are posed wrongly: what is done, and a part of the sentence for it."""

from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from sobolev import Box, fem
from sobolev.fem.values import Static, Value

MESH = (
    fem.grid((4, 2)).cells_where("half", lambda x: x[:, 0] < 0.5)
    .cells_where("other", lambda x: x[:, 0] > 0.5).at("corner", (1.0, 1.0))
)  # fmt: skip
CUBE = fem.grid((1, 1, 1)).at("corner", (1.0, 1.0, 1.0))
POINTS, QUADS = MESH.points, MESH.cells["quad"]
BOX = Box(("E",), (1.0,), (2.0,))
HELD = [fem.Fixed("left", 0), fem.Fixed("bottom", 1)]


def sheet(E="E", nu=0.3, **more):
    return fem.PlaneStress(fem.LinearElastic(E, nu), **more)


def model(mesh=MESH, law=None, **change):
    """A sheet that is pulled, with one thing changed."""
    how = dict(
        bodies=[fem.Body(law or sheet())], supports=HELD,
        loads=[fem.Traction("right", (0.1, 0.0))],
        responses={"u": fem.Displacement("corner", 0)}, parameters=BOX,
    )  # fmt: skip
    return fem.Model(mesh, **{**how, **change})


def posed(*args, **change) -> Callable:
    """Until it is known what it is made of; nothing is compiled."""
    return lambda: model(*args, **change).statement


def solved(*args, x=1.5, **change) -> Callable:
    return lambda: model(*args, **change).solve(np.atleast_1d(x))


def mesh(points=POINTS, quads=QUADS, **parts) -> fem.Mesh:
    given = dict(regions=MESH.regions, boundaries=MESH.boundaries, sets=MESH.sets)
    return fem.Mesh(points, {"quad": quads}, **{**given, **parts})


def heated(**change):
    how = dict(law=fem.HeatConduction("E"), supports=[fem.Fixed("left")],
               loads=[fem.Flux("right", 1.0)])  # fmt: skip
    return solved(**{**how, **change})


def two_parts(gap: float) -> fem.Mesh:
    points = np.vstack([POINTS, POINTS + np.array([1 + gap, 0])])
    made = fem.Mesh(points, {"quad": np.vstack([QUADS, QUADS + len(POINTS)])})
    for name, axis, value in (("left", 0, 0), ("right", 0, 2 + gap)):
        made = made.where(name, lambda x, axis=axis, value=value: x[:, axis] == value)
    return made.where("bottom", lambda x: (x[:, 1] == 0) & (x[:, 0] < 0.9)).at("corner", (1, 1))


def bent(X, p):
    return X.at[7].add(jnp.array([0.6, 0.0]) * (p["E"] - 1.0))


@dataclass(frozen=True)
class Own(fem.Law):
    """A law with a fault."""

    fault: Static[str]
    E: Value = "E"

    def traits(self):
        return fem.Traits(dimension=2)

    def dual(self, at, state):
        P, zero = self.E * (at.gradient + at.gradient.T), at.value * 0
        match self.fault:
            case "shape":
                return (P[:1], zero), state
            case "NaN":
                return (P * jnp.nan, zero), state
            case "no tuple":
                return None
            case "no array":
                return (0.0, zero), state
            case "numpy":
                return (np.asarray(P), zero), state
            case "complex":
                return (P * 1j, zero), state
            case "state":
                return (P, zero), jnp.zeros(3)
            case "raises":
                raise ValueError("oops")
            case "no stiffness":
                return (P * 0, zero), state
            case "not symmetric":
                return (P.at[0, 1].add(1e-4 * at.gradient[1, 1]), zero), state
        raise AssertionError(self.fault)


@dataclass(frozen=True)
class OwnEnergy(fem.Energy):
    fault: Static[str]
    E: Value = "E"

    def traits(self):
        return fem.Traits(dimension=2, energy=True)

    def density(self, H):
        return self.E * (jnp.sum(H**2, 0) if self.fault == "vector" else jnp.sqrt(jnp.sum(H**2)))


class NoDataclass(fem.Law):
    def traits(self):
        return fem.Traits(dimension=2)

    def dual(self, at, state):
        return (at.gradient, at.value * 0), state


@dataclass
class NotFrozen(NoDataclass):
    E: Value = "E"


def coupled(u, gradient, x, E):
    return E * gradient, 0


def tensor(at):
    return at.sigma


def both(name):
    """A Box of E and one more."""
    return Box(("E", name), (-1.0, -1.0), (2.0, 2.0))


J2, NU = fem.J2, "nu of LinearElastic must lie between -1 and 0.5"
# What is told when it is made, or when it is first looked at.
AT_ONCE: dict[str, tuple[Callable, str]] = {
    # meshes
    "cell inside out": (lambda: mesh(quads=np.vstack([QUADS[:3], QUADS[3:4, ::-1], QUADS[4:]])),
                        "cell 3 of 'quad' is degenerate or inside out"),
    "loose node": (lambda: mesh(np.vstack([POINTS, [[9, 9]]])), "the first is 15 at"),
    "NaN in points": (lambda: mesh(np.where(np.arange(15)[:, None] == 3, np.nan, POINTS)),
                      "node 3 is at"),
    "texts as points": (lambda: mesh([["a", "b"]]), "finite numbers"),
    "cells without element": (lambda: fem.Mesh(POINTS, [QUADS]), "cells by element"),
    "no cells": (lambda: mesh(quads=QUADS[:0]), "there are no cells in 'quad'"),
    "cells twice": (posed(mesh(quads=np.vstack([QUADS, QUADS[:1]]))), "cells 0 and 8 of 'quad'"),
    "facets as cells": (lambda: fem.Mesh(POINTS, {"line": QUADS[:, :2]}), "go into `boundaries`"),
    "region beyond": (lambda: mesh(regions={"r": {"quad": [99]}}), "from 0 to 7: got 99"),
    "region of another element": (lambda: mesh(regions={"r": {"hex": [0]}}), "has only quad"),
    "region without element": (lambda: mesh(regions={"r": np.arange(8)}), "given by element"),
    "empty region": (lambda: mesh(regions={"r": {}}), "the region 'r' is empty"),
    "negative node": (lambda: mesh(sets={"s": [-1]}), "from 0 to 14: got -1"),
    "half a node": (lambda: mesh(sets={"s": [1.5]}), "by integers"),
    "empty set": (lambda: mesh(sets={"s": []}), "the set 's' is empty"),
    "empty boundary": (lambda: mesh(boundaries={"b": {"line": np.zeros((0, 2), int)}}),
                       "the boundary 'b' is empty"),
    "facets of another element": (lambda: mesh(boundaries={"b": {"line3": QUADS[:, :2]}}),
                                  r"nodes \[k, 3\]"),
    "facets of no cell": (posed(mesh(boundaries={"right": {"line": np.array([[0, 8]])}}),
                                supports=[fem.Fixed("all", 1)]), "belong to no cell"),
    "where by rows and columns": (lambda: MESH.where("x", lambda x: x == 0), "for each row"),
    "where by numbers": (lambda: MESH.where("x", lambda x: x[:, 0]), "True or False"),
    "where that fails": (lambda: MESH.where("x", lambda x: x[:, 2] == 0), "fails: IndexError"),
    "place with NaN": (lambda: MESH.at("x", (np.nan, 0.0)), "2 finite coordinates"),
    "place in other units": (lambda: MESH.at("x", (1000.0, 0.0)), "in the units of the mesh"),
    "moved by some": (lambda: MESH.moved(POINTS[:3]), "new places of all nodes"),
    "half a division": (lambda: fem.grid((2.5, 2)), "at least one cell each way"),
    # kinds
    "a path for a mesh": (lambda: model("mesh.msh"), "of fem.grid or fem.read_mesh"),
    "one body": (lambda: model(bodies=fem.Body(sheet())), "bodies are a list"),
    "one support": (lambda: model(supports=fem.Fixed("left")), "supports are a list"),
    "one load": (lambda: model(loads=fem.Traction("right", (1, 0))), "loads are a list"),
    "responses without names": (lambda: model(responses=[fem.Compliance()]), "have names"),
    "compliance without loads": (
        posed(loads=[fem.FollowerPressure("right", 0.1)], responses={"c": fem.Compliance()}),
        "the work of dead loads, and this problem has none"),
    "a quantity for a response": (lambda: model(responses={"s": fem.von_mises}),
                                  "the response 's' is one such as"),
    "names for a Box": (lambda: model(parameters=("E",)), "parameters is a Box"),
    "a number for a geometry": (lambda: model(geometry=3), "the geometry is a function"),
    "times for a path": (lambda: model(path=[1.0]), "the path is a Path"),
    "a word for Newton": (lambda: model(newton="fast"), r"newton is Newton\("),
    "a class for a solver": (lambda: model(solver=fem.SuperLU), "the solver is one such as"),
    "a law for a body": (posed(bodies=[sheet()]), r"bodies are Body\(law, region\)"),
    "a word for a law": (posed(bodies=[fem.Body("steel")]), "is made of a law"),
    "a class for a law": (posed(bodies=[fem.Body(fem.LinearElastic)]), "is made of a law"),
    "a support for a load": (posed(loads=[fem.Fixed("left")]), "got Fixed"),
    "a load for a support": (posed(supports=[fem.Traction("left", (1, 0))]), "supports are Fixed"),
    "no frozen dataclass": (posed(law=NotFrozen()), "frozen dataclass"),
    "no dataclass": (posed(law=NoDataclass()), "frozen dataclass"),
    # names
    "unknown region": (posed(bodies=[fem.Body(sheet(), "steel")]), "it has half, other, all"),
    "unknown nodes": (posed(supports=[fem.Fixed("lefft")]), "it knows corner, left, right"),
    "unknown boundary": (posed(loads=[fem.Traction("rigth", (1, 0))]), "it has left, right"),
    "traction on a node": (posed(loads=[fem.Traction("corner", (1, 0))]), "no boundary called"),
    "force in an unknown region": (posed(loads=[fem.BodyForce((1, 0), "x")]), "no region called"),
    "response nowhere": (posed(responses={"u": fem.AtNode(fem.von_mises, "tip")}), "no nodes"),
    "mean over a boundary": (posed(responses={"u": fem.Mean(fem.von_mises, "left")}),
                             "no region called 'left'"),
    "unknown parameter": (posed(law=sheet("young")), "no parameter 'young'"),
    "unknown field": (posed(law=sheet(fem.PerCell("rho"))), "no parameter 'rho'"),
    "unknown in a function": (posed(law=sheet(lambda p: p["young"])), "no parameter 'young'"),
    "unknown in a geometry": (posed(geometry=fem.Shape(lambda X, a: X * a, ("a",))),
                              "no parameter 'a'"),
    "parameter of nothing": (posed(parameters=both("t")), "nothing depends on 't'.*only for 'E'"),
    # components
    "component of a support": (posed(supports=[fem.Fixed("left", "x")]), "components 0 and 1"),
    "component of a response": (posed(responses={"u": fem.Displacement("corner", 2)}),
                                "asks for the component 2"),
    "component from the end": (posed(responses={"u": fem.Reaction("left", -1)}), "component -1"),
    "reaction where nothing is held": (posed(responses={"u": fem.Reaction("right", 0)}),
                                       "there is no reaction"),
    "component of stress": (lambda: fem.Stress(3, 3), "components 0 to 2"),
    "traction of space": (posed(loads=[fem.Traction("right", (1, 0, 0))]), "each of the 2"),
    "traction of one number": (posed(loads=[fem.Traction("right", 1.0)]), "each of the 2"),
    "force of one number": (posed(loads=[fem.PointForce("corner", 1.0)]), "each of the 2"),
    "heat for a sheet": (posed(loads=[fem.Flux("right", 1.0)]), "loaded by Traction or Pressure"),
    "heat for no field": (posed(loads=[fem.Convection("right", 1.0, 2.0, component=2)]),
                          r"component=0 to 1 \(got 2\)"),
    "stress of a region elsewhere": (
        posed(responses={"s": fem.AtNode(fem.von_mises, "corner", "half")}),
        "no cell of the region 'half' has a node of 'corner'"),
    "two kinds of fields": (posed(bodies=[fem.Body(sheet(), "half"),
                                          fem.Body(fem.HeatConduction(1.0), "other")]),
                            r"these have \[1, 2\] components"),
    # constants, as numbers
    "E = 0": (lambda: sheet(0.0), "E of LinearElastic must be positive: got 0"),
    "E < 0": (lambda: fem.NeoHooke(-1.0, 0.3), "E of NeoHooke must be positive: got -1"),
    "E = NaN": (lambda: sheet(np.nan), "E of LinearElastic must be finite"),
    "E is nothing": (lambda: sheet(None), "E of LinearElastic is a number"),
    "E is true": (lambda: sheet(True), "E of LinearElastic is a number"),
    "E is two numbers": (lambda: sheet((1.0, 2.0)), "constants of LinearElastic are not lists"),
    "E by cell": (lambda: sheet(fem.PerCell(np.array([1.0, -1.0]))), "must be positive: got -1"),
    "one number by cell": (lambda: sheet(fem.PerCell(1.0)), "a value for each cell"),
    "nu = 1/2": (lambda: sheet(nu=0.5), NU), "nu = -1": (lambda: sheet(nu=-1.0), NU),
    "negative shear modulus": (lambda: fem.MooneyRivlin(-1.0, 0.1, 20.0), "C10 \\+ C01 of"),
    "more mu than alpha": (lambda: fem.Ogden((1.0, 2.0), (1.0,), 20.0), "as many mu as alpha"),
    "softening mu": (lambda: fem.Ogden((1.0,), (-1.0,), 20.0), "½ Σ mu alpha"),
    "alpha = 0": (lambda: fem.Ogden((1.0, 1.0), (0.0, 2.0), 20.0), r"alpha\[0\] of Ogden"),
    "long fibres": (lambda: fem.HolzapfelFibres(1.0, 1.0, 1.0, ((1.0, 1.0, 0.0),), 10.0),
                    r"the length of fibres\[0\]"),
    "S not positive": (lambda: fem.OrthotropicElastic((1,) * 3, (0.9,) * 3, (1,) * 3),
                       "the least minor of S"),
    "two moduli": (lambda: fem.OrthotropicElastic((1, 1), (0.1,) * 3, (1,) * 3), "three parts"),
    "skew axes": (lambda: fem.OrthotropicElastic((1,) * 3, (0.1,) * 3, (1,) * 3,
                                                 ((1, 1, 0), (0, 1, 0), (0, 0, 1))),
                  "right angles"),
    "no yield stress": (lambda: J2(1.0, 0.3, 0.0), "yield_stress of J2 must be positive"),
    "softening": (lambda: J2(1.0, 0.3, 0.1, hardening=-1.0), "hardening of J2 must not be"),
    "softening by saturation": (lambda: J2(1.0, 0.3, 0.1, saturation=0.05, rate=1.0),
                                "at least the yield stress"),
    "no viscosity": (lambda: fem.Perzyna(1.0, 0.3, 0.1, 0.0), "viscosity of Perzyna"),
    "creep backwards": (lambda: fem.NortonCreep(1.0, 0.3, -1.0, 4.0), "A of NortonCreep"),
    "more tau than G": (lambda: fem.Prony(1.0, (1.0,), (1.0,)), "one more G than tau"),
    "no conductivity": (lambda: fem.HeatConduction(0.0), "conductivity of HeatConduction"),
    "no thickness": (lambda: sheet(thickness=0.0), "thickness of PlaneStress"),
    "negative mass": (lambda: fem.Body(sheet(), density=-1.0), "density of Body must be finite"),
    "no density": (lambda: fem.Volume(0.0), "density of Volume must be positive"),
    "heat from the cold": (lambda: fem.Convection("left", -1.0, 20.0), "h of Convection"),
    "a load that is NaN": (lambda: fem.Traction("right", (np.nan, 0.0)), r"value\[0\] of Traction"),
    "an exponent below one": (lambda: fem.PNorm(fem.von_mises, exponent=0.5), "at least 1"),
    "a quantity by name": (lambda: fem.Mean("von_mises"), "such as fem.von_mises.*got 'von_mises'"),
    "a norm of a class": (lambda: fem.PNorm(fem.Stress), "PNorm is of a function of a point"),
    "nothing at a node": (lambda: fem.AtNode(None, "corner"), "AtNode is of a function of a point"),
    "heat in a ring": (lambda: fem.Axisymmetric(fem.HeatConduction(1.0)), "has the thickness 2πR"),
    "plane law in a wrapper": (lambda: fem.ThermalStrain(sheet(), 1e-5, 1.0), "three dimensions"),
    "a factor that is NaN": (lambda: fem.Path((1.0,), (np.nan,)), "factors of a path are finite"),
    # constants, as functions
    "too few cells": (posed(law=sheet(fem.PerCell(lambda p: p["E"] * jnp.ones(5)))),
                      r"each of the 8 cells of 'quad'.*got the shape \(5,\)"),
    "a cell load": (posed(loads=[fem.Traction("right", (fem.PerCell(np.ones(2)), 0.0))]),
                    "use PerPoint"),
    "a force of too few cells": (posed(loads=[fem.BodyForce((fem.PerCell(np.ones(5)), 0.0))]),
                                 r"PerCell in BodyForce has a value for each of the 8 cells"),
    "a force of another region": (
        posed(loads=[fem.BodyForce((fem.PerCell(np.ones(8)), 0.0), "half")]),
        r"each of the 4 cells in its region: got the shape \(8,\)"),
    "a cell force at a node": (posed(loads=[fem.PointForce("corner", (fem.PerCell("E"), 0.0))]),
                               "PointForce at 'corner' acts on nodes"),
    "a list prescribed": (posed(supports=[*HELD, fem.Prescribed("right", 0, (1.0, 2.0))]),
                          "is one number"),
    "no argument": (posed(law=sheet(lambda: 1.0)), "the function <lambda> of the parameters fails"),
    "a geometry of numpy": (posed(geometry=lambda X, p: np.asarray(X)), "write it with jax.numpy"),
    "a geometry of some": (posed(geometry=lambda X, p: X[:3]), "positions of all nodes"),
}  # fmt: skip

# What is told by the first solve, as it asks laws and quantities.
AT_THE_SOLVE: dict[str, tuple[Callable, str]] = {
    "a place of none": (
        solved(loads=[fem.PointForce("corner", (fem.PerPoint(lambda x, p: x[0]), 0.0))]),
        "stands where there is no place"),
    "law: shape": (solved(law=Own("shape")), r"gives P of the shape \(2, 2\).*got \(1, 2\)"),
    "law: no tuple": (solved(law=Own("no tuple")), r"returns \(\(P, b\), state\)"),
    "law: no array": (solved(law=Own("no array")), "as an array of jax.numpy: got 0.0"),
    "law: numpy": (solved(law=Own("numpy")), "write it with jax.numpy"),
    "law: complex": (solved(law=Own("complex")), "real numbers"),
    "law: state": (solved(law=Own("state")), "a new state of the form"),
    "law: raises": (solved(law=Own("raises")), "the law Own fails: ValueError, oops"),
    "law: NaN": (solved(law=Own("NaN")), "not finite at rest, in 8 of 8 cells"),
    "law: no stiffness": (solved(law=Own("no stiffness")), "has no stiffness"),
    "law: not symmetric": (solved(law=Own("not symmetric")), "said to be symmetric and is not"),
    "energy: vector": (solved(law=OwnEnergy("vector")), r"one number\): got \(2,\)"),
    "energy: a cone": (solved(law=OwnEnergy("cone")), "not finite at rest"),
    "field for a number": (solved(parameters=Box(("E[0]", "E[1]"), (1, 1), (2, 2)), x=[1.0, 2.0]),
                           "PlaneStress"),
    "quantity: tensor": (solved(responses={"s": fem.Mean(tensor)}), "one number at a point"),
    "quantity: of heat": (heated(responses={"s": fem.Mean(fem.von_mises)}), "there is no stress"),
    "quantity: values": (solved(responses={"s": fem.Mean(fem.Component(0))}), "does not look at"),
    "a pressure on coupled fields": (
        solved(law=fem.Form(coupled, 3, ("E",)), loads=[fem.Pressure("right", 1.0)]),
        "3 components: fields of a coupled Form take a Traction"),
    "no supports": (solved(supports=[]), "move along x, move along y and rotate about z: hold it"),
    "no support along y": (solved(supports=HELD[:1]), "the body can still move along y: hold"),
    "one pin": (solved(supports=[fem.Fixed("corner")]), "the body can still rotate about z: hold"),
    "a face in space": (solved(CUBE, fem.LinearElastic("E", 0.3), supports=HELD[:1],
                               loads=[]), "move along y, move along z and rotate about x"),
    "no temperature": (heated(supports=[]), "level of its temperature"),
    "apart": (solved(two_parts(1.0)), r"2 parts that share no node, and the one of 15 nodes"),
    "not merged": (solved(two_parts(0.0)), "3 of its nodes lie on nodes of other parts"),
}  # fmt: skip

# Where other parameters are sound: there is no value for these, and the row says why.
AT_SOME_PARAMETERS: dict[str, tuple[Callable, str]] = {
    "NaN": (solved(x=np.nan), "the parameter E is nan"),
    "E < 0": (solved(parameters=both("t"), law=sheet(thickness="t"), x=[-0.5, 1.0]),
              "at E = -0.5, t = 1: E of LinearElastic must be positive: got -0.5"),
    "thickness": (solved(parameters=both("t"), law=sheet(thickness="t"), x=[1.0, -0.5]),
                  "thickness of PlaneStress must be positive"),
    "nu": (solved(law=fem.PlaneStrain(fem.LinearElastic(1.0, "E")), x=0.7), NU),
    "one cell": (solved(law=sheet(fem.PerCell(lambda p: p["E"] - jnp.arange(8.0)))),
                 "got -0.5 in cell 2 of 'quad'"),
    "a place": (solved(law=sheet(fem.PerPoint(lambda x, p: 1.9 - p["E"] * x[0] * 2))),
                "E of LinearElastic must be positive: got -.* in cell 4 of 'quad'"),
    "density": (solved(responses={"m": fem.Volume(lambda p: 1 - p["E"])}), "value of 'm'"),
    "inside out": (solved(geometry=bent, x=2.0), "at E = 2: the geometry turns cell 4 of 'quad'"),
    "over the axis": (solved(MESH.moved(POINTS - [0.5, 0.0]),
                             fem.Axisymmetric(fem.LinearElastic("E", 0.3)),
                             supports=[fem.Fixed("bottom", 1)]), "one side of its axis"),
    "norm of what is negative": (solved(responses={"s": fem.PNorm(fem.Stress(0, 0))},
                                        loads=[fem.Traction("right", (-0.1, 0.0))]),
                                 "the value of 's' is not finite"),
    "cold conductor": (heated(law=fem.HeatConduction("E", growth=-1.0),
                              loads=[fem.Flux("right", 10.0)]), "no equilibrium was found"),
}  # fmt: skip
