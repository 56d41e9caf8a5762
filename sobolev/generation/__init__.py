"""Problem and points in, data set out; a kill costs at most the rows at work."""

from sobolev.generation.generate import generate as generate
