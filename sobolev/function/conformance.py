"""Whether a function can be relied on: what every `Function` of the house is held to."""

from collections.abc import Callable, Iterator

import numpy as np

from sobolev._base.conformance import Conformance, case, hold
from sobolev._base.errors import ConfigError, DataError
from sobolev.function.derivatives import NAMES
from sobolev.function.function import Function, Uncertain, required

STEPS = 3e-2, 1e-2, 1e-3  # as shares of the domain; the best of them counts
CONSTANT = 1e-6  # what changes by less of its size than this times SLOPES is not compared
SLOPES, SAME = 1e-5, 1e-9  # of the largest entry: differences of values, two ways of one number


def conforms(function: Function, points: np.ndarray | None = None, order: int = 2) -> Conformance:
    """Tries a function at a few points: is every answer what its protocol says?

    The cases: names and units of the right number; shapes at one point, at rows and at no rows; a
    row is the same alone; each derivative up to `order` is the difference of the one below (central
    differences with Richardson's step, the best of three widths, to 1e-5 of the largest entry); the
    Hessian is symmetric; jvp, vjp, hvp are the products with it; points of a wrong shape and NaN
    are refused by `DataError`, an unknown order by `ConfigError`; `inside` is True in the middle of
    the domain and False beyond; a spread has the shapes of the derivatives and is not negative.

    **Arguments:** `points [n, d]`, n ≥ 1, in physical units (default: three inside the box);
    `order` the highest derivative that is tried. What the function raises is a failed case, not an
    error. Costs some 12 d n calls for each order. Raises `ConfigError` when there is neither
    a box nor points, `DataError` for what is no `Function`.

    ```python
    found = conforms(MyFunction())
    assert found.good, str(found)
    ```
    """
    required("function", function)
    who = type(function).__name__
    named = case("names and units", lambda: _named(function))
    if not named.passed:
        return Conformance(who, (named,))
    x, width = _points(function, points)
    order = min(order, function.order)
    cases = [*_shapes(function, x, order), *_differences(function, x, width, order)]
    cases += [*_products(function, x, order), *_refusals(function, x), *_inside(function)]
    if isinstance(function, Uncertain):
        cases.append(("spread", lambda: _spread(function, x, min(order, 1))))
    return Conformance(who, (named, *(case(name, check) for name, check in cases)))


Case = tuple[str, Callable[[], str]]


def _named(f: Function) -> str:
    d, q = len(f.inputs), len(f.outputs)
    hold(d and q, f"it has {d} inputs and {q} outputs, and needs one of each")
    hold(len(set(f.inputs)) == d and len(set(f.outputs)) == q, "a name occurs twice")
    units = len(f.input_units), len(f.output_units)
    hold(units == (d, q), f"{d} inputs and {q} outputs have {units[0]} and {units[1]} units")
    box = f.box
    hold(box is None or box.names == tuple(f.inputs), "the names of its box are not its inputs")
    return f"{', '.join(f.outputs)} of {', '.join(f.inputs)}"


