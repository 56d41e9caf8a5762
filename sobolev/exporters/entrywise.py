"""Operations entry by entry: as NumPy computes them at generation, and as C writes them."""

from collections.abc import Callable

import numpy as np
from scipy import special

# C of operands {0}, {1}, …; helpers of the exported file are written {name}_…
Numbers = Callable[..., np.ndarray]


def _select(which, *cases):
    return np.where(np.asarray(which) != 0, cases[1], cases[0])


def _round_away(a):
    """To the nearest whole number, halves away from 0, as C's round: not floor(a + ½), by which
    the largest number below ½ would become 1."""
    return np.trunc(a + np.copysign(np.nextafter(0.5, 0.0), a))


OPERATIONS: dict[str, tuple[Numbers, str]] = {
    "add": (np.add, "{0} + {1}"),
    "sub": (np.subtract, "{0} - {1}"),
    "mul": (np.multiply, "{0} * {1}"),
    "div": (np.divide, "{0} / {1}"),
    "neg": (np.negative, "-{0}"),
    "max": (np.maximum, "({0} >= {1} || {0} != {0}) ? {0} : {1}"),
    "min": (np.minimum, "({0} <= {1} || {0} != {0}) ? {0} : {1}"),
    "abs": (np.abs, "fabs({0})"),
    "sign": (np.sign, "({0} > 0.0) ? 1.0 : (({0} < 0.0) ? -1.0 : {0})"),
    "floor": (np.floor, "floor({0})"),
    "ceil": (np.ceil, "ceil({0})"),
    "round": (np.rint, "rint({0})"),
    "round_away": (_round_away, "round({0})"),
    "sqrt": (np.sqrt, "sqrt({0})"),
    "rsqrt": (lambda a: 1 / np.sqrt(a), "1.0 / sqrt({0})"),
    "cbrt": (np.cbrt, "cbrt({0})"),
    "exp": (np.exp, "exp({0})"),
    "exp2": (np.exp2, "exp2({0})"),
    "expm1": (np.expm1, "expm1({0})"),
    "log": (np.log, "log({0})"),
    "log1p": (np.log1p, "log1p({0})"),
    "sin": (np.sin, "sin({0})"),
    "cos": (np.cos, "cos({0})"),
    "tan": (np.tan, "tan({0})"),
    "asin": (np.arcsin, "asin({0})"),
    "acos": (np.arccos, "acos({0})"),
    "atan": (np.arctan, "atan({0})"),
    "atan2": (np.arctan2, "atan2({0}, {1})"),
    "sinh": (np.sinh, "sinh({0})"),
    "cosh": (np.cosh, "cosh({0})"),
    "tanh": (np.tanh, "tanh({0})"),
    "asinh": (np.arcsinh, "asinh({0})"),
    "acosh": (np.arccosh, "acosh({0})"),
    "atanh": (np.arctanh, "atanh({0})"),
    "erf": (special.erf, "erf({0})"),
    "erfc": (special.erfc, "erfc({0})"),
    "logistic": (special.expit, "1.0 / (1.0 + exp(-{0}))"),
    "pow": (np.power, "pow({0}, {1})"),
    "square": (np.square, "{0} * {0}"),
    "eq": (np.equal, "({0} == {1}) ? 1.0 : 0.0"),
    "ne": (np.not_equal, "({0} != {1}) ? 1.0 : 0.0"),
    "lt": (np.less, "({0} < {1}) ? 1.0 : 0.0"),
    "le": (np.less_equal, "({0} <= {1}) ? 1.0 : 0.0"),
    "gt": (np.greater, "({0} > {1}) ? 1.0 : 0.0"),
    "ge": (np.greater_equal, "({0} >= {1}) ? 1.0 : 0.0"),
    "and": (np.logical_and, "({0} != 0.0 && {1} != 0.0) ? 1.0 : 0.0"),
    "or": (np.logical_or, "({0} != 0.0 || {1} != 0.0) ? 1.0 : 0.0"),
    "not": (np.logical_not, "({0} == 0.0) ? 1.0 : 0.0"),
    "is_finite": (np.isfinite, "({0} - {0} == 0.0) ? 1.0 : 0.0"),
    "select_n": (_select, "({0} != 0.0) ? {2} : {1}"),
}
# The same operation under another name of JAX, and what leaves numbers as they are.
SAME = {"add_any": "add"}
NOTHING = frozenset(
    {"convert_element_type", "copy", "copy_p", "stop_gradient", "optimization_barrier"}
)
