"""Who decides the weight of each loss term, one scheme a file."""

from sobolev.weighting.engine import term_gradients as term_gradients
from sobolev.weighting.engine import weighted_gradient as weighted_gradient
from sobolev.weighting.fixed import Fixed as Fixed
from sobolev.weighting.fixed import InverseEnergy as InverseEnergy
from sobolev.weighting.fixed import Unweighted as Unweighted
from sobolev.weighting.inverse_norm import InverseNorm as InverseNorm
from sobolev.weighting.parametrisation import Clip as Clip
from sobolev.weighting.parametrisation import ErrorFunction as ErrorFunction
from sobolev.weighting.parametrisation import Exponential as Exponential
from sobolev.weighting.parametrisation import Identity as Identity
from sobolev.weighting.protocol import Statistics as Statistics
from sobolev.weighting.protocol import Weighting as Weighting
from sobolev.weighting.trained import CosineDistance as CosineDistance
from sobolev.weighting.trained import LossMax as LossMax
from sobolev.weighting.trained import Trained as Trained
from sobolev.weighting.wrappers import Normalised as Normalised
from sobolev.weighting.wrappers import Replay as Replay
