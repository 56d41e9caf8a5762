"""What does a call from Python cost, at one point and at many, and what does Ipopt get from exact Hessians?

Answer (2 cores, no GPU; ten inputs, three outputs, hidden layers 10-5-5-3 with tanh; medians of 15):

* Microseconds of a processor for value and Jacobian, beside four other jobs on the two cores, in two runs: one point 88 and 90,
  NumPy by hand 41 and 39, onnxruntime 30 and 31; 64 rows 380 and 356, 108, 75; 100 000 rows 69 400 and 59 800, 185 700 and
  161 900, 128 500 and 104 400. The clock is more than twice that, for NumPy as well. At one point it takes twice as long as
  NumPy by hand, for large batches 0.4 of that.
* One point: value 72 and 67, Hessian 224 and 376, J v 87 and 75, w J 93 and 80.
* What was before, run between them: Jacobian of one point 176 and 227, value 78 and 82, J v 102 and 105, w J 104 and 112. XLA
  hands a program that it counts as 1000 operations or more to another thread, and waiting for that takes 40. It counts a loop
  as one turn, so up to four outputs go backwards in turn: 950 operations for this network instead of 1900. A larger network
  waits; `jax.config.update("jax_cpu_enable_async_dispatch", False)` before JAX computes anything takes that off all (42 of 147 for
  the old program, 30 of a Hessian's 106).
* Ipopt, eight seeds: expression with exact Hessian 8, 8, 9, 7, 7, 7, 7, 7 iterations, the FMU of version 3.0 the same,
  limited memory 11, 19, 17, 16, 11, 11, 19, 12; all solved, the same optima to 2.5e-9.
"""

import tempfile
import time
from pathlib import Path

import casadi as ca
import jax
import numpy as np
import onnxruntime

from sobolev import Dataset, Surrogate, networks
from sobolev.exporters import FMU, ONNX, casadi_expression
from sobolev.networks import MLP

jax.config.update("jax_enable_x64", True)


def made(seed: int) -> Surrogate:
    rng = np.random.default_rng(seed)
    data = Dataset(rng.uniform(-1, 1, (30, 10)), rng.normal(size=(30, 3)))
    return Surrogate.new(data, MLP((10, 5, 5, 3), activation=networks.tanh), key=seed)


def by_hand(surrogate: Surrogate):
    """Value and Jacobian in NumPy, layer after layer."""
    layers = surrogate.network.layers
    weights = [(np.asarray(layer.weight), np.asarray(layer.bias)) for layer in layers]
    s = surrogate.scaling
    shift, scale = np.asarray(s.x_shift), np.asarray(s.x_scale)
    y_shift, y_scale = np.asarray(s.y_shift), np.asarray(s.y_scale)

    def asked(x):
        h = (x - shift) / scale
        D = None
        for i, (W, b) in enumerate(weights):
            z = h @ W.T + b
            D = np.broadcast_to(W, (len(x), *W.shape)) if D is None else W @ D
            if i < len(weights) - 1:
                h = np.tanh(z)
                D = (1 - h**2)[:, :, None] * D
            else:
                h = z
        return y_shift + y_scale * h, y_scale[:, None] * D / scale

    return asked


def cost(call, times: int) -> str:
    """Microseconds of a processor, and of the clock, for a call."""
    call(), call()
    found = []
    for _ in range(15):
        start = time.process_time(), time.perf_counter()
        for _ in range(times):
            call()
        end = time.process_time(), time.perf_counter()
        found.append([(b - a) / times * 1e6 for a, b in zip(start, end, strict=True)])
    processor, clock = np.median(found, axis=0)
    return f"{processor:.0f} ({clock:.0f})"


def compared(surrogate: Surrogate, hand, session, rows: int, times: int) -> None:
    x = surrogate.box.from_unit(np.random.default_rng(1).random((rows, 10)))
    for ours, theirs in zip(surrogate.derivatives(x, 1), hand(x), strict=False):
        assert np.allclose(ours, theirs)
    at = x[0] if rows == 1 else x
    ours = cost(lambda: surrogate.derivatives(at, 1), times)
    theirs = cost(lambda: hand(x), times)
    onnx = cost(lambda: session.run(["y", "dydx"], {"x": x}), times)
    print(
        f"{rows:6} rows, value and Jacobian: {ours} µs, NumPy by hand {theirs}, onnxruntime {onnx}",
        flush=True,
    )


def calls() -> None:
    surrogate = made(0)
    hand = by_hand(surrogate)
    with tempfile.TemporaryDirectory() as folder:
        (path,) = ONNX(order=1).write(surrogate, Path(folder, "m.onnx"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(path), options)
        for rows, times in ((1, 200), (64, 200), (100_000, 1)):
            compared(surrogate, hand, session, rows, times)
    x = surrogate.box.from_unit(np.random.default_rng(1).random((1, 10)))[0]
    for what, call in (
        ("value", lambda: surrogate.value(x)),
        ("Hessian", lambda: surrogate.derivatives(x, 2)),
        ("J v", lambda: surrogate.jvp(x, x)),
        ("w J", lambda: surrogate.vjp(x, np.ones(3))),
    ):
        print(f"one point, {what}: {cost(call, 200)} µs", flush=True)


def iterations() -> None:
    """Ipopt: min y₁ + 0.1 |x|², y₂, y₃ at most 0.05 above the start, eight seeds."""
    found = {"expression": [], "FMU": [], "limited memory": []}
    for seed in range(8):
        surrogate, x = made(seed), ca.MX.sym("x", 10)
        start = np.zeros(10)
        with tempfile.TemporaryDirectory() as folder:
            (path,) = FMU().write(surrogate, Path(folder, "m.fmu"))
            how = {"enable_reverse": False}
            fmu = ca.DaeBuilder("m", str(path), {}).create("f", ["u"], ["y"], how)
            formula = casadi_expression(surrogate)
            limited = {"ipopt.hessian_approximation": "limited-memory"}
            for name, f, options in (
                ("expression", formula, {}), ("FMU", fmu, {}), ("limited memory", formula, limited)
            ):  # fmt: skip
                y = f(x)
                program = {"x": x, "f": y[0] + 0.1 * ca.sumsqr(x), "g": y[1:]}
                quiet = {"print_time": 0, "ipopt.print_level": 0, "ipopt.sb": "yes"}
                solver = ca.nlpsol("s", "ipopt", program, quiet | options)
                bounds = surrogate.value(start)[1:] + 0.05
                at = solver(
                    x0=start, lbx=surrogate.box.lower, ubx=surrogate.box.upper,
                    lbg=-ca.inf, ubg=bounds,
                )  # fmt: skip
                stats = solver.stats()
                found[name].append((stats["iter_count"], stats["success"], float(at["f"])))
    best = np.array([f for _, _, f in found["expression"]])
    for name, rows in found.items():
        counts = [count for count, _, _ in rows]
        apart = np.abs(np.array([f for _, _, f in rows]) - best).max()
        print(
            f"Ipopt, {name}: {counts}, median {np.median(counts):.0f}, "
            f"{sum(good for _, good, _ in rows)} of 8 solved, optimum within {apart:.1e}"
        )


if __name__ == "__main__":
    calls()
    iterations()
