"""How much sooner is the highest mode learnt with slopes?

Answer: with second-order steps and the default weights: never from values and after 586 epochs with slopes, where the
rows are too few for values to show the mode (32, 1.6 to the wave); with rows enough for that x0.9 to x1.4 sooner only.
A second-order step does not mind how steep a mode is, and terms of equal size give mode 20 just four times the weight
of mode 1. The theory's 1 + k² (a linear model has it to 2 %, tests/unit/losses) wants first-order steps *and* the
unweighted loss: by Adam from 80 rows after 5041 epochs, and not within 30 000 from values: more than x6 (by the default
weights more than x1.8). A network that has such waves from the start needs no help (x1.4 to x2), a plain MLP is not
there by Adam within 20 000 at all. Unweighted slopes are no default: values come last, and some draws never come.
`SSBroyden` is named here: of 32 rows `fit` itself cannot tell these waves from noise, and leaves the mode out; from 40
rows on it can, since kriging begins its search from short lengths, too.

Medians [smallest to largest] of 8 (SSBroyden) and 5 (Adam) initialisations, inf: not within 5000 (SSBroyden), 20 000
(Adam; 30 000 mixed, 80 rows) epochs; Adam at the best of three rates in each line; 2026-11-26, one core, of SSBroyden's
the other one busy, JAX 0.9.2. 160 values and 80 rows with slopes have as many labels.

    network, optimiser, rate, rows, way: epochs [of seeds], CPU s, sooner by
    mixed  SSBroyden          32  values                 inf [inf to inf]         inf        -
    mixed  SSBroyden          32  slopes                 586 [445 to inf]        0.37  >   8.5
    mixed  SSBroyden          32  slopes, unweighted    1038 [557 to inf]        0.67  >   4.8
    mixed  SSBroyden          80  values                 726 [567 to 1143]       0.37     1.00
    mixed  SSBroyden          80  slopes                 562 [436 to 737]        0.45     1.29
    mixed  SSBroyden          80  slopes, unweighted     402 [308 to 708]        0.39     1.80
    mixed  SSBroyden         160  values                 736 [567 to 890]        0.50     1.00
    mixed  SSBroyden         160  slopes                 515 [408 to 783]        0.61     1.43
    mixed  SSBroyden         160  slopes, unweighted     522 [252 to 689]        0.75     1.41
    mixed  Adam      0.001    32  values                 inf [inf to inf]         inf        -
    mixed  Adam      0.001    32  slopes                 inf [14424 to inf]       inf        -
    mixed  Adam      0.001    32  slopes, unweighted     inf [inf to inf]         inf        -
    mixed  Adam      0.001    80  values                 inf [inf to inf]         inf        -
    mixed  Adam      0.01     80  slopes               16964 [8852 to 18711]     5.57  >   1.8
    mixed  Adam      0.001    80  slopes, unweighted    5041 [3682 to 8980]      1.88  >   6.0
    mixed  Adam      0.001   160  values                 inf [inf to inf]         inf        -
    mixed  Adam      0.01    160  slopes               19468 [12947 to inf]     10.82  >   1.0
    mixed  Adam      0.003   160  slopes, unweighted    3863 [2371 to 4254]      2.35  >   5.2
    mlp    SSBroyden          32  values                 inf [inf to inf]         inf        -
    mlp    SSBroyden          32  slopes                 inf [345 to inf]         inf        -
    mlp    SSBroyden          32  slopes, unweighted     inf [610 to inf]         inf        -
    mlp    SSBroyden          80  values                 592 [493 to inf]        0.23     1.00
    mlp    SSBroyden          80  slopes                 644 [493 to 837]        0.29     0.92
    mlp    SSBroyden          80  slopes, unweighted    2289 [316 to inf]        1.00     0.26
    mlp    SSBroyden         160  values                 642 [509 to 1006]       0.30     1.00
    mlp    SSBroyden         160  slopes                 600 [461 to 1018]       0.36     1.07
    mlp    SSBroyden         160  slopes, unweighted     578 [470 to inf]        0.39     1.11
    mlp    Adam      any    all  all three              inf [inf to inf]         inf        -
    sine   SSBroyden          32  values                 inf [inf to inf]         inf        -
    sine   SSBroyden          32  slopes                  41 [30 to 60]          0.09  > 122.0
    sine   SSBroyden          32  slopes, unweighted     174 [115 to inf]        0.16  >  28.8
    sine   SSBroyden          80  values                  52 [33 to 74]          0.06     1.00
    sine   SSBroyden          80  slopes                  38 [28 to 59]          0.07     1.36
    sine   SSBroyden          80  slopes, unweighted      48 [44 to 69]          0.09     1.06
    sine   SSBroyden         160  values                  54 [32 to 98]          0.08     1.00
    sine   SSBroyden         160  slopes                  38 [30 to 54]          0.09     1.39
    sine   SSBroyden         160  slopes, unweighted      56 [37 to 64]          0.17     0.96
    sine   Adam      0.001    32  values                 inf [inf to inf]         inf        -
    sine   Adam      0.01     32  slopes                  31 [24 to 33]          0.01  > 645.2
    sine   Adam      0.001    32  slopes, unweighted     979 [957 to 1709]       0.22  >  20.4
    sine   Adam      0.01     80  values                  48 [40 to 49]          0.02     1.00
    sine   Adam      0.01     80  slopes                  32 [29 to 38]          0.02     1.50
    sine   Adam      0.01     80  slopes, unweighted      29 [18 to 31]          0.02     1.66
    sine   Adam      0.01    160  values                  50 [46 to 57]          0.02     1.00
    sine   Adam      0.01    160  slopes                  35 [30 to 36]          0.03     1.43
    sine   Adam      0.01    160  slopes, unweighted      24 [18 to 29]          0.02     2.08

y = Σ sin kx over k = 1, 5, 10, 20, as a table of equally spaced points on [0, 2π) with values, or with values and exact
slopes. Epochs and CPU seconds (without compilation) until the Fourier coefficient of mode 20 is right to 10 %.
"""

