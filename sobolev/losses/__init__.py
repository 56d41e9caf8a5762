"""Terms measure one residual each; one function squares and sums."""

from sobolev.losses.sobolev_loss import Labels as Labels
from sobolev.losses.sobolev_loss import SobolevLoss as SobolevLoss
from sobolev.losses.term import Term as Term
