from .circle import Circle as Circle
from .conformance import conforms as conforms
from .cosines import Cosines as Cosines
from .dense import Dense as Dense
from .inner_product import Dual as Dual
from .inner_product import InnerProduct as InnerProduct
from .sines import Sines as Sines
from .sparse import Sparse as Sparse
