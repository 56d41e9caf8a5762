"""The whole solve as one JAX function, for users who compose: any order of differentiation.

Newton is a compiled loop; only the sparse linear solve leaves JAX, through a callback that is NumPy
alone (JAX inside a callback deadlocks, jax issue 24255). The derivative rule is the implicit
function theorem as a linear solve that JAX can differentiate again. Same numbers as `solve`, which
is faster: it factors the tangent once for all derivatives.
"""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import whole
from sobolev._base.errors import Diverged
from sobolev.fem._arrays import AnyArray
from sobolev.fem.demands import all_broken
from sobolev.fem.kernel.assembly import insert, linearise, no_states, residual
from sobolev.fem.model import Model
from sobolev.fem.solvers.solver import Prepared, Singular, check_condition
from sobolev.fem.statement import answers, case_at
from sobolev.fem.steps.newton import Newton
from sobolev.fem.values import fill


def as_function(
    model: Model, load_steps: int = 1
) -> Callable[[Float[AnyArray, " d"]], Float[AnyArray, " q"]]:
    """The responses y(p) of a model as a JAX function: for `jit`, `grad`, `hessian`, `vmap`.

    The load goes on in `load_steps` equal steps, as a compiled loop cannot choose them. Raises
    `ConfigError` for less than one step. A solve without an equilibrium raises as well: JAX wraps
    the `Diverged` in its own run-time error, which quotes the sentence.

    ```python
    y = as_function(PlateWithHole().model)
    jax.hessian(lambda p: y(p)[0])(jnp.array([2.5, 2.5]))
    ```
    """
    load_steps = whole("load_steps", load_steps, 1)
    statement, data = model.statement, model.data
    parts, space = statement.parts, data.space
    symmetric = model.symmetric
    host = _HostSolver(model.prepared)

    @jax.custom_jvp
    def unknowns(p):
        return _newton(statement, host, model.newton, load_steps, data, p)

    @unknowns.defjvp
    def _(primals, tangents):
        (p,), (dp,) = primals, tangents
        z = unknowns(p)

        def R(p, z):
            return residual(parts, space, case_at(statement, data, p), no_states(parts), z)

        def product(v):
            return jax.jvp(lambda z: R(p, z), (z,), (v,))[1]

        def inverse(_, b):
            # the tangent is only a means to solve; its own derivatives come from `product`
            values = _tangent(statement, data, *jax.lax.stop_gradient((p, z)))
            return host(values, b)

        def inverse_of_transpose(_, b):
            values = _tangent(statement, data, *jax.lax.stop_gradient((p, z)))
            return host(values, b, transposed=True)

        slope = jax.jvp(lambda p: R(p, z), (p,), (dp,))[1]
        return z, jax.lax.custom_linear_solve(
            product, -slope, inverse, inverse_of_transpose, symmetric=symmetric
        )

    def responses(p):
        case = case_at(statement, data, p)
        u = insert(space, case, unknowns(p))
        return answers(statement, data, p, case, no_states(parts), u)

    return responses


class _HostSolver:
    """The sparse solve as a JAX operation; factors again only when the tangent has changed."""

    def __init__(self, prepared: Prepared):
        self._prepared, self._last = prepared, None

    def __call__(self, values, b, tolerant: bool = False, transposed: bool = False):
        shape = jax.ShapeDtypeStruct(b.shape, b.dtype)
        host = functools.partial(
            self._solve_or_nan if tolerant else self._solve, transposed=transposed
        )
        return jax.pure_callback(host, shape, values, b, vmap_method="sequential")

    def _solve(self, values, b, transposed=False):
        values = np.array(values)
        last = self._last  # read once: callbacks may run in several threads
        if last is None or not np.array_equal(last[0], values):
            try:
                last = (values, self._prepared.factor(values))
                check_condition(last[1], values, b.shape[0])
            except Singular as error:
                raise Diverged(
                    f"the tangent is singular ({error}), as at a limit point: there are no "
                    "derivatives. Move the parameters away from it."
                ) from error
            self._last = last
        return np.asarray(last[1].solve(np.array(b), transposed), dtype=b.dtype)

    def _solve_or_nan(self, values, b, transposed=False):
        """Newton goes on with NaN, sees it, and reports it."""
        try:
            return self._solve(values, b, transposed)
        except Diverged:
            return np.full(b.shape, np.nan)


@functools.partial(jax.jit, static_argnums=0)
def _tangent(statement, data, p, z):
    case, parts = case_at(statement, data, p), statement.parts
    u = insert(data.space, case, z)
    return linearise(parts, data.space, case, no_states(parts), u, jnp.zeros_like(u)).values


@functools.partial(jax.jit, static_argnums=(0, 1, 2, 3))
def _newton(statement, host, settings: Newton, load_steps: int, data, p):
    case, parts, space = case_at(statement, data, p), statement.parts, data.space
    none = jnp.zeros(case.displacement.shape)
    prescribed = insert(space, case, jnp.zeros(len(space.free)))

    tiny = np.finfo(float).tiny  # nothing loaded: 0 / tiny is converged, 0 / 0 would not be

    def relative(system):
        return jnp.linalg.norm(system.residual) / jnp.maximum(system.scale, tiny)

    def load_step(i, carry):
        u, _, healthy = carry
        target = (i + 1) / load_steps
        at = case._replace(force=target * case.force)

        def unfinished(state):
            _, k, r, sound = state
            return (r > settings.tolerance) & (k <= settings.iterations) & sound

        def iterate(state):
            # one tangent in the loop halves the compile time; that a converged u is corrected once
            # more takes its noise down, as in the host driver
            u, k, _, sound = state
            pending = jnp.where(k == 0, prescribed / load_steps, none)
            system = linearise(parts, space, at, no_states(parts), u, pending)
            r = jnp.where(k == 0, jnp.inf, relative(system))
            sound &= (system.least_J > 0) & ~jnp.isnan(relative(system))
            if any(piece.law.traits().finite for piece in parts.pieces):
                sound &= system.least_F > 0
            z = -host(system.values, system.residual, tolerant=True)
            step = pending + insert(space, case._replace(displacement=none), z)
            return u + step, k + 1, r, sound

        u, _, r, sound = jax.lax.while_loop(unfinished, iterate, (u, 0, jnp.inf, healthy))
        return u, r, sound

    filled = map(fill, (piece.law for piece in parts.pieces), case.constants)
    healthy = ~jnp.any(jnp.stack([all_broken(each) for each in filled]))
    u, r, sound = jax.lax.fori_loop(0, load_steps, load_step, (none, 0.0, healthy))
    z = u.reshape(-1)[space.free]
    failed = ~sound | ~(r <= settings.tolerance)
    shape = jax.ShapeDtypeStruct(z.shape, z.dtype)
    return jax.pure_callback(_refuse, shape, z, r, failed, vmap_method="sequential")


def _refuse(z, r, failed):
    if failed:
        raise Diverged(
            f"Newton found no equilibrium (last relative residual {float(r):.1e}): use more "
            "load_steps, or move the parameters back into their domain; fem.solve says why."
        )
    return z