import argparse
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

jax.config.update("jax_enable_x64", True)

import sobolev as sb  # noqa: E402
from sobolev.networks import MLP, MixedMLP, SineNetwork  # noqa: E402
from sobolev.optimisers import Adam, Optimiser, SSBroyden  # noqa: E402
from sobolev.optimisers.optimiser import State, Task, when  # noqa: E402
from sobolev.weighting import InverseEnergy, Unweighted  # noqa: E402

MODES, GRID = np.array([1, 5, 10, 20]), np.linspace(0, 2 * np.pi, 256, endpoint=False)
NETWORKS = {
    "mixed": MixedMLP((24, 24)),  # of `sobolev fit`
    "mlp": MLP((24, 24)),  # of `Surrogate.new`
    "sine": SineNetwork((24, 24), frequency=10.0),  # such waves from the start
}
RATES = 1e-3, 3e-3, 1e-2
FIRST, SECOND = "Adam", "SSBroyden"
WAYS = {
    "values": (0, InverseEnergy()),
    "slopes": (1, InverseEnergy()),
    "slopes, unweighted": (1, Unweighted()),
}


class Until(Optimiser):
    """Another optimiser, until mode 20 is right to 10 %; steps are counted up to there."""

    inner: Optimiser

    @property
    def first_order(self) -> bool:  # pyright: ignore
        """That of the other."""
        return self.inner.first_order

    def rows_a_step(self) -> int | None:
        """That of the other."""
        return self.inner.rows_a_step()

    def init(self, task: Task, θ: Array):
        """That of the other."""
        return self.inner.init(task, θ)

    def epoch(self, task: Task, state: State) -> State:
        """One epoch of the other, and a look."""

        def step(state: State) -> State:
            after = self.inner.epoch(task, state)
            value = jax.vmap(task.view(after.θ).physical)(jnp.asarray(GRID)[:, None])[:, 0]
            return after._replace(converged=after.converged | (off_by(value) <= 0.1))

        return when(~state.converged, step, state)._replace(epoch=state.epoch + 1)


def off_by(value: Array) -> Array:
    """|ê₂₀|: the amplitude of the error in the mode whose own is 1."""
    waves = jnp.exp(1j * MODES[-1] * GRID)
    return jnp.abs(2 * jnp.mean(value * waves) - 1j)  # ∫ sin kx e^{ikx} = iπ


def table(rows: int) -> sb.Dataset:
    """Values and slopes."""
    x = 2 * np.pi * np.arange(rows) / rows
    y = np.sin(np.outer(x, MODES)).sum(axis=1)
    slopes = (MODES * np.cos(np.outer(x, MODES))).sum(axis=1)
    return sb.Dataset(x[:, None], y[:, None], slopes[:, None, None])


def reached(data: sb.Dataset, network, way: str, optimiser: Optimiser, seed: int, most: int):
    """`(epochs, CPU seconds)`, infinite if not within `most`."""
    order, weighting = WAYS[way]
    fitted = sb.fit(
        sb.Surrogate.new(data, network, key=seed), data, loss=sb.SobolevLoss.of(data, order),
        weighting=weighting, optimiser=Until(optimiser), epochs=most, records=1, seed=seed,
        check=False,
    )  # fmt: skip
    if off_by(fitted.surrogate.value(GRID[:, None])[:, 0]) > 0.1:
        return np.inf, np.inf
    return float(fitted.history.step[-1]), float(fitted.history.cpu_seconds[-1])


def medians(network: str, optimiser: str, rows: int, most: int, seeds: range) -> Iterator[str]:
    """A line for each way; of Adam at the rate that is best for it."""
    data, first = table(rows), None
    tried = [SSBroyden()] if optimiser == SECOND else [Adam(rate, None) for rate in RATES]
    for way in WAYS:
        found = np.array(
            [[reached(data, NETWORKS[network], way, o, s, most) for s in seeds] for o in tried]
        )
        best = int(np.argmin(np.median(found[..., 0], axis=1)))
        epochs, seconds = np.median(found[best], axis=0)
        ends = f"{found[best, :, 0].min():.0f} to {found[best, :, 0].max():.0f}"
        first = epochs if first is None else first
        none = "      -" if np.isinf(first) and np.isinf(epochs) else None
        factor = none or (
            f"> {most / epochs:5.1f}" if np.isinf(first) else f"{first / epochs:7.2f}"
        )
        rate = f"{RATES[best]:g}" if len(tried) > 1 else ""
        yield (
            f"    {network:6s} {optimiser:9s} {rate:6s} {rows:4d}  {way:19s} {epochs:6.0f} "
            f"{f'[{ends}]':16s} {seconds:7.2f}  {factor}"
        )


def main() -> None:
    """All of them, or the networks and optimisers named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--optimisers", nargs="+", default=[SECOND, FIRST])
    parser.add_argument("--rows", nargs="+", type=int, default=[32, 80, 160])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--most", type=int, default=20000, help="epochs of Adam")
    asked = parser.parse_args()
    print("    network, optimiser, rate, rows, way: epochs [of seeds], CPU s, sooner by")
    for network in asked.networks:
        for optimiser in asked.optimisers:
            for rows in asked.rows:
                most = 5000 if optimiser == SECOND else asked.most
                for line in medians(network, optimiser, rows, most, range(asked.seeds)):
                    print(line, flush=True)


if __name__ == "__main__":
    main()
