"""Exact gradient-enhanced kriging: the baseline every network has to beat."""

from sobolev.gek.kernels import KERNELS as KERNELS
from sobolev.gek.model import GEK as GEK
