"""How the distance is reduced: one protocol, `init` and `epoch`, compiled."""

from sobolev.optimisers.by_rows import Aggregator as Aggregator
from sobolev.optimisers.by_rows import ByRows as ByRows
from sobolev.optimisers.choose import choose_optimiser as choose_optimiser
from sobolev.optimisers.dense import BFGS as BFGS
from sobolev.optimisers.dense import SSBroyden as SSBroyden
from sobolev.optimisers.first_order import Adam as Adam
from sobolev.optimisers.first_order import FirstOrder as FirstOrder
from sobolev.optimisers.gradient_regularised import (
    GradientRegularisedNewton as GradientRegularisedNewton,
)
from sobolev.optimisers.lbfgs import LBFGS as LBFGS
from sobolev.optimisers.levenberg_marquardt import LevenbergMarquardt as LevenbergMarquardt
from sobolev.optimisers.linearisation import Linearisation as Linearisation
from sobolev.optimisers.linearisation import linearised as linearised
from sobolev.optimisers.momentum_config import MomentumConFIG as MomentumConFIG
from sobolev.optimisers.multi_adam import MultiAdam as MultiAdam
from sobolev.optimisers.protocol import Optimiser as Optimiser
from sobolev.optimisers.protocol import State as State
from sobolev.optimisers.protocol import Task as Task
from sobolev.optimisers.quasi_newton import QuasiNewton as QuasiNewton
from sobolev.optimisers.soap import SOAP as SOAP
from sobolev.optimisers.then import AdamThenLBFGS as AdamThenLBFGS
from sobolev.optimisers.then import Then as Then
