"""Does a tool get further with a surrogate's slopes, and does it end where the true function would?

Answer (2 shared cores, no GPU; one surrogate of 64 points with slopes; OpenMDAO 3.45.1, umbridge 1.2.10,
CUQIpy 1.4.1 with NumPy 2.3):

* OpenMDAO, SLSQP, min y with z ≥ 1: (−0.0728, 1.0509) after 8 evaluations, the true optimum is (−0.0715, 1.0500).
* UM-Bridge, stock client, medians of 200 calls: 1.7 to 1.9 ms on the quiet machine (90 %: 2.2 to 3.9), of which 0.65 are
  the server's on a connection that stays open; with two other jobs on the two cores 3.2 to 4.2 ms (90 %: 8 to 12).
* CUQIpy, NUTS, 800 samples less 200, four seeds: means (0.501, −0.406), (0.461, −0.368), (0.475, −0.381), (0.503, −0.399),
  deviations (0.109, 0.080), (0.112, 0.083), (0.114, 0.085), (0.116, 0.081); quadrature of the true posterior (0.480, −0.385) and
  (0.114, 0.084); 7.8 to 19.6 CPU s, most of it CUQIpy's.

NUTS of CUQIpy 1.4.1 and 1.5.1 fails with NumPy 2.4, whatever the model ("only 0-dimensional arrays can be converted"):
`pip install "numpy<2.4"` for that part. FORM of OpenTURNS is in `examples/ex50_reliability.py`.
"""

import contextlib
import io
import time
import warnings

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import minimize

from sobolev import Box, Surrogate, bridges, fit, function, generate, networks
from sobolev.designs import sobol
from sobolev.optimisers import LevenbergMarquardt

jax.config.update("jax_enable_x64", True)
SEEDS, CALLS = range(4), 200
BOX = Box(("a", "b"), (-3.0, -3.0), (3.0, 3.0))


def formula(x):
    a, b = x
    return jnp.array([jnp.exp(0.3 * a) + 0.2 * b**2, jnp.sin(0.7 * a) + b])


TRUE = function.of_jax(formula, BOX, ("y", "z"))


def learnt(seed=0):
    data = generate(TRUE, sobol(64))
    start = Surrogate.new(data, networks.MLP((12,)), key=seed)
    return fit(start, data, optimiser=LevenbergMarquardt(), epochs=150, check=False).surrogate


def openmdao(surrogate):
    """min y with z ≥ 1, by SLSQP; the same by SciPy on the true function."""
    import openmdao.api as om

    problem = om.Problem(reports=False)
    component = bridges.OpenMDAOComponent(surrogate)
    problem.model.add_subsystem("f", component, promotes=["*"])
    problem.driver = om.ScipyOptimizeDriver(optimizer="SLSQP", tol=1e-10, disp=False)
    for name, low, high in zip(BOX.names, BOX.lower, BOX.upper, strict=True):
        problem.model.add_design_var(name, low, high)
    problem.model.add_objective("y")
    problem.model.add_constraint("z", lower=1.0)
    problem.setup()
    ended = problem.run_driver()
    found = np.array([problem.get_val(name)[0] for name in BOX.names])
    known = minimize(
        x0=np.zeros(2), method="trust-constr", constraints=bridges.constraint(TRUE, 1.0, outputs=["z"]),
        tol=1e-12, options={"maxiter": 2000}, **bridges.objective(TRUE, "y"),
    ).x  # fmt: skip
    evaluations = f"{problem.driver.iter_count} evaluations"
    print(f"OpenMDAO, SLSQP: {found}, true optimum {known}, {evaluations}, success {ended.success}")


def cuqi(surrogate):
    """NUTS for a, b from a measurement of y and z with 5 % of noise, beside quadrature."""
    model = bridges.cuqi_model(surrogate, "answer")
    from cuqi.distribution import Gaussian, JointDistribution

    try:
        from cuqi.experimental.mcmc import NUTS
    except ImportError:  # there since 1.5
        from cuqi.sampler import NUTS

    seen = TRUE.value(np.array([0.5, -0.4]))
    x = Gaussian(np.zeros(2), 1.0, name="x")
    y = Gaussian(model(x), 0.05**2, name="y")
    line = np.linspace(-3, 3, 601)
    grid = np.stack(np.meshgrid(line, line, indexing="ij"), -1).reshape(-1, 2)
    away = np.sum((TRUE.value(grid) - seen) ** 2, 1) / 0.05**2 + np.sum(grid**2, 1)
    weight = np.exp(-away / 2) / np.sum(np.exp(-away / 2))
    mean = weight @ grid
    print(
        f"CUQIpy, quadrature of the true posterior: {mean}, {np.sqrt(weight @ (grid - mean) ** 2)}"
    )
    for seed in SEEDS:
        np.random.seed(seed)  # noqa: NPY002 - CUQIpy draws from it
        start = time.process_time()
        with contextlib.redirect_stderr(io.StringIO()):
            sampler = NUTS(JointDistribution(x, y)(y=seen))
            sampler.warmup(200)
            sampler.sample(800)
        samples = sampler.get_samples().burnthin(200).samples
        seconds = time.process_time() - start
        print(f"  NUTS, seed {seed}: {samples.mean(1)}, {samples.std(1)}, {seconds:.1f} CPU s")


def umbridge(surrogate):
    """A call of the stock client, in ms."""
    import umbridge as stock

    with bridges.UMBridgeServer(surrogate, port=0) as server:
        client, point = stock.HTTPModel(server.url, "model"), [[0.3, 0.4]]
        asked = {
            "Evaluate": lambda: client(point),
            "Gradient": lambda: client.gradient(0, 0, point, [1.0, 0.0]),
            "ApplyJacobian": lambda: client.apply_jacobian(0, 0, point, [1.0, 0.0]),
            "ApplyHessian": lambda: client.apply_hessian(0, 0, 0, point, [1.0, 0.0], [1.0, 0.0]),
        }
        for name, call in asked.items():
            call()
            times = []
            for _ in range(CALLS):
                start = time.perf_counter()
                call()
                times.append(1e3 * (time.perf_counter() - start))
            print(
                f"UM-Bridge, {name}: {np.median(times):.2f} ms, 90 % {np.quantile(times, 0.9):.2f}"
            )


if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=RuntimeWarning)
    surrogate = learnt()
    for bridge in (openmdao, umbridge, cuqi):
        bridge(surrogate)
