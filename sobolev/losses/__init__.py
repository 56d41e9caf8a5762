"""Terms measure residuals of their entries; one function squares and sums."""

from sobolev.losses.labels import Labels as Labels
from sobolev.losses.operator import Operator as Operator
from sobolev.losses.operator import derivatives_along as derivatives_along
from sobolev.losses.residual import Residual as Residual
from sobolev.losses.sobolev_loss import SobolevLoss as SobolevLoss
from sobolev.losses.term import Entry as Entry
from sobolev.losses.term import Term as Term
