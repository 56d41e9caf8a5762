"""The problems that have a name on the command line: one more is one more line here."""

from sobolev.problems._problem import Problem
from sobolev.problems.beam_deflection import BeamDeflection
from sobolev.problems.cantilever import Cantilever
from sobolev.problems.ishigami import Ishigami
from sobolev.problems.plate_with_hole import PlateWithHole

# Each has a default for everything.
PROBLEMS: tuple[type[Problem], ...] = (BeamDeflection, Cantilever, Ishigami, PlateWithHole)
