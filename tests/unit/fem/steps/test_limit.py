"""Through limit points: a truss in closed form, an arch of solids, and what is said instead."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box
from sobolev.errors import ConfigError, Diverged
from sobolev.fem import (
    ArcLength,
    Body,
    BodyForce,
    Displacement,
    DisplacementControl,
    Fixed,
    Law,
    LimitLoad,
    LoadFactor,
    Model,
    Path,
    PlaneStrain,
    PointForce,
    SaintVenantKirchhoff,
    Shape,
    Traits,
    grid,
    solution,
    solutions,
    solve,
)  # fmt: skip
from sobolev.fem.steps.stability import negative_eigenvalues
from sobolev.fem.values import Value


@dataclasses.dataclass(frozen=True)
class Truss(Law):
    """The force of a truss of two shallow bars at each point, with a damper; spread by a spring.

    f(w) = EA/L³ w (2h - w)(h - w) + c ẇ, L² = b² + h², bars of St. Venant and Kirchhoff.
    """

    EA: Value
    h: Value
    b: Value
    c: Value = 0.0

    def traits(self):
        return Traits(dimension=None, uses_value=True, history=True)

    def components(self, dimension):
        return 1

    def start(self):
        return np.zeros(1)

    def dual(self, at, state):
        (w,) = at.value
        force = self.EA / (self.b**2 + self.h**2) ** 1.5 * w * (2 * self.h - w) * (self.h - w)
        force = force + self.c * (w - state[0]) / jnp.maximum(at.step, 1e-300)
        return (1e3 * at.gradient, force[None]), at.value


def truss(control, **path) -> Model:
    return Model(
        grid((1, 1)).at("top", (0.0, 0.0)), [Body(Truss("EA", "h", "b", "c"))], [],
        [BodyForce((1.0,))],
        {"snap": LimitLoad(), "factor": LoadFactor(), "w": Displacement("top", 0)},
        Box(("EA", "h", "b", "c"), (800.0, 0.9, 9.0, 0.0), (1200.0, 1.2, 11.0, 2.0)),
        path=Path((0.25, 0.5, 0.75, 1.0), control=control, **path),
    )  # fmt: skip


X = np.array([1000.0, 1.0, 10.0, 0.3])
HELD = DisplacementControl("top", 0, 1.6)  # what the bars are pushed to in one unit of time


def force(w, x):
    EA, h, b, c = x
    return EA / (b**2 + h**2) ** 1.5 * w * (2 * h - w) * (h - w) + c * 1.6


def limit(x):
    """At w = h (1 - 1/√3): 2 EA h³ / (3√3 L³), and the damper's."""
    EA, h, b, c = x
    return 2 * EA * h**3 / (3 * np.sqrt(3) * (b**2 + h**2) ** 1.5) + c * 1.6


@pytest.mark.parametrize("checkpoints", [None, 2])
def test_the_limit_load_of_a_truss_is_the_closed_form(checkpoints):
    """The load at a given displacement as well; a damper's share depends on the time it takes."""
    model = truss(HELD, checkpoints=checkpoints)
    y, J, H = solve(model, X, 2)
    assert y == pytest.approx([limit(X), force(1.6, X), 1.6], rel=1e-11)
    wanted = [limit, lambda x: force(1.6, x)]
    for k, exact in enumerate(wanted):
        assert J[k] == pytest.approx(np.asarray(jax.grad(exact)(X)), rel=1e-8)
        assert H[k] * X * X[:, None] == pytest.approx(
            np.asarray(jax.hessian(exact)(X)) * X * X[:, None], abs=1e-8
        )
    assert np.abs(J[2]).max() < 1e-12
    assert np.abs(solve(model, X, 1, "direct").jacobian - J).max() < 1e-9
    assert np.abs(solve(model, X, 1, "adjoint").jacobian - J).max() < 1e-9
    v = X * np.array([0.4, -0.3, 0.6, 0.5])
    first, second = model.hvp(X, v)
    assert first * X == pytest.approx(J * X, abs=1e-9)
    assert second * X == pytest.approx(H @ v * X, abs=1e-8)


