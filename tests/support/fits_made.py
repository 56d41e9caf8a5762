"""Fits of closed-form functions, without a training: what a page of a fit is drawn from."""

from types import SimpleNamespace

import numpy as np

from sobolev import Box, Dataset
from sobolev.function import Function

EVIL = "<script>alert('$x^2$')</script>\"&amp; <b>"


class Almost(Function):
    """sin(2 W x) and its derivatives, W rows of falling size, with an error of its own."""

    def __init__(self, data, error, scale):
        self.inputs, self.outputs = data.inputs, data.outputs
        self.input_units, self.output_units = data.input_units, data.output_units
        low, high = data.x.min(axis=0), data.x.max(axis=0)
        self.box = Box(data.inputs, tuple(low), tuple(np.where(high > low, high, low + 1)))
        self.error, self.scale = error, scale

    def compute(self, rows, order):
        q, d = len(self.outputs), len(self.inputs)
        return tuple(part * self.scale for part in truth(rows, q, d, 1 + self.error)[: order + 1])


def truth(x, q, d, stretch=1.0):
    """Value [n, q], Jacobian [n, q, d], Hessian [n, q, d, d]."""
    w = stretch * 2 / (1 + np.arange(q)[:, None] + np.arange(d))
    z = x @ w.T
    return (
        np.sin(z),
        np.cos(z)[..., None] * w,
        -np.sin(z)[..., None, None] * w[:, :, None] * w[:, None, :],
    )


def dataset(n=30, d=2, q=1, kinds=("y", "jacobian"), scale=1.0, seed=0, gaps=0.0, **changes):
    """Rows of the truth with these kinds of labels."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (n, d))
    y, jacobian, hessian = (scale * part for part in truth(x, q, d))
    v, w = rng.normal(size=(n, 2, d)), rng.normal(size=(n, 1, q))
    every = {
        "y": y, "jacobian": jacobian, "hessian": hessian,
        "jvp": np.einsum("nqd,nkd->nqk", jacobian, v),
        "vjp": np.einsum("nlq,nqd->nld", w, jacobian),
    }  # fmt: skip
    labels = {kind: every[kind] for kind in kinds}
    for label in labels.values():
        label[rng.random(label.shape) < gaps] = np.nan
    if "jvp" in kinds:
        labels["directions"] = v
    if "vjp" in kinds:
        labels["cotangents"] = w
    names = {
        "inputs": tuple(f"x{j}" for j in range(d)),
        "outputs": tuple(f"u{k}" for k in range(q)),
    }
    return Dataset(x, **(labels | names | changes))


def fit_of(data, error=0.01, scale=1.0, epochs=60, terms=None, notes=(), valid=True):
    """What `fit` gives back, as far as a page asks."""
    terms = terms or tuple(f"term {k}" for k in range(len(data.outputs) * (1 + data.dimension)))
    epoch = np.arange(0, epochs + 1, 5)
    loss = np.exp(-epoch[:, None] / 20) * (1 + np.arange(len(terms)))
    history = SimpleNamespace(
        epoch=epoch, loss=loss, fresh_loss=np.nan * loss,
        weight=0 * loss + 1 / (1 + np.arange(len(terms))), terms=terms,
        valid_error=np.exp(-epoch / 30) if valid else np.full(len(epoch), np.nan),
        cpu_seconds=epoch / 100.0,
    )  # fmt: skip
    return SimpleNamespace(
        surrogate=Almost(data, error, scale), history=history, result="finished", notes=notes,
        optimiser="SSBroyden: the data are few", best_epoch=epochs, good=True,
        evidence=None, fresh_residual=np.nan,
    )  # fmt: skip
