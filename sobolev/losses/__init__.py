"""Terms measure residuals of their entries; one function squares and sums."""

from sobolev.losses.labels import Labels as Labels
from sobolev.losses.sobolev_loss import SobolevLoss as SobolevLoss
from sobolev.losses.term import Entry as Entry
from sobolev.losses.term import Term as Term
