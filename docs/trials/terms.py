"""What failed around the terms of a loss, run again: constant columns, levels, equations.

Each trial trains shortly and says in a line what came. The answers of 0.1 (eb28a9c) are text.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from typer.testing import CliRunner

import sobolev as sb
from sobolev.cli import app
from sobolev.losses import Equation, Group, Labelled, Loss
from sobolev.weighting import Every, InverseEnergy, RateAnnealing, Statistics
from sobolev.weighting.scheme import Moments

Trial = tuple[str, Callable[[Path], str]]
RNG = np.random.default_rng(0)


def _told(*fits) -> str:
    return " ".join(str(note) for fitted in fits for note in fitted.notes)


def _planar() -> sb.Dataset:
    """y = sin 2a + b² + 3a(z − 2), all rows at z = 2, with all three slopes."""
    a, b = RNG.uniform(-1, 1, (2, 40))
    slopes = np.stack([2 * np.cos(2 * a), 2 * b, 3 * a], axis=1)
    x, y = np.stack([a, b, 0 * a + 2], axis=1), np.sin(2 * a) + b**2
    return sb.Dataset(x, y[:, None], slopes[:, None], inputs=("a", "b", "z"), outputs=("y",))


def a_constant_input(folder: Path) -> str:
    """R2: through a file that names its own columns."""
    data = sb.read(sb.write(folder / "d.h5", _planar()))
    fitted = sb.fit(sb.Surrogate.new(data), data, check=False)
    errors = {t.name: f"{t.relative:.2%}" for t in sb.evaluate(fitted.surrogate, data).terms}
    return f"trained, errors {errors}. {_told(fitted)}"


def a_constant_input_without_slopes(folder: Path) -> str:
    """R2."""
    data = _planar()
    data = sb.Dataset(data.x, data.y, inputs=data.inputs, outputs=data.outputs)
    return _told(sb.fit(sb.Surrogate.new(data), data, check=False, epochs=50))


def a_constant_response(folder: Path) -> str:
    """R2."""
    data = _planar()
    y = np.c_[data.y, np.full(40, 5.0)]
    data = sb.Dataset(data.x[:, :2], y, inputs=("a", "b"), outputs=("y", "w"))
    fitted = sb.fit(sb.Surrogate.new(data), data, check=False, epochs=300)
    off = np.abs(fitted.surrogate.value(data.x)[:, 1] / 5 - 1).max()
    return f"w is 5 to {off:.0e}. {_told(fitted)}"


def slopes_only(folder: Path) -> str:
    """S5: what the command line says, three times."""
    a, b = RNG.uniform(-1, 1, (2, 40))
    rows = np.stack([a, b, 2 * np.cos(2 * a), 2 * b], axis=1)
    table, points, model = folder / "t.csv", folder / "p.csv", folder / "m.npz"
    np.savetxt(table, rows, delimiter=",", header="a,b,dy/da,dy/db", comments="")
    np.savetxt(points, rows[:3, :2], delimiter=",", header="a,b", comments="")
    said = []
    for verb in (
        ["fit", table, "--out", model, "--epochs", "50", "--inputs", "a,b", "--outputs", "y"],
        ["evaluate", model, table],
        ["predict", model, points, "--out", folder / "q.csv"],
    ):
        printed = CliRunner().invoke(app, [str(word) for word in verb]).output
        said.append(f"{verb[0]}: {printed.count('up to an unknown constant')} x said")
    header = (folder / "q.csv").read_text().splitlines()[0]
    kept = sb.load(model).undetermined  # type: ignore[union-attr]
    return f"{', '.join(said)}; predict writes {header}; kept: {kept}"


def without_a_guard(folder: Path) -> str:
    """M1."""
    script = folder / "script.py"
    script.write_text(
        "import jax; jax.config.update('jax_enable_x64', True)\nimport numpy as np, sobolev as sb\n"
        "x = np.linspace(-1, 1, 9)[:, None]\ndata = sb.Dataset(x, np.sin(x))\n"
        "sb.fit_ensemble(sb.Surrogate.new(data), data, members=2, workers=2)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    last = done.stderr.strip().splitlines()[-1]
    return f"{last.partition(': ')[2]} ({done.stderr.count('Traceback')} traceback)"


def _klein_gordon(weights: str) -> np.ndarray:
    """Where the weight of a term goes whose slope is a hundredth of the equation's."""
    scheme, λ = RateAnnealing(fixed_point=weights), None
    state = scheme.init(jnp.ones(2))
    for _ in range(200):
        # The better a term is fulfilled, the smaller its slope: as 1/λ.
        mean = jnp.array([1.0, 1e-2 / state[1]])
        λ, state = scheme.update(Statistics(jnp.ones(2), moments=Moments(mean, mean, mean)), state)
    return np.asarray(λ)


def annealing(folder: Path) -> str:
    """N2."""
    default = RateAnnealing().fixed_point
    return (
        f"the default is '{default}': a term whose slope falls as 1/weight ends at weight "
        f"{_klein_gordon('root')[1]:.3g}, with 'ratio' at {_klein_gordon('ratio')[1]:.3g}"
    )


