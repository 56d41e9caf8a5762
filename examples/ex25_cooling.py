"""A body that cools: how fast, and how warm the room is, from noisy temperatures alone.

Forty temperatures with an error of 1 K, and the law of cooling T' = h (T₀ - T); neither h nor the
room's temperature T₀ is known, nor how warm the body was. Both are outputs of the network that do
not depend on time, trained with it. The noise is found too, and both are as sure as
by a least-squares fit of the exact solution, which has to be known for that.
"""

import jax
import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import curve_fit

import sobolev as sb
from sobolev.networks import MLP, Constants, tanh

jax.config.update("jax_enable_x64", True)

RATE, ROOM, NOISE = 0.5, 20.0, 1.0  # 1/min, °C, K
EXPECTED = {
    "rate in 1/min": (0.52, 0.02),
    "room in °C": (20.6, 0.02),
    "noise in K": (0.79, 0.05),
    "interval of the rate, over that of least squares": (1.0, 0.03),
}
BOX = sb.Box(("t",), (0.0,), (6.0,), ("min",))
T = np.linspace(0, 6, 40)[:, None]


def exact(t):
    """From 80 °C."""
    return ROOM + 60 * np.exp(-RATE * t)


def cooling(u, t):
    """T' - h (T₀ - T), of outputs (T, h, T₀)."""
    temperature, rate, room = u(t)
    return jax.jacfwd(u)(t)[0, 0] - rate * (room - temperature)


def found() -> tuple[sb.Laplace, sb.Dataset]:
    """The posterior, and what was measured."""
    noisy = exact(T) + NOISE * np.random.default_rng(0).normal(size=T.shape)
    data = sb.Dataset(T, noisy, inputs=("t",), outputs=("T",))
    network = Constants(MLP((8,), activation=tanh), ("h", "room"), (1.0, 10.0), positive=True)
    start = sb.Surrogate.on(
        BOX, ("T", "h", "room"), network, output_scale=(30, 1, 30), output_shift=(50, 0, 0),
        output_units=("°C", "1/min", "°C"),
    )  # fmt: skip
    law = sb.Equation("cooling", cooling, np.linspace(0, 6, 60)[:, None], order=1, scale=30.0)
    fitted = sb.fit(
        start, [data, law], optimiser=sb.optimisers.BayesianRegularisation(), epochs=100, records=5
    )
    return sb.laplace(fitted.surrogate, [data, law]), data


def least_squares(data: sb.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Rate and room of the exact solution, fitted, and how far 90 % reach; for comparison."""
    law = lambda t, start, rate, room: room + start * np.exp(-rate * t)  # noqa: E731
    best, covariance = curve_fit(law, data.x[:, 0], data.y[:, 0], (60, RATE, ROOM))
    return best[1:], 1.645 * np.sqrt(np.diag(covariance)[1:])


def main() -> dict[str, float]:
    """Both constants with their intervals."""
    posterior, data = found()
    value, (low, high) = posterior.value(T[0]), posterior.interval(T[0], 0.9, noise=False)[0]
    known, reach = least_squares(data)
    for k, name in enumerate(("rate", "room"), 1):
        print(f"{name} {value[k]:.3f}, in [{low[k]:.3f}, {high[k]:.3f}] with 90 %")
        print(f"    {known[k - 1]:.3f} ± {reach[k - 1]:.3f} by who knows the solution")
    print(f"noise {posterior.noise['T']:.2f} K")
    return {
        "rate in 1/min": float(value[1]),
        "room in °C": float(value[2]),
        "noise in K": posterior.noise["T"],
        "interval of the rate, over that of least squares": float((high - low)[1] / 2 / reach[0]),
    }


def figure() -> Figure:
    """What was measured and what it was; where both constants lie."""
    posterior, data = found()
    t = np.linspace(0, 6, 121)[:, None]
    made = Figure(figsize=(8, 3), layout="constrained")
    left, right = made.subplots(1, 2, width_ratios=(3, 2))
    low, high = posterior.interval(t, 0.9, noise=False)[0]
    left.plot(t, exact(t), color="0.7", lw=3)
    left.fill_between(t[:, 0], low[:, 0], high[:, 0], color="C0", alpha=0.4, lw=0)
    left.plot(t, posterior.value(t)[:, 0], "C0", lw=1)
    left.plot(data.x, data.y, ".", color="0.3", ms=4)
    left.set(xlabel="t in min", ylabel="T in °C", title="measured, found, and exact in grey")
    value, spread = posterior.value(T[0])[1:], 1.645 * posterior.spread(T[0])[0][1:]
    known, reach = least_squares(data)
    right.errorbar(*known, reach[1], reach[0], color="0.7", lw=3, label="least squares")
    right.errorbar(*value, spread[1], spread[0], color="C0", label="network")
    right.plot(RATE, ROOM, "x", color="C3", label="truth")
    right.legend(fontsize=8)
    right.set(xlabel="rate in 1/min", ylabel="room in °C", title="both, with their 90 %")
    return made


if __name__ == "__main__":
    main()
