from .._base.conformance import Conformance as Conformance
from .conformance import conforms as conforms
from .executor import Died as Died
from .executor import Executor as Executor
from .processes import Processes as Processes
from .registry import EXECUTORS as EXECUTORS
from .retries import Retries as Retries
from .serial import Serial as Serial
