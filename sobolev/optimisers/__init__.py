"""How the distance is reduced: one protocol, `init` and `epoch`, compiled."""

from sobolev.optimisers.by_terms.by_rows import Aggregator as Aggregator
from sobolev.optimisers.by_terms.by_rows import ByRows as ByRows
from sobolev.optimisers.by_terms.momentum_config import MomentumConFIG as MomentumConFIG
from sobolev.optimisers.by_terms.multi_adam import MultiAdam as MultiAdam
from sobolev.optimisers.choose import choose_optimiser as choose_optimiser
from sobolev.optimisers.conformance import conforms as conforms
from sobolev.optimisers.first_order.first_order import Adam as Adam
from sobolev.optimisers.first_order.first_order import FirstOrder as FirstOrder
from sobolev.optimisers.first_order.soap import SOAP as SOAP
from sobolev.optimisers.first_order.unit_length import UnitLength as UnitLength
from sobolev.optimisers.least_squares.bayesian import (
    BayesianRegularisation as BayesianRegularisation,
)
from sobolev.optimisers.least_squares.gradient_regularised import (
    GradientRegularisedNewton as GradientRegularisedNewton,
)
from sobolev.optimisers.least_squares.levenberg_marquardt import (
    LevenbergMarquardt as LevenbergMarquardt,
)
from sobolev.optimisers.linearisation import Linearisation as Linearisation
from sobolev.optimisers.linearisation import linearised as linearised
from sobolev.optimisers.optimiser import Optimiser as Optimiser
from sobolev.optimisers.optimiser import State as State
from sobolev.optimisers.optimiser import Task as Task
from sobolev.optimisers.quasi_newton.dense import BFGS as BFGS
from sobolev.optimisers.quasi_newton.dense import SSBroyden as SSBroyden
from sobolev.optimisers.quasi_newton.lbfgs import LBFGS as LBFGS
from sobolev.optimisers.quasi_newton.quasi_newton import QuasiNewton as QuasiNewton
from sobolev.optimisers.registry import OPTIMISERS as OPTIMISERS
from sobolev.optimisers.registry import by_name as by_name
from sobolev.optimisers.then import AdamThenLBFGS as AdamThenLBFGS
from sobolev.optimisers.then import Then as Then
