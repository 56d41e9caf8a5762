"""Training: a surrogate, data and an optimiser in, a better surrogate and its history out."""

from sobolev.fit.interrupt import Interrupted as Interrupted
from sobolev.fit.result import Fit as Fit
from sobolev.fit.result import Progress as Progress
from sobolev.fit.train import fit as fit
