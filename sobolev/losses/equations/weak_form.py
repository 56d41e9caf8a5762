"""The block of an equation that holds against test functions, measured in the dual norm."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.arguments import positive, whole
from sobolev._base.errors import ConfigError
from sobolev.box import Box
from sobolev.inner_products.dense import Dense
from sobolev.losses.batch import At
from sobolev.losses.block import Block
from sobolev.losses.equations.fields import ByNames, Orders, derivatives_asked
from sobolev.losses.equations.vanishing_polynomials import (
    coefficients,
    gauss,
    gram,
    moved,
    tables,
)
from sobolev.losses.view import View


class Rule(NamedTuple):
    """What is known at the nodes: weights, and along each input the test polynomials there."""

    weights: Float[Array, " n"]
    along: tuple[Float[Array, "n k t"], ...]


class Grid(NamedTuple):
    """A box, a rule on [0, 1] for every side of it, and the test polynomials there."""

    lower: Float[Any, " d"]
    lengths: Float[Any, " d"]
    places: Float[Any, " m"]
    weights: Float[Any, " m"]
    polynomials: Float[Any, "k t c"]

    @classmethod
    def of(cls, box: Box, tests: int, nodes: int, order: int) -> "Grid":
        """Gauss' rule, in NumPy: nothing is compiled to set it up."""
        lower = np.asarray(box.lower)
        return cls(lower, np.asarray(box.upper) - lower, *gauss(nodes), coefficients(tests, order))

    def moved(self, key: PRNGKeyArray) -> At:
        """All nodes of the box, moved along each input."""
        keys = jax.random.split(key, len(self.lower))
        return self.rule([moved(self.places, self.weights, own) for own in keys])

    def rule(self, sides: Sequence[tuple[Any, Any]] | None = None) -> At:
        """All nodes of the box of one rule for each side, of the plain one by default."""
        d, m = len(self.lower), len(self.places)
        sides = [(self.places, self.weights)] * d if sides is None else sides
        xp = sides[0][0].__array_namespace__()
        place = np.stack(np.meshgrid(*[np.arange(m)] * d, indexing="ij"), -1).reshape(-1, d)
        s = xp.stack([own[place[:, i]] for i, (own, _) in enumerate(sides)], axis=1)
        ω = xp.stack([own[place[:, i]] for i, (_, own) in enumerate(sides)], axis=1)
        along = tuple(
            tables(self.polynomials, own, self.lengths[i])[place[:, i]]
            for i, (own, _) in enumerate(sides)
        )
        known = Rule(xp.prod(ω * self.lengths[None], axis=1), along)
        return At(self.lower[None] + self.lengths[None] * s, known, xp.ones(len(s)))


