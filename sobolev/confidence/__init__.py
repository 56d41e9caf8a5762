from sobolev.confidence.conformal import Conformal as Conformal
from sobolev.confidence.conformal import conformal as conformal
from sobolev.confidence.ensemble import Ensemble as Ensemble
from sobolev.confidence.ensemble import LeftOut as LeftOut
from sobolev.confidence.fit_ensemble import fit_ensemble as fit_ensemble
from sobolev.confidence.laplace import Laplace as Laplace
from sobolev.confidence.laplace import laplace as laplace