BOX = sb.Box(("x", "t"), (0.0, 0.0), (1.0, 2.0))
START = sb.Dataset(
    np.c_[np.linspace(0, 1, 11), np.zeros(11)], np.zeros((11, 1)), inputs=BOX.names, outputs=("u",)
)


def decay(u, point):
    """u_t + u."""
    return jax.jvp(u, (point,), (jnp.array([0.0, 1.0]),))[1][0] + u(point)[0]


def initial_values(folder: Path) -> str:
    """N3."""
    x = RNG.uniform([0, 0], [1, 2], (64, 2))
    start = sb.Dataset(START.x, np.sin(3 * START.x[:, :1]), inputs=BOX.names, outputs=("u",))
    surrogate = sb.Surrogate.new(start, box=BOX)
    fitted = sb.fit(surrogate, [start, Equation("u_t + u", decay, x, order=1)], epochs=300)
    wanted = np.sin(3 * x[:, 0]) * np.exp(-x[:, 1])
    off = np.linalg.norm(fitted.surrogate.value(x)[:, 0] - wanted) / np.linalg.norm(wanted)
    return f"Surrogate.new(start, box=box) and fit(surrogate, [start, equation]): error {off:.1e}"


def homogeneous(folder: Path) -> str:
    """N4."""
    scaling = sb.Surrogate.new(START, box=BOX).scaling
    equation = Equation("equation", decay, START.x, labels=250.0, order=1)
    loss = Loss((Labelled.of(START, scaling), equation))
    w = InverseEnergy().init(loss.signals(loss.batches()))
    return f"weights of the condition and of the equation: {w[0]:.2g}, {w[1]:.2g}"


def groups(folder: Path) -> str:
    """N5."""
    data = sb.Dataset(
        np.r_[START.x, START.x[:, ::-1]], np.zeros((22, 1)), inputs=BOX.names, outputs=("u",)
    )
    parts = Group.split(data, ["start"] * 11 + ["ends"] * 11)
    equation = Equation("equation", decay, START.x, order=1)
    how = Every(RateAnnealing("equation"), 10)
    adam = sb.optimisers.Adam(1e-3)
    surrogate = sb.Surrogate.new(data, box=BOX)
    fitted = sb.fit(surrogate, [*parts, equation], weighting=how, optimiser=adam, epochs=20)
    return f"terms with weights of their own: {'; '.join(fitted.history.terms)}"


def by_name(folder: Path) -> str:
    """N6: a term that is there, and one that is not."""
    equation = Equation("equation", decay, START.x, order=1)
    surrogate, said = sb.Surrogate.new(START, box=BOX), []
    for name in ("equation", "equations"):
        how = {"weighting": RateAnnealing(name), "optimiser": sb.optimisers.Adam(1e-3)}
        try:
            fitted = sb.fit(surrogate, [START, equation], epochs=2, check=False, **how)
            said.append(f"'{name}': {fitted.result}")
        except sb.errors.ConfigError as error:
            said.append(f"'{name}': refused: {error}")
    return "; ".join(said)


def other_units(folder: Path) -> str:
    """N9: metres and newtons against millimetres and kilonewtons, 300 steps."""
    planar, factor = _planar(), np.array([1e3, 1e3])
    x, y = planar.x[:, :2], planar.y
    found = []
    for a, b in ((np.ones(2), 1.0), (factor, 1e-3)):
        data = sb.Dataset(x * a, y * b, np.asarray(planar.jacobian)[..., :2] * b / a)
        for how in (sb.optimisers.Adam(1e-3, None), sb.optimisers.SSBroyden()):
            start = sb.Surrogate.new(data)
            end = sb.fit(start, data, optimiser=how, epochs=300, records=1, check=False)
            found.append(end.surrogate.value(data.x) / b)
    adam, newton = (np.abs(found[k + 2] - found[k]).max() / np.std(found[k]) for k in range(2))
    return f"after 300 steps Adam differs by {adam:.0e}, SSBroyden by {newton:.0e}, said below"


TRIALS: dict[str, list[Trial]] = {
    "R2": [
        ("refused: input 'z' is constant; no way out for HDF5 and extxyz", a_constant_input),
        ("refused: input 'z' is constant", a_constant_input_without_slopes),
        ("refused: response 'w' is constant", a_constant_response),
    ],
    "S5": [("nothing is said; the value is off by −2.2", slopes_only)],
    "M1": [("killed (out of memory?)", without_a_guard)],
    "N2": [("the default is 'ratio', weights of 4e7", annealing)],
    "N3": [("refused: input 't' is constant", initial_values)],
    "N4": [("weights 5e-05, 5e-05 beside 3", homogeneous)],
    "N5": [("initial and boundary values share a weight", groups)],
    "N6": [("reference by number", by_name)],
    "N9": [("the same, 5e-5 after 300 quasi-Newton steps; not said", other_units)],
}
