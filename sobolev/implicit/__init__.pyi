from .curvature import Curvature as Curvature
from .derivative import minimiser as minimiser
from .solve import least_squares as least_squares
from .solve import linear_least_squares as linear_least_squares
