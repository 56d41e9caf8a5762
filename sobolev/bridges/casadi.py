"""A callback of CasADi with Jacobian and Hessian, for Ipopt and for functions that no formula is.

A network of ours is better written down as an expression; a callback is for everything else.
"""

import os

import numpy as np

from sobolev.bridges.watched import Watched, watched
from sobolev.function.function import Function

try:
    import casadi as ca
except ImportError as error:
    raise ImportError("casadi_function needs CasADi: pip install 'sobolev[casadi]'.") from error


def casadi_function(
    model: Function | str | os.PathLike, name: str = "f", outside: str = "warn"
) -> "ca.Callback":
    """y(x) `[d]` → `[q]` as a CasADi function with the exact Jacobian and Hessian.

    Keep a reference to it as long as it is used. Arguments as in `openturns_function`; names and
    units have no place there.

    ```python
    f = casadi_function(surrogate)
    x = ca.MX.sym("x", 2)
    ca.nlpsol("s", "ipopt", {"x": x, "f": f(x)[0], "g": f(x)[1]})
    ```
    """
    return _Callback(name, watched(model, outside), 0)


class _Callback(ca.Callback):
    """Order 0: y(x). Order 1: J(x, y). Order 2: ∂vec(J)/∂x of (x, y, J), with an empty ∂/∂y.

    CasADi passes to a derivative what the function itself had given; it is not looked at.
    """

    def __init__(self, name: str, function: Watched, order: int):
        super().__init__()
        self.function, self.known, self.inner = function, order, None
        self.construct(name, {})

    @property
    def sizes(self) -> tuple[int, int]:
        return len(self.function.inputs), len(self.function.outputs)

    def get_n_in(self):
        return 1 + self.known

    def get_n_out(self):
        return max(1, self.known)

    def get_sparsity_in(self, i):
        d, q = self.sizes
        return ca.Sparsity.dense(d, 1) if i == 0 else ca.Sparsity(q, 1 if i == 1 else d)

    def get_sparsity_out(self, i):
        d, q = self.sizes
        if self.known < 2:
            return ca.Sparsity.dense(q, d if self.known else 1)
        return ca.Sparsity(q * d, q) if i else ca.Sparsity.dense(q * d, d)

    def eval(self, arg):
        x = np.array(arg[0], float).ravel()
        d, q = self.sizes
        if self.known < 2:
            found = self.function.derivatives(x, self.known)[self.known]
            return [ca.DM(found if self.known else found[:, None])]
        # CasADi lays matrices out column by column: row j q + i of ∂vec(J)/∂x is that of J_ij.
        second = self.function.hessian(x).transpose(1, 0, 2).reshape(q * d, d)
        return [ca.DM(second), ca.DM(q * d, q)]

    def has_jacobian(self):
        return self.known < min(2, self.function.order)

    def get_jacobian(self, name, inames, onames, opts):
        self.inner = _Callback(name, self.function, self.known + 1)  # CasADi keeps none
        return self.inner