def test_the_arc_length_finds_the_same_limit_load():
    """All values are the same, so the root of their mean square is the way that w has gone."""
    still = np.array([*X[:3], 0.0])
    model = truss(ArcLength(1.6))
    y, J, H = solve(model, still, 2)
    assert y == pytest.approx([limit(still), force(1.6, still), 1.6], rel=1e-9)
    assert J[:2, :3] == pytest.approx(
        np.stack([jax.grad(limit)(still), jax.grad(lambda x: force(1.6, x))(still)])[:, :3],
        rel=1e-7,
    )
    exact = np.asarray(jax.hessian(limit)(still))[:3, :3] * X[:3] * X[:3, None]
    assert H[0, :3, :3] * X[:3] * X[:3, None] == pytest.approx(exact, abs=1e-6)


def test_solutions_know_whether_they_are_stable():
    """Before the limit point w = 0.42 h no eigenvalue is negative, beyond it one."""
    model = truss(HELD)
    found = solutions(model, np.array([*X[:3], 0.0]))
    assert [each.time for each in found] == [0.25, 0.5, 0.75, 1.0]
    assert [each.factor for each in found] == pytest.approx(
        [force(w, np.array([*X[:3], 0.0])) for w in (0.4, 0.8, 1.2, 1.6)], rel=1e-11
    )
    assert [each.negative_eigenvalues for each in found] == [0, 1, 1, 0]


def test_negative_eigenvalues_are_counted_by_the_pivots():
    pattern = truss(HELD).data.space.pattern
    rng = np.random.default_rng(3)
    for _ in range(20):
        A = rng.standard_normal((4, 4))
        A = A + A.T
        wanted = int((np.linalg.eigvalsh(A) < 0).sum())
        assert negative_eigenvalues(pattern, A.ravel()) == wanted
    assert negative_eigenvalues(pattern, np.zeros(16)) is None


def arched(X, rise, thickness):
    """A unit square as the left half of a flat arch, 50 long; its right edge is the crown."""
    s, n = X[:, 0], X[:, 1]
    return jnp.stack([50 * s, rise * jnp.sin(np.pi * s / 2) + (n - 0.5) * thickness], 1)


def arch(control, half: bool = True, **more) -> Model:
    mesh = grid((8, 1), "quad8").at("crown", (1.0 if half else 0.5, 0.5))
    supports = [Fixed("left"), Fixed("right", 0)] if half else [Fixed("left"), Fixed("right")]
    how = dict(times=(0.2, 0.4, 0.6, 0.8, 1.0), control=control)
    shape = Shape(arched if half else whole, ("rise", 1.5))
    return Model(
        mesh, [Body(PlaneStrain(SaintVenantKirchhoff("E", 0.3)))], supports,
        [PointForce("crown", (0.0, -1.0))],
        {"snap": LimitLoad(), "factor": LoadFactor()},
        Box(("E", "rise"), (1e4, 3.0), (2e4, 4.0)), shape, Path(**how), **more,
    )  # fmt: skip


def whole(X, rise, thickness):
    s, n = X[:, 0], X[:, 1]
    return jnp.stack([100 * s, rise * jnp.sin(np.pi * s) + (n - 0.5) * thickness], 1)


PUSHED = DisplacementControl("crown", 1, lambda p: -1.4 * p["rise"])
AT = np.array([1.5e4, 4.0])


