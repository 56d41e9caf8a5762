"""Six problems with exact derivatives, and the twelve errors that people make with derivatives."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from sobolev import Box, Dataset, designs

PI = np.pi


def ishigami(x):
    return jnp.sin(x[0]) * (1 + 0.1 * x[2] ** 4) + 7 * jnp.sin(x[1]) ** 2


def beam(x):
    length, modulus, height = x
    return 4 * length**3 / (modulus * height**3)


def rastrigin(x):
    x = x / 10  # given in mm: a half range of 1.25 makes no gross error of scale
    return 20 + jnp.sum(x**2 - 10 * jnp.cos(2 * PI * x))


def arm(x):
    first, second, upper, lower = x
    return jnp.array(
        [
            upper * jnp.cos(first) + lower * jnp.cos(first + second),
            upper * jnp.sin(first) + lower * jnp.sin(first + second),
        ]
    )


def borehole(x):
    rw, r, tu, hu, tl, hl, length, kw = x
    log = jnp.log(r / rw)
    return 2 * PI * tu * (hu - hl) / (log * (1 + 2 * length * tu / (log * rw**2 * kw) + tu / tl))


def wing(x):
    area, fuel, aspect, sweep, pressure, taper, thick, load, mass, paint = x
    cos = jnp.cos(sweep * PI / 180)
    return (
        0.036 * area**0.758 * fuel**0.0035 * (aspect / cos**2) ** 0.6 * pressure**0.006
        * taper**0.04 * (100 * thick / cos) ** -0.3 * (load * mass) ** 0.49 + area * paint
    )  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """A function of one point, its box, and how many rows a table of it has."""

    name: str
    function: Callable
    box: Box
    outputs: tuple[str, ...]
    rows: int

    def table(self, seed: int, order: int = 1, rows: int | None = None) -> Dataset:
        """Latin hypercube with exact derivatives up to `order`."""
        x, _ = designs.latin_hypercube(rows or self.rows, seed)(self.box)
        y, jacobian, hessian = (np.asarray(part) for part in _derivatives(self.function, x, order))
        q, d = len(self.outputs), x.shape[1]
        labels = (y.reshape(-1, q), jacobian.reshape(-1, q, d), hessian.reshape(-1, q, d, d))
        names = {"inputs": self.box.names, "outputs": self.outputs}
        return Dataset(x, *labels[: order + 1], **names)


def _derivatives(function, x, order):
    done = [part(x) for part in _compiled(function)[: order + 1]]
    return [*done, *[np.zeros(0)] * (2 - order)]


@cache
def _compiled(function):
    """Value, Jacobian and Hessian at many points; compiled once for each number of them."""
    parts = (function, jax.jacfwd(function), jax.hessian(function))
    return [jax.jit(jax.vmap(part)) for part in parts]


def box(**bounds):
    low, high = zip(*bounds.values(), strict=True)
    return Box(tuple(bounds), low, high)


PROBLEMS = (
    Problem("Ishigami", ishigami, box(x1=(-PI, PI), x2=(-PI, PI), x3=(-PI, PI)), ("y",), 320),
    Problem("beam", beam, box(L=(80, 120), E=(1.8e5, 2.4e5), h=(8, 12)), ("w",), 60),
    Problem("Rastrigin", rastrigin, box(a=(-10, 15), b=(-10, 15)), ("f",), 320),
    Problem(
        "robot arm",
        arm,
        box(t1=(0, 2 * PI), t2=(0, 2 * PI), L1=(0, 1), L2=(0, 1)),
        ("u", "v"),
        320,
    ),
    Problem(
        "borehole",
        borehole,
        box(
            rw=(0.05, 0.15), r=(100, 50000), Tu=(63070, 115600), Hu=(990, 1110), Tl=(63.1, 116),
            Hl=(700, 820), L=(1120, 1680), Kw=(9855, 12045),
        ),
        ("flow",),
        120,
    ),
    Problem(
        "wing",
        wing,
        box(
            Sw=(150, 200), Wfw=(220, 300), A=(6, 10), sweep=(-10, 10), q=(16, 45), taper=(0.5, 1),
            tc=(0.08, 0.18), Nz=(2.5, 6), Wdg=(1700, 2500), Wp=(0.025, 0.08),
        ),
        ("weight",),
        100,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """A table with one error, and where it is: what a finding has to name."""

    data: Dataset
    kinds: tuple[str, ...]
    output: str
    inputs: tuple[str, ...] | None = None
    rows: tuple[int, ...] = ()


KINDS = (
    "sign of a column", "sign of a gradient", "column × 1000", "column / 1000", "column × 2 or / 2",
    "columns swapped", "gradients swapped or reversed", "rows shifted by one",
    "one bad row in a hundred", "Hessian not symmetric", "of the scaled output",
    "by the scaled input",
)  # fmt: skip
LEAST = 0.05  # a column whose part in the output is less makes no gross error


def plant(kind: int, data: Dataset, seed: int) -> Planted:
    """The `kind`-th error in a table, at a place drawn with `seed`."""
    rng = np.random.default_rng([kind, seed])
    k = int(rng.integers(data.y.shape[1]))
    jacobian = data.jacobian.copy()
    shares = np.sqrt((jacobian[:, k] ** 2).mean(0)) * data.x.std(0) / data.y[:, k].std()
    large = np.flatnonzero(shares >= LEAST)
    i, j = rng.permutation(large)[:2]
    name, every, output = data.inputs[i], data.inputs, data.outputs[k]
    place = {"output": output, "inputs": (name,)}
    if kind in (1, 3, 4, 5):
        factor = {1: -1.0, 3: 1e3, 4: 1e-3, 5: rng.choice([2.0, 0.5])}[kind]
        jacobian[:, k, i] *= factor
        words = ("factor", "sign")
    elif kind == 2:
        jacobian[:, k] *= -1
        words, place["inputs"] = ("sign",), every
    elif kind == 6:
        jacobian[:, k, [i, j]] = jacobian[:, k, [j, i]]
        words, place["inputs"] = ("swapped",), (data.inputs[min(i, j)], data.inputs[max(i, j)])
    elif kind == 7:
        jacobian, words = _rearranged(jacobian, rng)
        place["inputs"] = None  # of several outputs
    elif kind == 8:
        jacobian[:, k] = np.roll(jacobian[:, k], rng.choice([-1, 1]), axis=0)
        words = ("rows shifted",)
        place["inputs"] = every
    elif kind == 9:
        return _bad_rows(data, k, jacobian, rng)
    elif kind == 10:
        return _asymmetric(data, k, rng)
    elif kind == 11:
        jacobian[:, k] /= data.y[:, k].std()
        words, place["inputs"] = ("scaled output",), every
    else:
        jacobian[:, k] *= np.ptp(data.x, axis=0) / 2
        words, place["inputs"] = ("scaled input",), every
    return Planted(replace(data, jacobian=jacobian), words, **place)


def _rearranged(jacobian, rng):
    n, q, d = jacobian.shape
    if q == 1:
        return jacobian[:, :, ::-1], ("reversed", "swapped")
    if rng.random() < 0.5:
        return jacobian[:, ::-1], ("other output",)
    return jacobian.transpose(0, 2, 1).reshape(n, q, d), ("transposed",)


def _bad_rows(data, k, jacobian, rng) -> Planted:
    size = np.linalg.norm(jacobian[:, k] * data.x.std(0), axis=1)
    candidates = np.flatnonzero(size >= np.quantile(size, 0.25))  # a slope of zero has no sign
    rows = np.sort(rng.choice(candidates, max(1, round(len(data) / 100)), replace=False))
    if rng.random() < 0.5:
        jacobian[rows, k] *= -1
    else:
        for row in rows:
            jacobian[row, k] = _garbage(jacobian[:, k], row, data.x.std(0), rng)
    wrong = replace(data, jacobian=jacobian)
    return Planted(wrong, ("row",), data.outputs[k], None, tuple(map(int, rows)))


def _garbage(gradients, row, unit, rng):
    """Random numbers of the size of the gradients, off by at least the size of the right one."""
    size, right = np.sqrt((gradients**2).mean(0)), gradients[row]
    while True:
        drawn = rng.normal(size=len(size)) * size
        if np.linalg.norm((drawn - right) * unit) > np.linalg.norm(right * unit):
            return drawn


def _asymmetric(data, k, rng) -> Planted:
    hessian = data.hessian.copy()
    sizes = np.sqrt((hessian[:, k] ** 2).mean(0)) * np.outer(data.x.std(0), data.x.std(0))
    sizes = np.triu(sizes, 1) / data.y[:, k].std()
    every = np.argwhere(np.triu(np.ones_like(sizes), 1))
    i, j = rng.permutation(every[sizes[tuple(every.T)] >= min(LEAST, sizes.max())])[0]
    if sizes.max() > 0:
        hessian[:, k, j, i] = 0.0  # as of a triangle that was never mirrored
    else:
        hessian[:, k, j, i] = hessian[:, k, i, i]
    names = (data.inputs[i], data.inputs[j])
    return Planted(replace(data, hessian=hessian), ("asymmetric",), data.outputs[k], names)


def named(planted: Planted, check) -> bool:
    """Whether the findings say where the error is: output and inputs, or every bad row."""
    found = [f for f in check.findings if f.output == planted.output]
    if planted.rows:
        return set(planted.rows) <= {row for f in found if f.kind == "row" for row in f.rows}
    if planted.inputs is None:
        return any(f.kind in planted.kinds for f in found)
    together = {name for f in found for name in f.inputs}
    each = [set(f.inputs) for f in found if f.kind not in ("row", "value")]
    return set(planted.inputs) in each or together == set(planted.inputs)


def rightly_called(planted: Planted, check) -> bool:
    """Whether a finding calls the mistake by its name."""
    return any(f.kind in planted.kinds for f in check.findings)


def extra(planted: Planted, check) -> int:
    """Findings at places where nothing was planted."""
    every = planted.inputs is None  # outputs were exchanged: all their columns are wrong
    rows, inputs = set(planted.rows), set(planted.data.inputs if every else planted.inputs or ())
    wrong = 0
    for f in check.findings:
        if planted.rows:
            wrong += not (f.kind == "row" and set(f.rows) <= rows)
        else:
            elsewhere = f.output != planted.output and not every
            wrong += f.kind in ("row", "value") or elsewhere or not set(f.inputs) <= inputs
    return wrong


# --- products of derivatives, and gradients in rows without values -----------------------------

FORMS = ("J·v", "Jᵀw, w constant", "Jᵀw, w varies", "gradients without values")
PRODUCT_KINDS = ("sign", "× 2", "/ 2", "× 1000", "rows shifted", "with vectors", "offset")


def in_form(form: str, data: Dataset, seed: int) -> Dataset:
    """The gradients of a table given otherwise: one random v or w a row, or in every other row."""
    rng, jacobian = np.random.default_rng([7, seed]), data.jacobian
    n, q, d = jacobian.shape
    if form == FORMS[0]:
        v = rng.normal(size=(n, 1, d)) * data.x.std(0)
        jvp = np.einsum("nqd,nkd->nqk", jacobian, v)
        return replace(data, jacobian=None, jvp=jvp, directions=v)
    if form == FORMS[3]:
        odd = np.arange(n)[:, None] % 2 == 1
        given = np.where(odd[..., None], jacobian, np.nan)
        return replace(data, y=np.where(odd, np.nan, data.y), jacobian=given)
    w = rng.normal(size=(n, 1, q)) / data.y.std(0)
    if form == FORMS[1]:
        w = np.broadcast_to(np.eye(q), (n, q, q))
    vjp = np.einsum("nlq,nqd->nld", w, jacobian)
    return replace(data, jacobian=None, vjp=vjp, cotangents=w)


FIELDS = dict(zip(FORMS, ("jvp", "vjp", "vjp", "jacobian"), strict=True))
FACTORS = {"sign": -1.0, "× 2": 2.0, "/ 2": 0.5, "× 1000": 1e3}


def plant_product(kind: str, form: str, data: Dataset, seed: int) -> Planted:
    """A mistake in one column, whose part is 5 % or more, or in a row shift in all of them."""
    rng, field = np.random.default_rng([9, seed]), FIELDS[form]
    labels = getattr(data, field).copy()
    k = int(rng.integers(labels.shape[1]))
    output = f"adjoint weight {k}" if field == "vjp" else data.outputs[k]
    every = ("direction 0",) if field == "jvp" else data.inputs
    j = int(rng.choice(np.flatnonzero(_parts(field, data, k) >= LEAST)))
    there = np.isfinite(labels[:, k]).any(axis=1)
    if kind == "with vectors":
        vectors = "directions" if field == "jvp" else "cotangents"
        moved = {name: np.roll(getattr(data, name), 1, axis=0) for name in (field, vectors)}
        return Planted(replace(data, **moved), ("rows shifted",), output, every)
    if kind == "rows shifted":
        labels[there, k] = np.roll(labels[there, k], 1, axis=0)
        return Planted(replace(data, **{field: labels}), ("rows shifted",), output, every)
    if kind == "offset":
        labels[:, k, j] += 2 * np.sqrt(np.nanmean(labels[:, k, j] ** 2))
        words = ("offset",)
    else:
        labels[:, k, j] *= FACTORS[kind]
        words = ("factor", "sign")
    return Planted(replace(data, **{field: labels}), words, output, (every[j],))


def _parts(field: str, data: Dataset, k: int) -> np.ndarray:
    """The part of each column in the output, or in the weighted sum of outputs."""
    if field == "jvp":
        return np.ones(data.jvp.shape[2])
    if field == "jacobian":
        slopes, size = data.jacobian[:, k], np.nanstd(data.y[:, k])
    else:
        weights = data.cotangents[:, k] * data.y.std(0)
        slopes, size = data.vjp[:, k], np.linalg.norm(weights, axis=1)[:, None]
    return np.sqrt(np.nanmean((slopes * data.x.std(0) / size) ** 2, axis=0))
