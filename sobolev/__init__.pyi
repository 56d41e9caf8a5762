from . import design as design
from . import problems as problems
from ._errors import ConfigError as ConfigError
from ._errors import CorruptFile as CorruptFile
from ._errors import DataError as DataError
from ._errors import Diverged as Diverged
from ._errors import OutputError as OutputError
from ._errors import PrecisionError as PrecisionError
from ._errors import SobolevError as SobolevError
from .box import Box as Box

__version__: str
