"""An output layer whose coefficients are solved for: the equations decide them, not a training."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.arguments import not_negative
from sobolev._base.compiled import SELDOM, compiled
from sobolev._base.errors import ConfigError
from sobolev.implicit import least_squares, linear_least_squares
from sobolev.losses.batch import At
from sobolev.losses.equations.derivatives_along import OfOnePoint, derivatives_along
from sobolev.losses.equations.drawn import Drawn
from sobolev.losses.equations.equation import Equation
from sobolev.losses.equations.fields import ByNames, Orders, derivatives_asked
from sobolev.losses.equations.points import Fixed
from sobolev.losses.solved.slabs import Slabs, checked

TRIED, LINEAR = 8, 1e-10  # draws of fields at which an equation is looked at; of its largest value


class Places(NamedTuple):
    """Where a layer looks: the points of each equation, and those on the borders of its slabs."""

    at: tuple[At, ...]
    borders: Float[Array, "B j d"]


class Seen(NamedTuple):
    """What it sees there of the basis: its derivatives `[m, N]` by orders, and the points."""

    fields: tuple[dict[Orders, Float[Array, "m N"]], ...]
    at: tuple[At, ...]
    across: Float[Array, "B j k N"]  # k-th derivatives along the slabs' input


class LeastSquaresLayer(eqx.Module):
    """u = Σ_i c_i φ_i(x; p) with c*(p) = argmin_c ½ Σ_e mean r_e² + ½ λ |c|², for each p.

    A network gives N basis functions φ of all inputs; for each value of the parameters p, which are
    some of the inputs, the coefficients are those with which u meets its equations, initial and
    boundary conditions best at points of all other inputs. So u(·; p) is solved for at any p, also
    one that was never trained on, and what is trained is the basis (`SolvedEquations`). Linear
    equations are solved in closed form, others by Newton's method; derivatives of c are those of
    the minimum (`sobolev.implicit`). Where none is found c is NaN, and so is what is made of it.

    With `slabs` each of K slabs has coefficients of its own, and all are solved for together: a
    condition belongs to the slab where its points lie, and neighbours agree at their border in the
    value and as many derivatives across as the equations have less one. (Published code solves slab
    by slab and gives the conditions of all walls to each, so that one far from a wall meets them
    where it is not asked; nothing holds its slabs together.)

    **Arguments:** `equations`: one or several `Equation`, by names, with points that stay or are
    drawn of all inputs, whose parameters are replaced; `scale` of each says what counts as 1, and
    so how much it counts; `parameters`: names of inputs; `slabs`; `ridge` λ ≥ 0. Raises
    `ConfigError`. Source: Chalapathi, Du & Krishnapriyan, Scaling physics-informed hard constraints
    with mixture-of-experts, ICLR 2024, arXiv 2402.13412; Dong & Li, Comput. Methods Appl. Mech.
    Engrg. 387 (2021) 114129 (one solve for all subdomains).

    ```python
    layer = LeastSquaresLayer((heat, start, walls), "a", Slabs("x", (0.0, 0.5, 1.0)))
    fitted = fit(Surrogate.on(box, basis), SolvedEquations(layer, Uniform(of_a, 8)))
    u = equations.Solution(fitted.surrogate, layer)
    ```
    """

    equations: tuple[Equation, ...]
    parameters: tuple[str, ...] = eqx.field(static=True)
    slabs: Slabs | None = eqx.field(static=True)
    linear: bool = eqx.field(static=True)
    ridge: Float[Array, ""]

    def __init__(
        self,
        equations: Equation | Sequence[Equation],
        parameters: str | Sequence[str] = (),
        slabs: Slabs | None = None,
        ridge: float = 1e-8,
    ):
        given = (equations,) if isinstance(equations, Equation) else tuple(equations)
        self.equations = _by_names(given)
        self.parameters = (parameters,) if isinstance(parameters, str) else tuple(parameters)
        unknown = [name for name in self.parameters if name not in self.inputs]
        if unknown or len(self.parameters) >= len(self.inputs):
            raise ConfigError(
                f"parameters are some of the inputs {', '.join(self.inputs)}, not all: got "
                f"{', '.join(self.parameters)}."
            )
        self.slabs = checked(slabs, self.inputs, self.parameters)
        self.ridge = jnp.asarray(not_negative("the ridge", ridge))
        self.linear = all(_is_linear(each.function) for each in given)  # type: ignore[arg-type]

    @property
    def names(self) -> tuple[str, ...]:
        """Of its terms: those of the equations, and the jumps between slabs."""
        own = tuple(name for each in self.equations for name in each.names)
        return own if self._borders == () else (*own, f"jumps along {self.slabs.input}")  # type: ignore

    @property
    def inputs(self) -> tuple[str, ...]:
        """Those of the equations."""
        return self._function(0).inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """The fields that are solved for."""
        return self._function(0).outputs

    @property
    def order(self) -> int:
        """The highest derivative in its equations."""
        return max(each.order for each in self.equations)

    @property
    def columns(self) -> np.ndarray:
        """Which inputs are parameters."""
        return np.array([self.inputs.index(name) for name in self.parameters], int)

    @property
    def term_of(self) -> np.ndarray:
        """To which term each residual belongs, in the order of `residuals`."""
        found, first = [], 0
        for each in self.equations:
            o = len(each.names)
            found.append(np.tile(first + np.arange(o), each.rows))
            first += o
        if self._borders:
            assert self.slabs is not None
            jumps = len(self._borders) * self.slabs.joints * self._smooth * len(self.outputs)
            found.append(np.full(jumps, first))
        return np.concatenate(found)

    def draw(self, key: PRNGKeyArray) -> Places:
        """Points, by the key where they are drawn; the borders have some of the first ones."""
        return _drawn(self, key)

    def places(self, key: PRNGKeyArray) -> Places:
        """The same, to be compiled with what is around it."""
        keys = jax.random.split(key, len(self.equations))
        at = tuple(each.draw(k) for each, k in zip(self.equations, keys, strict=True))
        if not self._borders:
            return Places(at, jnp.zeros((0, 1, len(self.inputs)), at[0].x.dtype))
        assert self.slabs is not None
        rows = at[0].x[np.arange(self.slabs.joints) % len(at[0].x)]
        place = self.inputs.index(self.slabs.input)
        ends = jnp.asarray(self._borders, rows.dtype)
        return Places(at, jax.vmap(lambda end: rows.at[:, place].set(end))(ends))

    def seen(self, basis: OfOnePoint, p: Float[Array, " p"], places: Places) -> Seen:
        """Derivatives of the basis at these points with parameters p."""
        at = tuple(each._replace(x=self._with(each.x, p)) for each in places.at)
        fields = tuple(
            jax.vmap(
                lambda x, asked=self._function(i).asked: dict(derivatives_asked(basis, x, asked))
            )(each.x)
            for i, each in enumerate(at)
        )
        if not self._borders:
            return Seen(fields, at, jnp.zeros((0, 1, 1, 1), at[0].x.dtype))
        assert self.slabs is not None
        axis = jnp.eye(len(self.inputs))[self.inputs.index(self.slabs.input)]

        def of_one(x: Float[Array, " d"]) -> Float[Array, "k N"]:
            return derivatives_along(basis, x, axis, self._smooth - 1)

        return Seen(fields, at, jax.vmap(jax.vmap(of_one))(self._with(places.borders, p)))

    def residuals(self, c: Float[Array, "K q N"], seen: Seen) -> Float[Array, " E"]:
        """All residuals, those of an equation divided by the root of how many points it has."""
        parts = []
        for each, fields, at in zip(self.equations, seen.fields, seen.at, strict=True):
            own = c[self._slab(at.x)]  # [m, q, N]
            known = {o: jnp.einsum("mqn,mn->mq", own, φ) for o, φ in fields.items()}
            function: Any = each.function

            def of_one(x, u, function=function):
                return jnp.atleast_1d(function.of(u.__getitem__, x))

            off: Any = jax.vmap(of_one)(at.x, known) / each.scale[None] - at.known
            off = jnp.where(jnp.isnan(at.known), 0.0, off)
            parts.append(off.reshape(-1) / np.sqrt(len(off)))
        if self._borders:
            assert self.slabs is not None
            jump = jnp.einsum("bqn,bjkn->bjkq", c[1:] - c[:-1], seen.across)
            unit = self.slabs.lengths()[:, None] ** np.arange(self._smooth) / self.slabs.scale
            parts.append((jump * unit[:, None, :, None]).reshape(-1) / np.sqrt(self.slabs.joints))
        return jnp.concatenate(parts)

    def coefficients(
        self, basis: OfOnePoint, p: Float[Array, " p"], places: Places
    ) -> Float[Array, "K q N"]:
        """c*(p), with its derivatives in p and in the basis; NaN where none is found."""
        seen = self.seen(basis, p, places)
        N = next(iter(seen.fields[0].values())).shape[-1]
        shape = self._count, len(self.outputs), N
        arrays, still = eqx.partition((self.equations, seen), eqx.is_inexact_array)

        def F(w: Float[Array, " W"], θ: Any) -> Float[Array, " E"]:
            equations, seen = eqx.combine(θ[0], still)
            layer = eqx.tree_at(lambda s: s.equations, self, equations)
            return jnp.concatenate([layer.residuals(w.reshape(shape), seen), θ[1] * w])

        # The root is taken here: its slope at λ = 0 is no number.
        θ, size = (arrays, jnp.sqrt(jax.lax.stop_gradient(self.ridge))), int(np.prod(shape))
        if self.linear:
            return linear_least_squares(F, size, θ).reshape(shape)
        return least_squares(F, jnp.zeros(size, seen.at[0].x.dtype), θ).reshape(shape)

    def at(
        self, c: Float[Array, "K q N"], basis: OfOnePoint, x: Float[Array, " d"]
    ) -> Float[Array, " q"]:
        """u at one point."""
        return c[self._slab(x)] @ basis(x)

    def check(self, inputs: tuple[str, ...]) -> None:
        """Refuse other inputs."""
        for each in self.equations:
            each.check(inputs)

    @property
    def _borders(self) -> tuple[float, ...]:
        return () if self.slabs is None else self.slabs.borders

    @property
    def _count(self) -> int:
        return 1 if self.slabs is None else self.slabs.number

    @property
    def _smooth(self) -> int:
        """How many derivatives agree at a border, with the value: as many as there are across."""
        assert self.slabs is not None
        place = self.inputs.index(self.slabs.input)
        asked = (o for i in range(len(self.equations)) for o in self._function(i).asked)
        return max(1, *(orders[place] for orders in asked))

    def _slab(self, x: Float[Array, "... d"]) -> Array:
        if self.slabs is None:
            return jnp.zeros(x.shape[:-1], int)
        return self.slabs.of(x[..., self.inputs.index(self.slabs.input)])

    def _with(self, x: Float[Array, "... d"], p: Float[Array, " p"]) -> Float[Array, "... d"]:
        return x.at[..., self.columns].set(p)

    def _function(self, i: int) -> ByNames:
        function: Any = self.equations[i].function
        return function


@compiled(SELDOM)
def _drawn(layer: LeastSquaresLayer, key: PRNGKeyArray) -> Places:
    return layer.places(key)


def _by_names(equations: tuple[Equation, ...]) -> tuple[Equation, ...]:
    """Refuse what the layer cannot look through."""
    if not equations or not all(isinstance(each, Equation) for each in equations):
        raise ConfigError(f"a layer solves one or several Equation: got {equations!r}.")
    for each in equations:
        name = ", ".join(each.names)
        if not isinstance(each.function, ByNames):
            raise ConfigError(
                f"'{name}' is a function of (u, x): a layer puts many u into it, so write it by "
                'names, by_names(box, "u")(lambda u: ...).'
            )
        if not isinstance(each.points, Drawn | Fixed):
            raise ConfigError(
                f"the points of '{name}' look at a residual, and a layer has one for each u: take "
                "Uniform, Sobol, LatinHypercube or an array."
            )
    seen = {(each.function.inputs, each.function.outputs) for each in equations}  # type: ignore
    if len(seen) > 1:
        raise ConfigError(f"equations of a layer have the same inputs and outputs: got {seen}.")
    return equations


def _is_linear(function: ByNames) -> bool:
    """Whether it is linear in the fields and their derivatives, but for a part without them.

    It is tried with numbers in their place. Were it wrong, the closed form would not be a minimum,
    which is looked at in each solve.
    """
    rng = np.random.default_rng(0)

    def tried(scale: float, values: np.ndarray, x: np.ndarray) -> np.ndarray:
        known = dict(zip(function.asked, scale * values, strict=True))
        q = len(function.outputs)
        return np.asarray(function.of(lambda o: known.get(o, np.zeros(q)), jnp.asarray(x)))

    for _ in range(TRIED):
        values = rng.normal(size=(len(function.asked), len(function.outputs)))
        x = rng.random(len(function.inputs))
        none, once, other = (tried(s, values, x) for s in (0.0, 1.0, -3.0))
        off = np.abs((other - none) + 3 * (once - none)).max()
        if not off <= LINEAR * np.abs(other).max(initial=1.0):
            return False
    return True