def test_the_limit_load_of_an_arch_has_the_derivatives_of_its_differences():
    """Adjoint and direct; Richardson's differences; remainders of slope two and three."""
    model = arch(PUSHED)
    y, J, H = solve(model, AT, 2)
    assert np.abs(solve(model, AT, 1, "direct").jacobian - J).max() < 1e-10 * np.abs(J).max()
    assert y[0] > y[1]
    assert J[0, 0] == pytest.approx(y[0] / AT[0], rel=1e-10)  # it is proportional to E
    h = 1e-2

    def there(h):
        return solve(model, AT + np.array([0.0, h]), 0).value

    near, far = ((there(a) - there(-a)) / (2 * a) for a in (h, 2 * h))
    assert (4 * near - far) / 3 == pytest.approx(J[:, 1], rel=1e-6)
    near, far = ((there(a) + there(-a) - 2 * y) / a**2 for a in (h, 2 * h))
    assert (4 * near - far) / 3 == pytest.approx(H[:, 1, 1], rel=1e-4)
    steps = np.array([0.02, 0.01])
    values = np.stack([there(h) for h in steps])
    first = np.abs(values - y - steps[:, None] * J[:, 1])
    second = np.abs(values - y - steps[:, None] * J[:, 1] - steps[:, None] ** 2 / 2 * H[:, 1, 1])
    assert np.log2(first[0] / first[1]) == pytest.approx(2, abs=0.1)
    assert np.log2(second[0] / second[1]) == pytest.approx(3, abs=0.1)


def test_an_arch_that_buckles_first_is_refused():
    with pytest.raises(Diverged, match="passed a bifurcation, and the structure buckles before"):
        solve(arch(PUSHED, half=False), np.array([1.5e4, 9.0]), 0)


def test_a_path_that_does_not_reach_its_limit_point_says_so():
    short = arch(DisplacementControl("crown", 1, -0.2))
    with pytest.raises(Diverged, match=r"no limit point was passed up to the time 1, load factor"):
        solve(short, AT, 0)


@dataclasses.dataclass(frozen=True)
class Softening(Law):
    """f(w) = w e^(-w): the load of 1/e is the largest there is."""

    def traits(self):
        return Traits(dimension=None, uses_value=True)

    def components(self, dimension):
        return 1

    def dual(self, at, state):
        return (1e3 * at.gradient, at.value * jnp.exp(-at.value)), state


@pytest.mark.parametrize("path", [None, Path((0.5, 1.0))])
def test_at_a_limit_point_under_a_given_load_it_is_said_what_it_is(path):
    model = Model(
        grid((1, 1)).at("top", (0.0, 0.0)), [Body(Softening())], [], [BodyForce((0.5,))],
        {"w": Displacement("top", 0)}, path=path,
    )  # fmt: skip
    said = r"beyond the .*a limit point at the factor 0\.735.*DisplacementControl.*fem\.LimitLoad"
    with pytest.raises(Diverged, match=said):
        solution(model, np.zeros(0))


def test_what_a_control_cannot_hold():
    def posed(control=HELD, mesh=None, supports=(), **path):
        model = truss(control, **path)
        return dataclasses.replace(model, mesh=mesh or model.mesh, supports=supports)

    with pytest.raises(ConfigError, match="holds one node, and 'left' has 2"):
        solve(posed(DisplacementControl("left", 0, 1.0)), X, 0)
    with pytest.raises(ConfigError, match="is prescribed by a support"):
        solve(posed(supports=[Fixed("left")]), X, 0)
    with pytest.raises(ConfigError, match="of the component 1: the problem has 0 to 0"):
        solve(posed(DisplacementControl("top", 1, 1.0)), X, 0)
    for nowhere in (DisplacementControl("top", 0, 0.0), ArcLength(float("nan"))):
        with pytest.raises(Diverged, match="goes nowhere: give it a value that is finite"):
            solve(posed(nowhere), X, 0)
    with pytest.raises(ConfigError, match=r"control of a path is LoadControl.*got 'load'"):
        Path(control="load")  # type: ignore
    with pytest.raises(ConfigError, match="parts of its length and grow"):
        Path((1.0, 2.0), (1.0, 0.5), control=ArcLength(1.0))
    with pytest.raises(ConfigError, match="asked along a path: give the model a Path"):
        dataclasses.replace(truss(HELD), path=None)
    with pytest.raises(ConfigError, match="at a given load no path goes through a limit point"):
        dataclasses.replace(truss(HELD), path=Path())
    with pytest.raises(ConfigError, match="cannot be asked at every time"):
        truss(HELD, every=True)
