"""Exact gradient-enhanced kriging: the baseline every network has to beat."""

from sobolev.kriging.gek import GEK as GEK
from sobolev.kriging.kernels import KERNELS as KERNELS
