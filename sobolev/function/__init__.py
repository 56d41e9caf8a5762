"""The one idea of the house: a function that knows its derivatives."""

from sobolev.function.around import Around as Around
from sobolev.function.batched import Batched as Batched
from sobolev.function.callables import CallableFunction as CallableFunction
from sobolev.function.callables import of_callable as of_callable
from sobolev.function.callables import of_jax as of_jax
from sobolev.function.conformance import conforms as conforms
from sobolev.function.derivatives import Derivatives as Derivatives
from sobolev.function.function import Function as Function
from sobolev.function.function import Uncertain as Uncertain
from sobolev.function.function import required as required
from sobolev.function.on_box import OnBox as OnBox
from sobolev.function.pointwise import Pointwise as Pointwise
from sobolev.function.sums import Sum as Sum
