from sobolev.uncertainty.conformal import Conformal as Conformal
from sobolev.uncertainty.conformal import conformal as conformal
from sobolev.uncertainty.ensemble import Ensemble as Ensemble
from sobolev.uncertainty.ensemble import LeftOut as LeftOut
from sobolev.uncertainty.laplace import Laplace as Laplace
from sobolev.uncertainty.laplace import laplace as laplace
from sobolev.uncertainty.members import fit_ensemble as fit_ensemble
