from .by_terms.by_rows import Aggregator as Aggregator
from .by_terms.by_rows import ByRows as ByRows
from .by_terms.momentum_config import MomentumConFIG as MomentumConFIG
from .by_terms.multi_adam import MultiAdam as MultiAdam
from .choose import choose_optimiser as choose_optimiser
from .conformance import conforms as conforms
from .first_order.first_order import Adam as Adam
from .first_order.first_order import FirstOrder as FirstOrder
from .first_order.soap import SOAP as SOAP
from .first_order.unit_length import UnitLength as UnitLength
from .least_squares.bayesian import BayesianRegularisation as BayesianRegularisation
from .least_squares.gradient_regularised import (
    GradientRegularisedNewton as GradientRegularisedNewton,
)
from .least_squares.levenberg_marquardt import LevenbergMarquardt as LevenbergMarquardt
from .linearisation import Linearisation as Linearisation
from .linearisation import linearised as linearised
from .optimiser import Optimiser as Optimiser
from .optimiser import State as State
from .optimiser import Task as Task
from .quasi_newton.dense import BFGS as BFGS
from .quasi_newton.dense import SSBroyden as SSBroyden
from .quasi_newton.lbfgs import LBFGS as LBFGS
from .quasi_newton.quasi_newton import QuasiNewton as QuasiNewton
from .registry import OPTIMISERS as OPTIMISERS
from .registry import by_name as by_name
from .then import AdamThenLBFGS as AdamThenLBFGS
from .then import Then as Then
