from .identified import Identified as Identified
from .identify import identify as identify
from .library import Library as Library
from .library import Polynomials as Polynomials
