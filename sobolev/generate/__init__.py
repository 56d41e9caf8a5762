"""Problem and points in, data set out; a kill costs at most the rows at work."""

from sobolev.generate.campaign import generate as generate
