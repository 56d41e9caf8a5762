"""Training: a surrogate, data and an optimiser in, a better surrogate and its history out."""

from sobolev.training.fit import fit as fit
from sobolev.training.interrupt import Interrupted as Interrupted
from sobolev.training.result import Fit as Fit
from sobolev.training.result import Progress as Progress
