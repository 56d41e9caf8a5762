"""Who decides the weight of each loss term, one scheme a file."""

from sobolev.weighting.cadence import Every as Every
from sobolev.weighting.cadence import Frozen as Frozen
from sobolev.weighting.cadence import Smoothed as Smoothed
from sobolev.weighting.cadence import Warmup as Warmup
from sobolev.weighting.chain import Chain as Chain
from sobolev.weighting.engine import term_gradients as term_gradients
from sobolev.weighting.engine import weighted_gradient as weighted_gradient
from sobolev.weighting.fixed import Fixed as Fixed
from sobolev.weighting.fixed import InverseEnergy as InverseEnergy
from sobolev.weighting.fixed import Unweighted as Unweighted
from sobolev.weighting.inverse_norm import InverseNorm as InverseNorm
from sobolev.weighting.normalised import Normalised as Normalised
from sobolev.weighting.parametrisation import Clip as Clip
from sobolev.weighting.parametrisation import ErrorFunction as ErrorFunction
from sobolev.weighting.parametrisation import Exponential as Exponential
from sobolev.weighting.parametrisation import Identity as Identity
from sobolev.weighting.protocol import Moments as Moments
from sobolev.weighting.protocol import Statistics as Statistics
from sobolev.weighting.protocol import Weighting as Weighting
from sobolev.weighting.replay import Replay as Replay
from sobolev.weighting.trained import CosineDistance as CosineDistance
from sobolev.weighting.trained import LossMax as LossMax
from sobolev.weighting.trained import Trained as Trained
from sobolev.weighting.unit_length import UnitLength as UnitLength