class WeakForm(Block):
    """L = ½ Σ_k r_k², r_k = ∫ N[u, v_k] dx / scale: an equation against test functions v_k.

    The v_k are polynomials that vanish on the sides of a box with as many derivatives as N needs,
    orthonormal in ∫ ∂^s v · ∂^s w, s the highest derivative of v in N. So √(2L) is the dual norm of
    the residual, the largest ∫ N[u, v] of all v with norm 1: for an elliptic equation of order 2s
    that is the error of u in H^s, whatever the stiffness; a strong residual has s more derivatives
    and looks at what is sharp. u needs half as many derivatives as in the equation, and corners
    where its strong residual has no bound do no harm, as tests vanish there. Meant for steady
    equations whose conditions are hard.

    Integrals are Gauss rules of `nodes`ᵈ points, which a smooth map of the box onto itself moves
    after `every` steps, as a network meets what lies between nodes that stay as it likes. Fresh
    ones, on which `fit` judges, have half as many tests more, on nodes of their own. The residuals
    belong to all rows together, but are linear in what stands at each node: so least-squares
    methods linearise it node by node, and `SSBroyden(hold=100)` takes it, too.

    **Arguments:** `name`; `function` of `by_names` whose last output is v, in which it is linear;
    `box` with all inputs; `tests` for each input; `nodes` for each input, default 2·tests + 8;
    `every` how many steps nodes are moved, 0 for never; `scale` > 0, what counts as 1. Raises
    `ConfigError`. Source: Rojas, Maczuga, Muñoz-Matute, Pardo & Paszyński, Robust variational
    physics-informed neural networks, Comput. Methods Appl. Mech. Engrg. 425 (2024), arXiv
    2308.16910; J. Shen, SIAM J. Sci. Comput. 15 (1994) 1489 (the tests).

    ```python
    @by_names(box, ("u", "v"))
    def bar(u, v, x):
        return u.x * v.x - x * v       # −u″ = x

    fit(surrogate, WeakForm("bar", bar, box, tests=12))
    ```
    """

    function: ByNames = eqx.field(static=True)
    fields: tuple[Orders, ...] = eqx.field(static=True)
    of_test: tuple[Orders, ...] = eqx.field(static=True)
    tests: int = eqx.field(static=True)
    nodes: int = eqx.field(static=True)
    drawn: int = eqx.field(static=True)
    grid: Grid
    rule: At
    finer: At
    norms: tuple[Dense, Dense]
    scale: Float[Array, ""]

    rowwise = False

    def __init__(
        self,
        name: str,
        function: ByNames,
        box: Box,
        tests: int = 16,
        nodes: int | None = None,
        every: int = 0,
        scale: float = 1.0,
    ):
        if not isinstance(function, ByNames) or len(function.outputs) < 2:
            raise ConfigError(
                f"'{name}' needs a function by names, the test function last: "
                f'by_names(box, ("u", "v"))(lambda u, v: ...): got {function!r}.'
            )
        if function.inputs != box.names:
            raise ConfigError(
                f"'{name}' is written in {', '.join(function.inputs)}: its box has "
                f"{', '.join(box.names)}."
            )
        self.names, self.function = (name,), function
        self.fields, self.of_test = _asked(function)
        self.order = max(map(sum, self.fields), default=0)
        self._check_linear(box)
        highest = max(map(sum, self.of_test))
        self.tests = whole("the number of tests", tests, 1)
        nodes = 2 * self.tests + 8 if nodes is None else nodes
        self.nodes = whole("the number of nodes", nodes, self.tests + 2 * highest)
        self.drawn = whole("every", every)
        self.scale = jnp.asarray(positive("the scale", scale, f" of '{name}'"))
        lengths = tuple(np.subtract(box.upper, box.lower))
        more = self.tests + (self.tests + 1) // 2
        grid = Grid.of(box, self.tests, self.nodes, highest)
        # An odd number where the other is even: they have not even the centre in common.
        finer = Grid.of(box, more, self.nodes + 9, highest)
        parts = grid, grid.rule(), finer.rule()
        self.grid, self.rule, self.finer = jax.tree.map(jnp.asarray, parts)
        norms = [Dense(gram(count, highest, lengths)) for count in (self.tests, more)]
        self.norms = jax.tree.map(jnp.asarray, (norms[0], norms[1]))

    @property
    def every(self) -> int:
        """After how many steps the nodes are moved."""
        return self.drawn

    @property
    def rows(self) -> int:
        """As many as nodes."""
        return self.nodes ** len(self.function.inputs)

    @property
    def count(self) -> int:
        """One for each test function."""
        return self.norms[0].size

    @property
    def remedy(self) -> str:
        """More of all: with as many tests as parameters nothing is left between them."""
        moved = "" if self.every else ", or every=100"
        return f"Give it more tests and nodes, or a smaller network{moved}."

    def draw(self, key: PRNGKeyArray | None = None, view: View | None = None) -> At:
        """The nodes; moved by the key where they are drawn anew."""
        del view
        return self.grid.moved(key) if self.every and key is not None else self.rule

    def elsewhere(self, key: PRNGKeyArray, view: View | None = None) -> At:
        """More tests, on other nodes."""
        del key, view
        return self.finer

    def check(self, inputs: tuple[str, ...]) -> None:
        """Refuse other inputs."""
        if self.function.inputs != inputs:
            raise ConfigError(
                f"'{self.names[0]}' is written in the inputs {', '.join(self.function.inputs)}: "
                f"the surrogate has {', '.join(inputs)}, in this order."
            )

    @property
    def mapped(self) -> bool:
        """Integrals are linear in what stands at each node."""
        return True

    def raw_residuals(self, view: View, batch: At) -> Float[Array, "c n"]:
        """At each node what stands with each derivative of v in N."""

        def of_one(x: Float[Array, " d"]) -> Float[Array, " c"]:
            found = derivatives_asked(view.physical, x, self.fields)
            # N is linear in v: its slope is all of it.
            return jax.grad(lambda v: self._value(found, v, x))(jnp.zeros(len(self.of_test)))

        return jax.vmap(of_one)(batch.x).T

    def targets(self, batch: At) -> Float[Array, "c n"]:
        """Zeros."""
        return jnp.zeros((len(self.of_test), len(batch.weight)), batch.x.dtype)

    def present(self, batch: At) -> Any:
        """All are known."""
        return jnp.ones((len(self.of_test), len(batch.weight)), bool)

    def vectors(self, raw: Float[Array, "c n"], batch: At) -> Float[Array, "1 K"]:
        """r = R⁻¹ ∫ N[u, v] dx with the Gram matrix RRᵀ of the plain products of polynomials."""
        rule: Rule = batch.known
        parts = raw.T * rule.weights[:, None]
        whole = jnp.asarray(0.0)
        for c, orders in enumerate(self.of_test):
            *first, last = [b[:, k] for b, k in zip(rule.along, orders, strict=True)]
            left = parts[:, c : c + 1]
            for b in first:
                left = (left[:, :, None] * b[:, None, :]).reshape(len(b), -1)
            whole = whole + (left.T @ last).reshape(-1)
        norm = self.norms[rule.along[0].shape[2] != self.tests]
        return norm.dual_root(whole)[None] / self.scale

    def _value(self, found: Any, v: Float[Array, " c"], x: Float[Array, " d"]) -> Array:
        """N with these derivatives of the fields and of v."""
        of_v, fields = dict(zip(self.of_test, v, strict=True)), len(self.function.outputs) - 1
        value = self.function.of(lambda o: (*found.get(o, [None] * fields), of_v.get(o)), x)
        return value.reshape(())

    def _check_linear(self, box: Box) -> None:
        """Refuse what is not linear in v: a source that is not multiplied by it, mostly."""
        if not self.of_test:
            raise ConfigError(
                f"'{self.names[0]}' never asks for its test function {self.function.outputs[-1]}."
            )
        fields = len(self.function.outputs) - 1
        found = {o: jnp.asarray(0.3 + 0.1 * np.arange(fields)) for o in self.fields}
        x = jnp.asarray(np.add(box.lower, box.upper)) / 2
        some = jnp.asarray(1.0 + 0.5 * np.arange(len(self.of_test)))
        none, once, twice = (float(self._value(found, k * some, x)) for k in (0.0, 1.0, 2.0))
        if abs(none) > 1e-9 * abs(once) or abs(twice - 2 * once) > 1e-9 * abs(once):
            raise ConfigError(
                f"'{self.names[0]}' must be linear in its test function "
                f"{self.function.outputs[-1]}: multiply every term by it or one derivative of it."
            )


def _asked(function: ByNames) -> tuple[tuple[Orders, ...], tuple[Orders, ...]]:
    """Which derivatives of fields and of the test function N is made of."""
    asked: tuple[dict[Orders, None], dict[Orders, None]] = ({}, {})

    class Recorded:
        def __init__(self, orders: Orders):
            self.orders = orders

        def __getitem__(self, output: int) -> Array:
            asked[output == len(function.outputs) - 1][self.orders] = None
            return jnp.ones(())

    jax.eval_shape(lambda x: function.of(Recorded, x), jnp.ones(len(function.inputs)))
    return tuple(asked[0]), tuple(asked[1])
