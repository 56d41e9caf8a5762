"""How the distance is reduced: one protocol, `init` and `epoch`, compiled."""

from sobolev.optimisers.first_order import Adam as Adam
from sobolev.optimisers.first_order import FirstOrder as FirstOrder
from sobolev.optimisers.levenberg_marquardt import LevenbergMarquardt as LevenbergMarquardt
from sobolev.optimisers.protocol import Optimiser as Optimiser
from sobolev.optimisers.protocol import State as State
from sobolev.optimisers.protocol import Task as Task
