"""An inner product: a Gram matrix, however it is stored, its roots and its dual."""

import abc
from typing import Any, TypeVar

import equinox as eqx
import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError, DataError

Self = TypeVar("Self", bound="InnerProduct")


class InnerProduct(eqx.Module):
    """(u, v) = uᵀG v of coefficients of functions, G symmetric and positive: abstract, or final.

    A function v = Σ v_i ψ_i has coefficients `[n]`, mostly its values at `points`. What acts on
    functions, a gradient of a loss or a residual, has g_i = ⟨g, ψ_i⟩. They are two kinds of vector,
    and the inner product is the way between them: the Riesz map G⁻¹ makes of a gradient the
    function that stands for it, which is the steepest direction in this norm, and

        ‖v‖ = √(vᵀG v),    ‖g‖ = √(gᵀG⁻¹g) = max ⟨g, v⟩/‖v‖  the dual norm.

    With roots G = RᵀR these are the lengths of vectors, |R v| and |R⁻ᵀg|: so least squares can be
    told of them. Vectors are `[n]` or columns `[n, k]`, of NumPy, or of JAX and traced.

    A member says its `size`, its roots (`_root`, `_dual_root`) and its matrix and the inverse
    (`_gram`, `_riesz`) as functions of a vector, and where functions are looked at if it knows. It
    is a pytree: other numbers do not compile anew.

    ```python
    energy = fem.inner_product(mesh, stiffness=1.0, fixed=("boundary",))
    step = -energy.riesz(gradient)          # as smooth as the state itself
    ```
    """

    @property
    @abc.abstractmethod
    def size(self) -> int:
        """n."""

    @property
    def points(self) -> Float[Any, "p d"] | None:
        """Where a function is looked at to be measured, in physical units; None: nobody says."""
        return None

    @property
    def dual(self) -> "InnerProduct":
        """(g, h) = gᵀG⁻¹h, of what acts on functions."""
        return Dual(self)

    @property
    def rule(self) -> Float[Any, "q d"] | None:
        """Where a function r is looked at to act on others by ∫ r v; by default at the points."""
        return self.points

    def acting(self, values: Float[Any, "q *k"]) -> Float[Any, "n *k"]:
        """g_i = ∫ r ψ_i of a function by its values at the points of the rule."""
        del values
        raise ConfigError(
            f"{type(self).__name__} is a matrix and knows of no integrals: measure ∫ r ψ_i, not r."
        )

    def seen(self, values: Float[Any, "p *k"]) -> Float[Any, "n *k"]:
        """The coefficients of what has these values at the points."""
        return values

    def finer(self) -> "InnerProduct | None":
        """The same norm with more points, none of them one of these; None: nobody knows."""
        return None

    def finer_rule(self) -> "InnerProduct | None":
        """The same norm with more points of the rule, none of them one of these."""
        return self.finer()

    def within_jax(self) -> "InnerProduct":
        """The same for vectors that are traced; `ConfigError` where it is too large for that."""
        return self

    def gram(self, v: Float[Any, "n *k"]) -> Float[Any, "n *k"]:
        """G v. Raises `DataError` for another number of coefficients, as all that follow do."""
        return self._gram(self._of_size(v))

    def riesz(self, g: Float[Any, "n *k"]) -> Float[Any, "n *k"]:
        """G⁻¹g: the function v with (v, w) = ⟨g, w⟩ for all w."""
        return self._riesz(self._of_size(g))

    def root(self, v: Float[Any, "n *k"]) -> Float[Any, "m *k"]:
        """R v, with |R v| = ‖v‖."""
        return self._root(self._of_size(v))

    def dual_root(self, g: Float[Any, "n *k"]) -> Float[Any, "m *k"]:
        """R⁻ᵀg, with |R⁻ᵀg| the dual norm."""
        return self._dual_root(self._of_size(g))

    def product(self, u: Float[Any, "n *k"], v: Float[Any, "n *k"]) -> Float[Any, "*k"]:
        """(u, v), of each pair of columns."""
        return (self._of_size(u) * self.gram(v)).sum(0)

    def norm(self, v: Float[Any, "n *k"]) -> Float[Any, "*k"]:
        """‖v‖."""
        return (self.root(v) ** 2).sum(0) ** 0.5

    def dual_norm(self, g: Float[Any, "n *k"]) -> Float[Any, "*k"]:
        """The largest ⟨g, v⟩ of all functions of norm 1."""
        return (self.dual_root(g) ** 2).sum(0) ** 0.5

    @abc.abstractmethod
    def _gram(self, v: Float[Any, "n *k"]) -> Float[Any, "n *k"]: ...

    @abc.abstractmethod
    def _riesz(self, g: Float[Any, "n *k"]) -> Float[Any, "n *k"]: ...

    @abc.abstractmethod
    def _root(self, v: Float[Any, "n *k"]) -> Float[Any, "m *k"]: ...

    @abc.abstractmethod
    def _dual_root(self, g: Float[Any, "n *k"]) -> Float[Any, "m *k"]: ...

    def _of_size(self, v: Any) -> Any:
        if np.shape(v)[:1] != (self.size,):
            raise DataError(
                f"this inner product is of {self.size} numbers a function: got an array of shape "
                f"{np.shape(v)}."
            )
        return v if isinstance(v, np.ndarray) or not isinstance(v, list | tuple) else np.asarray(v)


class Dual(InnerProduct):
    """(g, h) = gᵀG⁻¹h: the inner product `of`, for what acts on its functions.

    It sees a function r as what acts by ∫ r v, with r looked at where the `rule` of the inner
    product says: the norm of r is then a negative one, the largest ∫ r v of all v of norm 1.

    ```python
    negative = inner_products.Sines(box, 127).dual      # H⁻¹
    Mapped(Equation("u″ = f", bent, points=negative.points), negative)
    ```
    """

    of: InnerProduct

    @property
    def size(self) -> int:
        """As many as it has functions."""
        return self.of.size

    @property
    def points(self) -> Float[Any, "q d"] | None:
        """Those of the rule."""
        return self.of.rule

    @property
    def dual(self) -> InnerProduct:
        """The inner product itself."""
        return self.of

    def seen(self, values: Float[Any, "q *k"]) -> Float[Any, "n *k"]:
        """∫ r ψ_i."""
        return self.of.acting(values)

    def finer(self) -> InnerProduct | None:
        """The dual of the one with a finer rule."""
        found = self.of.finer_rule()
        return None if found is None else found.dual

    def within_jax(self) -> InnerProduct:
        """The dual of that."""
        return Dual(self.of.within_jax())

    def _gram(self, v: Float[Any, "n *k"]) -> Float[Any, "n *k"]:
        return self.of.riesz(v)

    def _riesz(self, g: Float[Any, "n *k"]) -> Float[Any, "n *k"]:
        return self.of.gram(g)

    def _root(self, v: Float[Any, "n *k"]) -> Float[Any, "m *k"]:
        return self.of.dual_root(v)

    def _dual_root(self, g: Float[Any, "n *k"]) -> Float[Any, "m *k"]:
        return self.of.root(g)
