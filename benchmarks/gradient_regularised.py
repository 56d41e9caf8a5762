# Answer: both rules are monotone and converge; logistic regression takes 11 and 13 trials where gradient descent takes 17628
# steps. The talk's network reaches Adam's loss after x0.084 of its time by Mishchenko's rule (x0.063 to x0.115: two of
# 20 seeds, x0.101 and x0.115, miss a tenth), after x0.38 (x0.24 to x0.85) by Semenov's, which misses it in all seeds.
# Rosenbrock in 10 dimensions ends in its other minimum, as it does by every descent from there.
#
# AMD EPYC, one core of two, both busy, Python 3.11, JAX 0.9.2, 2026-11-26.
#
# LogSumExp, Hessian       Semenov        47 trials, |g| 5.8e-13, f 9.893e-01, monotone
# LogSumExp, Hessian       Mishchenko     44 trials, |g| 2.5e-11, f 9.893e-01, monotone
# LogSumExp, approximate   Semenov       262 trials, |g| 1.8e-11, f 9.893e-01, monotone
# LogSumExp, approximate   Mishchenko    112 trials, |g| 3.2e-13, f 9.893e-01, monotone
# Rosenbrock 10            Semenov        24 trials, |g| 2.6e-09, f 1.993e+00, monotone
# Rosenbrock 10            Mishchenko     10 trials, |g| 1.8e-10, f 1.993e+00, monotone
# Chebyshev 5              Semenov      2667 trials, |g| 9.2e-09, f 3.921e-12, monotone
# Chebyshev 5              Mishchenko    295 trials, |g| 4.3e-12, f 1.789e-24, monotone
# logistic regression      Semenov        11 trials, |g| 1.7e-13, f 1.175e-01, monotone
# logistic regression      Mishchenko     13 trials, |g| 7.9e-10, f 1.175e-01, monotone
# logistic regression      gradient descent 17628 steps
# seed 0: Adam 0.10 s to 2.43e-04; Semenov x0.328, Mishchenko x0.077, LM x0.116
# seed 1: Adam 0.10 s to 3.02e-04; Semenov x0.261, Mishchenko x0.067, LM x0.090
# seed 2: Adam 0.10 s to 9.57e-04; Semenov x0.255, Mishchenko x0.077, LM x0.083
# seed 3: Adam 0.10 s to 8.53e-04; Semenov x0.376, Mishchenko x0.085, LM x0.096
# seed 4: Adam 0.10 s to 1.41e-04; Semenov x0.850, Mishchenko x0.098, LM x0.099
# seed 5: Adam 0.10 s to 2.67e-04; Semenov x0.370, Mishchenko x0.083, LM x0.081
# seed 6: Adam 0.10 s to 1.52e-04; Semenov x0.439, Mishchenko x0.101, LM x0.125
# seed 7: Adam 0.10 s to 2.31e-04; Semenov x0.290, Mishchenko x0.067, LM x0.091
# seed 8: Adam 0.10 s to 4.63e-04; Semenov x0.384, Mishchenko x0.081, LM x0.102
# seed 9: Adam 0.10 s to 2.34e-04; Semenov x0.354, Mishchenko x0.115, LM x0.068
# seed 10: Adam 0.10 s to 2.60e-04; Semenov x0.758, Mishchenko x0.084, LM x0.097
# seed 11: Adam 0.10 s to 2.15e-04; Semenov x0.497, Mishchenko x0.085, LM x0.091
# seed 12: Adam 0.10 s to 3.24e-04; Semenov x0.237, Mishchenko x0.063, LM x0.082
# seed 13: Adam 0.10 s to 8.82e-05; Semenov x0.838, Mishchenko x0.074, LM x0.183
# seed 14: Adam 0.10 s to 3.23e-04; Semenov x0.509, Mishchenko x0.085, LM x0.196
# seed 15: Adam 0.10 s to 6.67e-04; Semenov x0.286, Mishchenko x0.090, LM x0.070
# seed 16: Adam 0.10 s to 1.50e-04; Semenov x0.391, Mishchenko x0.084, LM x0.105
# seed 17: Adam 0.10 s to 2.38e-04; Semenov x0.589, Mishchenko x0.095, LM x0.095
# seed 18: Adam 0.10 s to 5.02e-04; Semenov x0.288, Mishchenko x0.071, LM x0.118
# seed 19: Adam 0.10 s to 3.24e-04; Semenov x0.411, Mishchenko x0.095, LM x0.080
# Semenov: median x0.380, largest x0.850, 118 trials
# Mishchenko: median x0.084, largest x0.115, 20 trials
# LM: median x0.095, largest x0.196, 20 trials
"""Gradient-regularised Newton by two rules: known functions, logistic regression, a small network.

λ = ‖g‖/γ (Semenov, Jaggi & Doikov, arXiv 2506.13710) and λ = √(γ‖g‖) (Mishchenko 2023), γ₀ = 1, as
`optimisers.tried`. Trials until |g| ≤ 1e-8; the value of f never rises from trial to trial.

- LogSumExp: log Σ exp((⟨a_i, x⟩ − b_i)/μ), 200 × 50, μ = 0.1, + 1e-3|x|²/2; with its Hessian and with
  the approximation (1/μ) Aᵀ diag(π) A, which leaves a rank-one part out. From x = 1.
- Rosenbrock in 10 and Chebyshev–Rosenbrock in 5 dimensions as sums of squares, with JᵀJ. From
  (−1.2, 1, …) and (−1, 1, …).
- Logistic regression, 1000 × 50 with columns of size 1 to 0.03, + 1e-4|x|²/2, beside gradient descent with 1/L.
- The talk's network 5-3-3 on its plate with a hole (320 rows, values and two slopes): CPU seconds, without
  compilation, until the loss is that of Adam(1e-3) after 1000 epochs in batches of 32.

    python benchmarks/gradient_regularised.py --seeds 20
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

# ruff: noqa: E402 - the number of threads is read when NumPy and JAX are imported
import argparse
import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import sobolev as sb
from sobolev.losses import Labelled, Loss
from sobolev.optimisers import Mishchenko, Semenov, Task, tried
from sobolev.optimisers.first_state import start

jax.config.update("jax_enable_x64", True)
RULES = {"Semenov": Semenov(), "Mishchenko": Mishchenko()}
MOST, GOAL = 3000, 1e-8
ROUND = 4 * np.finfo(float).eps  # two compilations of f differ by that


def log_sum_exp():
    rng = np.random.default_rng(0)
    A, b = jnp.asarray(rng.uniform(-1, 1, (200, 50))), jnp.asarray(rng.uniform(-1, 1, 200))

    def f(x):
        return 0.1 * jax.scipy.special.logsumexp((A @ x - b) / 0.1) + 5e-4 * x @ x

    def weighted(x):
        π = jax.nn.softmax((A @ x - b) / 0.1)
        return (A * π[:, None]).T @ A / 0.1 + 1e-3 * jnp.eye(50)

    return f, weighted, jnp.ones(50)


def squares(residuals, x):
    def curvature(x):
        J = jax.jacobian(residuals)(x)
        return J.T @ J

    return lambda x: 0.5 * jnp.sum(residuals(x) ** 2), curvature, x


def rosenbrock(x):
    return jnp.concatenate([1 - x[:-1], 10 * (x[1:] - x[:-1] ** 2)])


def chebyshev(x):
    return jnp.append((x[0] - 1) / 2, x[1:] - 2 * x[:-1] ** 2 + 1)


def logistic():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 50)) * np.logspace(0, -1.5, 50)
    y = np.where(X.sum(axis=1) + 0.5 * rng.normal(size=1000) > 0, 1.0, -1.0)
    Z = jnp.asarray(X * y[:, None])

    def f(x):
        return jnp.mean(jax.nn.softplus(-Z @ x)) + 0.5e-4 * x @ x

    return f, jax.hessian(f), jnp.zeros(50), float(jnp.linalg.eigvalsh(Z.T @ Z / 4000)[-1]) + 1e-4


def minimised(rule, f, curvature, x) -> tuple[int, float, float, bool]:
    """`(trials until |g| ≤ 1e-8, or all; |g| and f there; whether f never rose, but for round-off)`."""
    both = jax.value_and_grad(f)

    def one(carry, _):
        x, γ = carry
        value, g = both(x)
        step = tried(rule, both, x, value, g, curvature(x), None, γ)
        return (jnp.where(step.accept, step.θ, x), step.γ), (value, jnp.linalg.norm(g))

    values, slopes = jax.jit(lambda x: jax.lax.scan(one, (x, 1.0), length=MOST)[1])(x)
    values, slopes = np.asarray(values), np.asarray(slopes)
    end = int(np.argmax(slopes <= GOAL)) if slopes.min() <= GOAL else MOST - 1
    return (
        end,
        float(slopes[end]),
        float(values[end]),
        bool(np.all(np.diff(values) <= ROUND * np.abs(values[1:]))),
    )


def descended(f, x, L: float) -> int:
    """Steps of gradient descent with 1/L until |g| ≤ 1e-8, at most 10⁶."""
    slope = jax.grad(f)
    going = lambda c: (jnp.linalg.norm(slope(c[0])) > GOAL) & (c[1] < 1_000_000)  # noqa: E731
    one = lambda c: (c[0] - slope(c[0]) / L, c[1] + 1)  # noqa: E731
    return int(jax.jit(lambda x: jax.lax.while_loop(going, one, (x, 0))[1])(x))


def known_functions() -> None:
    f, weighted, x = log_sum_exp()
    cases = {
        "LogSumExp, Hessian": (f, jax.hessian(f), x),
        "LogSumExp, approximate": (f, weighted, x),
        "Rosenbrock 10": squares(rosenbrock, jnp.ones(10).at[0].set(-1.2)),
        "Chebyshev 5": squares(chebyshev, jnp.ones(5).at[0].set(-1.0)),
    }
    f, hessian, x, L = logistic()
    cases["logistic regression"] = f, hessian, x
    for name, case in cases.items():
        for of, rule in RULES.items():
            trials, slope, value, monotone = minimised(rule, *case)
            print(f"{name:24s} {of:11s} {trials:5d} trials, |g| {slope:.1e}, f {value:.3e}, "
                  f"{'monotone' if monotone else 'RISES'}", flush=True)  # fmt: skip
    print(f"logistic regression      gradient descent {descended(f, x, L)} steps")


@eqx.filter_jit
def advance(task, optimiser, state, epochs):
    return jax.lax.fori_loop(0, epochs, lambda _, s: optimiser.epoch(task, s), state)


def total(task, θ):
    return jnp.sum(task.losses(θ, task.loss.batches()))


@eqx.filter_jit
def until(task, optimiser, state, goal, most):
    """Epochs until the loss is at the goal, looked at after each; `(state, loss)`."""
    going = lambda s: (total(task, s.θ) > goal) & (s.epoch < most)  # noqa: E731
    state = jax.lax.while_loop(going, lambda s: optimiser.epoch(task, s), state)
    return state, total(task, state.θ)


def small_network(seeds: int) -> None:
    problem = sb.problems.PlateWithHole(material="svk")
    points, group = sb.designs.staggered_grid(25, train=320)(problem.box)
    data = sb.generate(problem, points[group == "train"])
    begin = eqx.filter_jit(start)
    methods = {
        "Semenov": sb.optimisers.SemenovNewton(),
        "Mishchenko": sb.optimisers.MishchenkoNewton(),
        "LM": sb.optimisers.LevenbergMarquardt(),
    }
    adam = sb.optimisers.Adam(1e-3, 32)
    ratios, trials = ({name: [] for name in methods} for _ in range(2))
    for seed in range(seeds):
        surrogate = sb.Surrogate.mlp(data, (5, 3, 3), seed)
        loss = Loss((Labelled.of(data, surrogate.scaling),))
        weighting = sb.weighting.Unweighted()
        task = Task(surrogate.network, loss, weighting, jax.random.key(seed))
        state = advance(task, adam, begin(task, adam), jnp.asarray(0))
        clock = time.process_time()
        state = jax.block_until_ready(advance(task, adam, state, jnp.asarray(1000)))
        budget, goal = time.process_time() - clock, float(eqx.filter_jit(total)(task, state.θ))
        for name, optimiser in methods.items():
            first = begin(task, optimiser)
            jax.block_until_ready(until(task, optimiser, first, goal, jnp.asarray(0)))
            clock = time.process_time()
            state, loss = until(task, optimiser, first, goal, jnp.asarray(3000))
            reached = float(loss) <= goal
            used = time.process_time() - clock
            ratios[name].append(used / budget if reached else np.inf)
            trials[name].append(int(state.epoch))
        said = ", ".join(f"{name} x{each[-1]:.3f}" for name, each in ratios.items())
        print(f"seed {seed}: Adam {budget:.2f} s to {goal:.2e}; {said}", flush=True)
    for name, each in ratios.items():
        print(f"{name}: median x{np.median(each):.3f}, largest x{np.max(each):.3f}, "
              f"{np.median(trials[name]):.0f} trials")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    given = parser.parse_args()
    known_functions()
    small_network(given.seeds)


if __name__ == "__main__":
    main()