def _points(f: Function, points: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Where to try, and how wide the domain is."""
    if f.box is not None:
        width = np.subtract(f.box.upper, f.box.lower)
        inner = 0.2 + 0.6 * np.random.default_rng(0).random((3, len(width)))
        x = np.array(f.box.lower) + inner * width if points is None else np.asarray(points, float)
        return x, width
    if points is None:
        raise ConfigError("this function has no box: give conforms the points [n, d] to try.")
    x = np.asarray(points, float)
    return x, np.maximum(np.ptp(x, axis=0), 0.1 * np.maximum(np.abs(x).max(axis=0), 1e-3))


def _shapes(f: Function, x: np.ndarray, order: int) -> Iterator[Case]:
    d, q = len(f.inputs), len(f.outputs)

    def rows() -> str:
        for k in range(order + 1):
            found = f.derivatives(x, k)
            hold(len(found) == k + 1, f"order={k} gives {len(found)} arrays")
            for number, array in enumerate(found):
                shape = (len(x), q, *(d,) * number)
                hold(array.shape == shape, f"{NAMES[number]} is {array.shape}, not {shape}")
                hold(array.dtype == np.float64, f"{NAMES[number]} holds {array.dtype}")
        return f"{len(x)} rows up to order {order}"

    def alone() -> str:
        for ours, theirs in zip(f.derivatives(x[0], order), f.derivatives(x, order), strict=True):
            hold(ours.shape == theirs.shape[1:], f"one point gives {ours.shape}")
            hold(_near(ours, theirs[0], SAME), "one point differs from the same point in rows")
        return "one point is one row"

    def none() -> str:
        shapes = [array.shape for array in f.derivatives(x[:0], order)]
        hold(all(shape[0] == 0 for shape in shapes), f"no rows give {shapes}")
        return "no rows give none"

    yield from (("shapes of rows", rows), ("one point", alone), ("no rows", none))


def _differences(f: Function, x: np.ndarray, width: np.ndarray, order: int) -> Iterator[Case]:
    def compared(k: int) -> str:
        exact, below = _scaled(f, x, k, width), _scaled(f, x, k - 1, width)
        size = np.maximum(_largest(exact), 1e-3 * _largest(below))
        # an output that is constant but for its rounding has differences of nothing but that
        size = np.maximum(size, CONSTANT * _largest(f.derivatives(x, 0)[0]))
        worst = 0.0
        for i in range(len(width)):
            gaps = [np.abs(_slope(f, x, i, h, k, width) - exact[..., i]) for h in STEPS]
            of_outputs = _largest(np.min(gaps, axis=0)) / np.where(size > 0, size, 1.0)
            worst = max(worst, float(of_outputs.max()))
        hold(worst <= SLOPES, f"{NAMES[k]} is off by {worst:.1e} of the largest entry")
        return f"within {worst:.1e} of central differences"

    def symmetric() -> str:
        hessian = f.hessian(x)
        hold(_near(hessian, hessian.swapaxes(-1, -2), SAME), "the Hessian is not symmetric")
        return "the same both ways"

    for k in range(1, order + 1):
        yield f"{NAMES[k]} by differences", lambda k=k: compared(k)
    if order == 2:
        yield "symmetry", symmetric


def _scaled(f: Function, x: np.ndarray, k: int, width: np.ndarray) -> np.ndarray:
    """The derivative of order k by inputs on the unit cube, so that entries can be compared."""
    array = f.derivatives(x, k)[k]
    for axis in range(k):
        array = array * np.expand_dims(width, tuple(range(1, axis + 1)))
    return array


def _slope(f: Function, x: np.ndarray, i: int, h: float, k: int, width: np.ndarray) -> np.ndarray:
    """Central differences of the derivative below along input i, of fourth order in h."""
    step = h * width[i] * np.eye(x.shape[1])[i]
    up, down, far_up, far_down = (
        _scaled(f, x + s * step, k - 1, width) for s in (0.5, -0.5, 1.0, -1.0)
    )
    return (8 * (up - down) - (far_up - far_down)) / (6 * h)


def _largest(array: np.ndarray) -> np.ndarray:
    """Of the entries of each output, `[q]`."""
    return np.abs(array).max(axis=tuple(axis for axis in range(array.ndim) if axis != 1))


def _products(f: Function, x: np.ndarray, order: int) -> Iterator[Case]:
    rng = np.random.default_rng(1)
    v, w = rng.normal(size=x.shape), rng.normal(size=(len(x), len(f.outputs)))

    def jvp() -> str:
        y, dy = f.derivatives(x, 1)
        return _agree(f.jvp, x, v, y, np.einsum("nqd,nd->nq", dy, v))

    def vjp() -> str:
        y, dy = f.derivatives(x, 1)
        return _agree(f.vjp, x, w, y, np.einsum("nq,nqd->nd", w, dy))

    def hvp() -> str:
        _, dy, d2y = f.derivatives(x, 2)
        return _agree(f.hvp, x, v, dy, np.einsum("nqij,nj->nqi", d2y, v))

    def jvps() -> str:
        y, dy = f.derivatives(x, 1)
        several = np.stack([v, 2 * v[:, ::-1]], axis=1)
        known = y, np.einsum("nqd,nkd->nqk", dy, several)
        for found, right in zip(f.compute_jvps(x, several), known, strict=True):
            hold(found.shape == right.shape, f"it has shape {found.shape}, not {right.shape}")
            hold(_near(found, right, SAME), "it differs from the product of the arrays")
        return "equals the product of the arrays"

    cases = ("jvp", jvp), ("vjp", vjp), ("jvp of several directions", jvps)
    yield from cases[: 3 * min(order, 1)]
    if order == 2:
        yield "hvp", hvp


def _agree(product: Callable, x: np.ndarray, v: np.ndarray, lower, known) -> str:
    for found, right in zip(product(x, v), (lower, known), strict=True):
        hold(found.shape == right.shape, f"it has shape {found.shape}, not {right.shape}")
        hold(_near(found, right, SAME), "it differs from the product of the arrays")
    one = product(x[0], v[0])[1]
    hold(_near(one, known[0], SAME), "at one point it differs from the same point in rows")
    return "equals the product of the arrays"


def _refusals(f: Function, x: np.ndarray) -> Iterator[Case]:
    bad = np.array(x[0])
    bad[0] = np.nan
    asked = {
        "NaN": (lambda: f.derivatives(bad, 0), DataError),
        "a wrong shape": (lambda: f.derivatives(np.append(x[0], 0.0), 0), DataError),
        "order 3": (lambda: f.derivatives(x, 3), ConfigError),
    }
    for name, (ask, kind) in asked.items():
        yield f"{name} is refused", lambda ask=ask, kind=kind: _refused(ask, kind)


def _refused(ask: Callable[[], object], kind: type[Exception]) -> str:
    try:
        ask()
    except kind as error:
        hold("\n" not in str(error).strip(), "its refusal has more than one line")
        return str(error)
    raise AssertionError("it answered")


def _inside(f: Function) -> Iterator[Case]:
    def check() -> str:
        lower, upper = np.array(f.box.lower), np.array(f.box.upper)
        middle = lower / 2 + upper / 2
        found = f.inside(np.stack([middle, upper + (upper - lower), lower - (upper - lower)]))
        hold(list(found) == [True, False, False], "the middle of its box, or beyond it, is wrong")
        hold(np.ndim(f.inside(middle)) == 0, "one point needs one answer")
        return "the middle is, beyond is not"

    if f.box is not None:
        yield "inside", check


def _spread(f: Uncertain, x: np.ndarray, order: int) -> str:
    found = f.spread(x, order)
    for ours, theirs in zip(found, f.derivatives(x, order), strict=True):
        hold(ours.shape == theirs.shape, f"a spread has shape {ours.shape}, not {theirs.shape}")
        hold(not (ours < 0).any(), "a spread is negative")
    hold(_near(f.spread(x[0])[0], found[0][0], 1e-6), "one point differs from the same in rows")
    return "shaped like the derivatives, not negative"


def _near(a: np.ndarray, b: np.ndarray, share: float) -> bool:
    size = np.abs(b).max(initial=0.0)
    return bool(np.abs(a - b).max(initial=0.0) <= share * size + 1e-300)
