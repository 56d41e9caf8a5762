"""Transport: do networks on characteristics x(X, t), u(X, t) solve what a plain network u(x, t) does not?

Answer, of ONE seed so far (eight are asked for by default and have not been run), one busy core of two, 2026-11-26: yes.

    convection           plain    5.4e-01                   8 CPU s
    convection           followed 5.9e-05  least J 1.00    12 CPU s
    convection-diffusion plain    5.3e-01                   7 CPU s
    convection-diffusion followed 5.9e-05  least J 1.00    11 CPU s
    Burgers C            plain    9.9e-01                   7 CPU s
    Burgers C            followed 8.0e-03  least J 0.02    12 CPU s

These had 100 epochs each; with the 160 that take the plain network as long as the other, convection has 5.4e-1 and
5.3e-1 (two seeds). Errors in L² of what moves (u − 50 for Burgers C), over x and t; along characteristics they include
the error of the place. u₀ is e^{sin x}, for Burgers C 50 + sin x; speed 50, ν = 0.01, periodic, t up to 1. Source of the
idea: Mojgani, Balajewicz & Hassanzadeh, arXiv 2205.02902; here the displacement is learnt, which is periodic where x is
not, initial states are hard conditions, and the diffusion has its J.
"""

import argparse
import time

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

from sobolev import Box, Surrogate, fit  # noqa: E402
from sobolev.losses import Equation, Uniform, derivatives_along  # noqa: E402
from sobolev.networks import MLP, Face, Formula, HardBoundary, Periodic, tanh  # noqa: E402
from sobolev.optimisers import LevenbergMarquardt  # noqa: E402
from sobolev.weighting import Unweighted  # noqa: E402

SPEED, ν, TURN = 50.0, 0.01, 2 * np.pi
BOX = Box(("x", "t"), (0.0, 0.0), (TURN, 1.0))
START, FIRST, SECOND = (Face("t", 0.0),), jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])
NETWORK, POINTS, EPOCHS = (
    Periodic(MLP((20, 20, 20), activation=tanh), {"x": TURN}),
    1024,
    (160, 100),
)
# EPOCHS of the plain network and along characteristics take the same CPU seconds.
LEAST = 1e-2  # of J = ∂x/∂X: below, characteristics cross, or would but for a little viscosity


def modes(x, t, diffusion):
    """u of u₀ = e^{sin x}, mode by mode."""
    n = 256
    û = np.fft.fft(np.exp(np.sin(np.arange(n) * TURN / n))) / n
    k = np.fft.fftfreq(n, 1 / n)
    phase = 1j * k * (x - SPEED * t)[:, None] - diffusion * k**2 * t[:, None]
    return (û * np.exp(phase)).sum(1).real


def cole_hopf(x, t):
    """u of u₀ = 50 + sin x."""
    z = np.linspace(-12, 12, 2001)
    y = (x - SPEED * t)[:, None] - np.sqrt(4 * ν * t)[:, None] * z
    power = np.cos(y) / (2 * ν) - z**2
    kernel = np.exp(power - power.max(1, keepdims=True))
    return SPEED + (np.sin(y) * kernel).sum(1) / kernel.sum(1)


# Initial state, viscosity, whether u itself is the speed, what is subtracted for the error, exact.
PROBLEMS = {
    "convection": ("exp(sin(x))", 0.0, False, 0.0, lambda x, t: modes(x, t, 0.0)),
    "convection-diffusion": ("exp(sin(x))", ν, False, 0.0, lambda x, t: modes(x, t, ν)),
    "Burgers C": ("50+sin(x)", ν, True, SPEED, cole_hopf),
}


def grid():
    """Points of the box."""
    x, t = np.meshgrid(np.linspace(0, TURN, 64, endpoint=False), np.linspace(0.02, 1, 50))
    return np.stack([x.ravel(), t.ravel()], 1)


def trained(surrogate, block, epochs, seed):
    """Levenberg and Marquardt's steps, points drawn anew after every 5."""
    settings = {"optimiser": LevenbergMarquardt(), "weighting": Unweighted(), "check": False}
    return fit(surrogate, [block], epochs=epochs, seed=seed, records=2, **settings).surrogate


def plain(problem, seed):
    """u(x, t): its relative error in L², of what moves."""
    start, viscosity, own_speed, shift, exact = PROBLEMS[problem]

    def equation(u, p):
        along_x, along_t = derivatives_along(u, p, FIRST, 2), derivatives_along(u, p, SECOND, 1)
        speed = along_x[0, 0] if own_speed else SPEED
        return along_t[1, 0] + speed * along_x[1, 0] - viscosity * along_x[2, 0]

    made = HardBoundary(NETWORK, START, Formula(start))
    surrogate = Surrogate.on(BOX, ("u",), made, key=seed, output_shift=shift)
    block = Equation("plain", equation, Uniform(BOX, POINTS, 5), scale=SPEED)
    found = trained(surrogate, block, EPOCHS[0], seed)
    wanted = exact(*grid().T)
    off = found.value(grid())[:, 0] - wanted
    return np.linalg.norm(off) / np.linalg.norm(wanted - shift), 1.0


def followed(problem, seed):
    """x = X + d(X, t) and u(X, t), J = 1 + d_X: the same error, each point counted with its J."""
    start, viscosity, own_speed, shift, exact = PROBLEMS[problem]

    def equations(y, p):
        along_X, along_t = derivatives_along(y, p, FIRST, 2), derivatives_along(y, p, SECOND, 1)
        speed = along_X[0, 1] if own_speed else SPEED
        J, bent = 1 + along_X[1, 0], along_X[2, 0]
        # u_t = ν/J (u_X/J)_X, multiplied by J³
        spread = viscosity * (J * along_X[2, 1] - bent * along_X[1, 1])
        return jnp.stack([along_t[1, 0] - speed, J**3 * along_t[1, 1] - spread])

    inner = HardBoundary(NETWORK, START, outputs=("d",))
    made = HardBoundary(inner, START, Formula(start), outputs=("u",))
    surrogate = Surrogate.on(
        BOX, ("d", "u"), made, key=seed, output_scale=(SPEED, 1.0), output_shift=(0.0, shift)
    )
    names = "characteristic", "along it"
    block = Equation(names, equations, Uniform(BOX, POINTS, 5))
    y, slopes = trained(surrogate, block, EPOCHS[1], seed).derivatives(grid(), 1)
    J = 1 + slopes[:, 0, 0]
    if J.min() < LEAST:
        raise SystemExit(f"characteristics cross: J = {J.min():.2g}; solve for u(x, t) instead.")
    X, t = grid().T
    wanted = exact(X + y[:, 0], t)
    off, size = (np.sqrt(np.mean(J * v**2)) for v in (y[:, 1] - wanted, wanted - shift))
    return off / size, J.min()


def main():
    """Each problem both ways, all seeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=8)
    asked = parser.parse_args()
    for problem in PROBLEMS:
        for way in (plain, followed):
            begin = time.process_time()
            found = [way(problem, seed) for seed in range(asked.seeds)]
            each = " ".join(f"{error:.1e}" for error, _ in found)
            seconds = (time.process_time() - begin) / asked.seeds
            print(
                f"    {problem:20s} {way.__name__:8s} median {np.median([e for e, _ in found]):.1e}"
                f"  {each}  least J {min(J for _, J in found):.2f}  {seconds:.0f} CPU s each",
                flush=True,
            )


if __name__ == "__main__":
    main()
