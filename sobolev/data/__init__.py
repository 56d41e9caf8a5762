"""Values and derivatives as data: container, scaling, files."""

from sobolev.data.dataset import Dataset as Dataset
from sobolev.data.scaling import Scaling as Scaling
