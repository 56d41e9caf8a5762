"""What the library raises on purpose: each message says what, which value, and what to do."""

from sobolev._base.errors import ConfigError as ConfigError
from sobolev._base.errors import CorruptFile as CorruptFile
from sobolev._base.errors import DataError as DataError
from sobolev._base.errors import Diverged as Diverged
from sobolev._base.errors import EquationWarning as EquationWarning
from sobolev._base.errors import OutputError as OutputError
from sobolev._base.errors import PrecisionError as PrecisionError
from sobolev._base.errors import SobolevError as SobolevError
from sobolev._base.errors import WrongDerivativeWarning as WrongDerivativeWarning
