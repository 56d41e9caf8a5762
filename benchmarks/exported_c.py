"""How long an exported surrogate takes in C, beside its activations alone, JAX and NumPy.

Ten inputs, hidden layers 10-5-5-3 with tanh, three outputs; nanoseconds of CPU a call, the least of
15 blocks of calls, all in one run. "23 tanh" are the activations of the network and nothing else:
the bar is a value in 2, a Jacobian in 4, a Hessian in 12 times that. JAX and NumPy are asked at one
point; JAX's function is compiled before. Nothing is random but the weights, which do not matter.

2 cores, no GPU, beside other jobs; gcc 12.2; nanoseconds (times 23 tanh), which three further runs repeat within 4 %:

    flags               value        Jacobian     Hessian       jvp          vjp          hvp
    -O2                 244 (1.33)   447 (2.43)   1711 (9.31)   309 (1.68)   316 (1.72)   416 (2.26)
    -O3                 228 (1.24)   316 (1.72)   1682 (9.15)   245 (1.33)   268 (1.46)   346 (1.88)
    -O3 -march=native   236 (1.21)   312 (1.61)   1210 (6.22)   251 (1.29)   282 (1.45)   343 (1.77)
    JAX                 12502        53785        63724         (NumPy, value and Jacobian: 29987)

All bars hold under all flags. Before, in the same hour, the Hessian took 4393 (23.4) with -O2 and 1627 (8.8) with -O3, the Jacobian
516 (2.7) with -O2. Of the Hessian's factor of 2.5, fewer operations are 1.2 (8325 instead of 13548: units are summed over pairs,
`exporters/curvature.py`), workspaces that gcc sees to be different 1.6 together with first products that are not added to 0, two
products at once 1.25. In Fortran (gfortran 12.2, -O2) it is 1757 where it was 4320, with -O3 1560 and 1680.
Surrogate.derivatives of one point takes 88 microseconds of a processor, of 1000 rows 0.5 a row, of 100 000 rows 1.1.
"""

import subprocess
import tempfile
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from sobolev import Dataset, Surrogate, exporters, networks
from sobolev.function.by_jax import orders

CALLS = r"""
#define _POSIX_C_SOURCE 199309L
#include <math.h>
#include <stdio.h>
#include <time.h>
#include "net.h"
static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}
int main(void)
{
  static double x[10], y[3], dy[30], d2y[300], s, v[10], w[3], a[10], b[10];
  double best[7] = {1e9, 1e9, 1e9, 1e9, 1e9, 1e9, 1e9};
  const int calls = 20000;
  for (int i = 0; i < 10; i++) { x[i] = 0.1 * i - 0.4; v[i] = 1.0; w[i % 3] = 1.0; }
  for (int block = 0; block < 15; block++)
    for (int what = 0; what < 7; what++) {
      double t = now();
      for (int k = 0; k < calls; k++) {
        x[0] = 0.3 + 1e-9 * k;
        switch (what) {
          case 0: { double z = x[0]; for (int i = 0; i < 23; i++) { s += tanh(z); z += 0.05; } break; }
          case 1: net_value(x, y); break;
          case 2: net_jacobian(x, y, dy); break;
          case 3: net_hessian(x, y, dy, d2y); break;
          case 4: net_jvp(x, v, y, a); break;
          case 5: net_vjp(x, w, y, a); break;
          default: net_hvp(x, w, v, a, b);
        }
        s += y[0] + a[0];
      }
      t = (now() - t) / calls;
      if (t < best[what]) best[what] = t;
    }
  for (int what = 0; what < 7; what++) printf("%.1f ", best[what]);
  printf("\n%g\n", s);
  return 0;
}
"""
WHAT = "23 tanh", "value", "Jacobian", "Hessian", "jvp", "vjp", "hvp"


def surrogate():
    rng = np.random.default_rng(0)
    data = Dataset(rng.uniform(-1, 1, (20, 10)), rng.normal(size=(20, 3)))
    return Surrogate.new(data, networks.MLP((10, 5, 5, 3), activation=networks.tanh))


def in_c(model, flags: str) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        exporters.C99().write(model, Path(folder, "net.c"))
        Path(folder, "main.c").write_text(CALLS)
        words = ["cc", "-std=c99", *flags.split(), "main.c", "net.c", "-lm", "-o", "main"]
        subprocess.run(words, cwd=folder, check=True)
        done = subprocess.run([Path(folder, "main")], capture_output=True, text=True, check=True)
        return [float(word) for word in done.stdout.splitlines()[0].split()]


def per_call(function, calls=2000) -> float:
    function()
    best = np.inf
    for _ in range(15):
        start = time.process_time()
        for _ in range(calls):
            function()
        best = min(best, (time.process_time() - start) / calls)
    return best * 1e9


def by_numpy(model):
    """Value and Jacobian as one would write them by hand."""
    layers = [(np.asarray(d.weight), np.asarray(d.bias)) for d in model.network.layers]
    scaling = model.scaling

    def compute(x):
        h, D = (x - scaling.x_shift) / scaling.x_scale, np.diag(1 / scaling.x_scale)
        for W, b in layers[:-1]:
            h = np.tanh(W @ h + b)
            D = (1 - h**2)[:, None] * (W @ D)
        W, b = layers[-1]
        y = scaling.y_shift + scaling.y_scale * (W @ h + b)
        return y, scaling.y_scale[:, None] * (W @ D)

    return compute


def main():
    jax.config.update("jax_enable_x64", True)
    model = surrogate()
    print("| " + " | ".join(("ns a call", *WHAT)) + " |\n|---|" + "---|" * len(WHAT))
    for flags in ("-O2", "-O3", "-O3 -march=native"):
        found = in_c(model, flags)
        ratios = [f"{n:.0f} ({n / found[0]:.2f})" for n in found]
        print("| " + " | ".join((f"C, {flags}", *ratios)) + " |", flush=True)
    x = np.linspace(-0.5, 0.5, 10)
    pure, at = model.as_function(), jnp.asarray(x)
    for order, what in enumerate(("value", "Jacobian", "Hessian")):
        compiled = jax.jit(lambda x, order=order: orders(pure, x, order))
        jax.block_until_ready(compiled(at))
        print(f"JAX, {what}: {per_call(lambda f=compiled: jax.block_until_ready(f(at))):.0f}")
    compute = by_numpy(model)
    assert np.allclose(compute(x)[1], model.jacobian(x), rtol=1e-12)
    print(f"NumPy, value and Jacobian: {per_call(lambda: compute(x)):.0f}")
    print(f"Surrogate.derivatives, one point: {per_call(lambda: model.derivatives(x), 500):.0f}")
    for rows in (1000, 100_000):
        X = np.random.default_rng(0).uniform(-0.5, 0.5, (rows, 10))
        model.derivatives(X)
        ours = per_call(lambda X=X: model.derivatives(X), 3) / rows
        print(f"Surrogate.derivatives, {rows} rows: {ours:.0f} a row")


if __name__ == "__main__":
    main()
