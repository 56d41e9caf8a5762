"""Things that can be asked for values and derivatives."""

from sobolev.problems._function import FunctionProblem as FunctionProblem
from sobolev.problems._problem import Problem as Problem
from sobolev.problems._problem import Solution as Solution
