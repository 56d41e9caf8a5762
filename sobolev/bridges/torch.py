"""A function in PyTorch's graph: values whose gradients, and theirs again, are the function's."""

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from sobolev._base.errors import DataError
from sobolev.bridges.watched import Watched, watched
from sobolev.function.function import Function

try:
    torch: Any = import_module("torch")  # 800 MB that nobody who develops needs
except ImportError as error:
    raise ImportError("torch_function needs PyTorch: pip install 'sobolev[torch]'.") from error


def torch_function(
    model: Function | str | os.PathLike, outside: str = "warn"
) -> Callable[[Any], Any]:
    """y(x) of tensors `[..., d]` → `[..., q]`, twice differentiable by `torch.autograd`.

    It is computed in 64-bit on the processor by the function itself, and comes back on the device
    and in the type of x, for whole numbers in PyTorch's own; vjp is asked backwards, hvp backwards
    again, so a third derivative is an error. `torch.autograd` alone: `torch.func` cannot look into
    it. Arguments as in `openturns_function`; `DataError` for what is no real point.

    ```python
    beam = torch_function(surrogate)
    x = torch.rand(8, 2, dtype=torch.float64, requires_grad=True)
    (g,) = torch.autograd.grad(beam(x).sum(), x, create_graph=True)
    ```
    """
    function = watched(model, outside)

    def asked(x):
        x = torch.as_tensor(x)
        if x.is_complex() or x.dtype == torch.bool or not x.ndim:
            raise DataError(
                f"x is {x.dtype} of shape {tuple(x.shape)}: give real points [..., inputs]."
            )
        if not x.is_floating_point():  # answers as whole numbers would be wrong
            x = x.to(torch.get_default_dtype())
        return _Value.apply(x.reshape(-1, x.shape[-1]), function).reshape(
            *x.shape[:-1], len(function.outputs)
        )

    return asked


class _Value(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, function: Watched):
        ctx.save_for_backward(x)
        ctx.function = function
        return _back(function.value(_rows(x)), x)

    @staticmethod
    def backward(ctx, w):  # type: ignore[override]
        (x,) = ctx.saved_tensors
        return _Gradient.apply(x, w, ctx.function), None


class _Gradient(torch.autograd.Function):
    """wᵀJ(x), of which the gradient along u is (wᵀH u, J u)."""

    @staticmethod
    def forward(ctx, x, w, function: Watched):
        ctx.save_for_backward(x, w)
        ctx.function = function
        return _back(function.vjp(_rows(x), _rows(w))[1], x)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, u):  # type: ignore[override]
        x, w = ctx.saved_tensors
        slopes, curved = ctx.function.hvp(_rows(x), _rows(u))
        along = np.einsum("nqd,nd->nq", slopes, _rows(u))
        return _back(np.einsum("nq,nqd->nd", _rows(w), curved), x), _back(along, w), None


def _rows(tensor) -> np.ndarray:
    return tensor.detach().cpu().double().numpy()


def _back(array: np.ndarray, like):
    return torch.as_tensor(np.array(array)).to(like)
