from .gek import GEK as GEK
from .kernels import KERNELS as KERNELS
