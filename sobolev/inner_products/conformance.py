"""Whether an inner product can be relied on: what every one of the house is held to."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.conformance import Conformance, case, hold
from sobolev._base.errors import ConfigError, SobolevError
from sobolev._base.precision import require_x64
from sobolev.inner_products.inner_product import InnerProduct

NEAR = 1e-9  # of the largest number: a stiffness matrix takes four digits


def conforms(inner: InnerProduct, seed: int = 0) -> Conformance:
    """Tries an inner product on random vectors.

    The cases: sizes and points that fit; a product that is linear, symmetric and positive; a Riesz
    map that is the inverse; roots whose lengths are the norm and the dual norm; a dual norm that is
    the largest ⟨g, v⟩/‖v‖, of the Riesz map of g; columns that are vectors side by side; the dual;
    JAX, traced, with the numbers of NumPy and transposes of the roots; points elsewhere;
    and vectors of another size, which are refused.

    **Arguments:** `inner`; `seed` of the vectors. What the inner product raises is a failed case,
    not an error. Raises `ConfigError` for what is none, `PrecisionError` in 32-bit.

    ```python
    found = conforms(MyInnerProduct(...))
    assert found.good, str(found)
    ```
    """
    require_x64("conforms")
    if not isinstance(inner, InnerProduct):
        raise ConfigError(f"conforms tries an inner product: got {inner!r}.")
    cases: list[tuple[str, Callable[[_Tried], str]]] = [
        ("sizes", _sizes),
        ("product", _product),
        ("riesz", _riesz),
        ("roots", _roots),
        ("largest", _largest),
        ("columns", _columns),
        ("dual", _dual),
        ("jax", _jax),
        ("finer", _finer),
        ("refusal", _refusal),
    ]
    tried = _Tried(inner, np.random.default_rng(seed))
    results = tuple(case(name, lambda c=check: c(tried)) for name, check in cases)
    return Conformance(type(inner).__name__, results)


class _Tried(NamedTuple):
    inner: InnerProduct
    draws: np.random.Generator

    def acting(self) -> Float[np.ndarray, " n"]:
        return self.draws.standard_normal(self.inner.size)

    def function(self) -> Float[np.ndarray, " n"]:
        """Any that the inner product has: where some values are fixed not all vectors are one."""
        return np.asarray(self.inner.riesz(self.acting()))


def _sizes(tried: _Tried) -> str:
    inner = tried.inner
    hold(isinstance(inner.size, int) and inner.size > 0, f"the size is {inner.size!r}")
    for name, x in (("points", inner.points), ("rule", inner.rule)):
        hold(x is None or (np.ndim(x) == 2 and np.isfinite(x).all()), f"{name} are {x!r}")
    if inner.points is None:
        return f"{inner.size} functions"
    values = tried.draws.standard_normal(len(inner.points))
    hold(np.shape(inner.seen(values)) == (inner.size,), "values at the points give no vector")
    return f"{inner.size} functions, {len(inner.points)} points"


def _product(tried: _Tried) -> str:
    inner, (u, v, w) = tried.inner, (tried.function() for _ in range(3))
    _near(inner.product(u, v), inner.product(v, u), "it depends on the order", inner, u, v)
    both = inner.product(u, v) + 2.5 * inner.product(u, w)
    _near(inner.product(u, v + 2.5 * w), both, "it is not linear", inner, u, v + w)
    _near(inner.product(u, v), np.dot(v, inner.gram(u)), "it is not that of G", inner, u, v)
    hold(min(inner.product(x, x) for x in (u, v, w)) > 0, "a function has no length")
    return "linear, symmetric, positive"


def _riesz(tried: _Tried) -> str:
    inner, v, g = tried.inner, tried.function(), tried.acting()
    found = inner.riesz(inner.gram(v))
    hold(_close(found, v), f"G⁻¹G v differs from v by {np.abs(found - v).max():.1e}")
    _near(inner.product(inner.riesz(g), v), np.dot(g, v), "it is no Riesz map", inner, v, v)
    return "the inverse of G, to rounding"


def _roots(tried: _Tried) -> str:
    inner, v, g = tried.inner, tried.function(), tried.acting()
    pairs = [
        ("‖v‖", inner.norm(v), inner.product(v, v) ** 0.5),
        ("|R v|", np.linalg.norm(inner.root(v)), inner.norm(v)),
        ("the dual norm", inner.dual_norm(g), np.dot(g, inner.riesz(g)) ** 0.5),
        ("|R⁻ᵀg|", np.linalg.norm(inner.dual_root(g)), inner.dual_norm(g)),
    ]
    for name, one, other in pairs:
        hold(abs(one - other) <= NEAR * other, f"{name} is {one}, and by the product {other}")
    hold(inner.root(v).ndim == inner.dual_root(g).ndim == 1, "roots are no vectors")
    return "lengths of the roots are the norms"


def _largest(tried: _Tried) -> str:
    inner, g, known = tried.inner, tried.acting(), 0.0
    largest = inner.dual_norm(g)
    for _ in range(5):
        v = tried.function()
        known = max(known, float(np.dot(g, v) / inner.norm(v)))
    hold(known <= largest * (1 + NEAR), f"a function has ⟨g, v⟩/‖v‖ = {known} > {largest}")
    best = inner.riesz(g)
    found = np.dot(g, best) / inner.norm(best)
    hold(abs(found - largest) <= NEAR * largest, f"that of the Riesz map is {found}")
    return "it is that of the Riesz map"


def _columns(tried: _Tried) -> str:
    inner = tried.inner
    g = np.stack([tried.acting(), tried.acting()], axis=1)
    v = inner.riesz(g)
    for name, x in (("riesz", g), ("gram", v), ("root", v), ("dual_root", g)):
        each = np.stack([getattr(inner, name)(x[:, k]) for k in range(2)], axis=1)
        hold(_close(getattr(inner, name)(x), each), f"{name} of columns is not that of each")
    hold(np.shape(inner.norm(v)) == (2,), f"norms of two columns have shape {inner.norm(v).shape}")
    return "vectors side by side"


def _dual(tried: _Tried) -> str:
    inner, g = tried.inner, tried.acting()
    dual = inner.dual
    hold(dual.size == inner.size, "it has another size")
    _near(dual.norm(g), inner.dual_norm(g), "its norm is another", dual, g, g)
    hold(_close(dual.riesz(dual.gram(g)), inner.gram(inner.riesz(g))), "its Riesz map is not G")
    hold(_close(dual.dual.gram(inner.riesz(g)), inner.gram(inner.riesz(g))), "its dual is another")
    return "the dual of the dual is the inner product"


def _jax(tried: _Tried) -> str:
    inner, g = tried.inner, tried.acting()
    v = inner.riesz(g)
    hold(isinstance(v, np.ndarray), "NumPy gives no array of NumPy")
    found = _traced(jax.tree.map(jnp.asarray, inner.within_jax()), jnp.asarray(v), jnp.asarray(g))
    known = {
        "gram": inner.gram(v),
        "riesz": v,
        "norm": inner.norm(v),
        "dual norm": inner.dual_norm(g),
        "the transpose of the root of the root": inner.gram(v),
        "the transpose of the dual root of the dual root": v,
    }
    for (name, other), one in zip(known.items(), found, strict=True):
        hold(_close(one, other), f"{name}, traced, is off by {np.abs(one - other).max():.1e}")
    return "as NumPy, to rounding, and transposes of the roots give G and its inverse"


@jax.jit
def _traced(inner: InnerProduct, v: Any, g: Any) -> tuple[Any, ...]:
    (r, back), (dual_r, dual_back) = jax.vjp(inner.root, v), jax.vjp(inner.dual_root, g)
    plain = inner.gram(v), inner.riesz(g), inner.norm(v), inner.dual_norm(g)
    return *plain, back(r)[0], dual_back(dual_r)[0]


def _finer(tried: _Tried) -> str:
    finer, points = tried.inner.finer(), tried.inner.points
    if finer is None or points is None or finer.points is None:
        return "it knows of no other points"
    same = (np.asarray(finer.points)[:, None] == np.asarray(points)[None]).all(axis=2).any()
    hold(not same, "a point of the finer one is one of these")
    hold(len(finer.points) >= len(points), f"{len(finer.points)} points are no more")
    return f"{len(finer.points)} other points"


def _refusal(tried: _Tried) -> str:
    try:
        tried.inner.norm(np.ones(tried.inner.size + 1))
    except SobolevError as error:
        return str(error)
    raise AssertionError("a vector with one number more is not refused")


def _near(one: Any, other: Any, sentence: str, inner: InnerProduct, u: Any, v: Any) -> None:
    """Numbers that are equal but for what rounding makes of vectors of these sizes."""
    size = inner.norm(u) * inner.norm(v)
    hold(abs(one - other) <= NEAR * max(size, abs(other)), f"{sentence}: {one} and {other}")


def _close(one: Any, other: Any) -> bool:
    size = np.abs(np.asarray(other)).max()
    return np.shape(one) == np.shape(other) and bool(
        np.abs(np.asarray(one) - np.asarray(other)).max() <= NEAR * size
    )
