"""Blocks of terms with points of their own; what they measure, one function squares and sums."""

from sobolev.losses.batch import At as At
from sobolev.losses.block import Block as Block
from sobolev.losses.conformance import conforms as conforms
from sobolev.losses.equations.as_before import Residual as Residual
from sobolev.losses.equations.derivatives_along import derivatives_along as derivatives_along
from sobolev.losses.equations.equation import Equation as Equation
from sobolev.losses.equations.points import Adaptive as Adaptive
from sobolev.losses.equations.points import Fixed as Fixed
from sobolev.losses.equations.points import Points as Points
from sobolev.losses.equations.points import Uniform as Uniform
from sobolev.losses.functionals.functional import Functional as Functional
from sobolev.losses.labelled.group import Group as Group
from sobolev.losses.labelled.labelled import Labelled as Labelled
from sobolev.losses.labelled.labels import Labels as Labels
from sobolev.losses.labelled.sobolev_loss import SobolevLoss as SobolevLoss
from sobolev.losses.labelled.term import Entry as Entry
from sobolev.losses.labelled.term import Term as Term
from sobolev.losses.loss import Loss as Loss
from sobolev.losses.norms.linear_map import Mapped as Mapped
from sobolev.losses.view import ScalingArrays as ScalingArrays
from sobolev.losses.view import View as View
