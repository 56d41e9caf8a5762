"""A surrogate in C: its file is compiled, and a program without Python solves with its slopes.

A surrogate of how far a beam bends, trained on values and slopes, is written as C99. The program
beside it finds, by Newton's method with the exported Jacobian, the height of the section at which
the tip moves by a given length. It needs the two files, a C compiler, and nothing else.
"""

import subprocess
import tempfile
from functools import cache
from pathlib import Path

import jax
import numpy as np
from matplotlib.figure import Figure

from sobolev import Box, Surrogate, exporters, fit, function, generate, networks
from sobolev.designs import sobol
from sobolev.optimisers import LevenbergMarquardt

jax.config.update("jax_enable_x64", True)

BOX = Box(("length", "height"), (0.8, 0.04), (1.2, 0.08), ("m", "m"))
TIP = 5e-3  # m
PROGRAM = r"""
#include <math.h>
#include <stdio.h>
#include "beam.h"
int main(void)
{
  double x[BEAM_INPUTS] = {1.0, 0.06}, y[BEAM_OUTPUTS], dy[BEAM_OUTPUTS * BEAM_INPUTS];
  for (int step = 0; step < 20; step++) {
    beam_jacobian(x, y, dy);
    printf("%.17g %.17g\n", x[1], y[0]);
    if (fabs(y[0] - 5e-3) < 1e-15) break;
    x[1] -= (y[0] - 5e-3) / dy[1];
  }
  return 0;
}
"""
EXPECTED = {"height at which the tip moves by 5 mm": (0.0588, 2e-3), "steps of Newton": (4, 0.3)}


def tip(x):
    """u = 4 F l³/(E b h³) of a cantilever with F = 1 kN, E = 70 GPa, b = 56 mm."""
    length, height = x
    return 4 * 1e3 * length**3 / (70e9 * 0.056 * height**3) * np.ones(1)


@cache
def solved():
    beam = function.of_jax(tip, BOX, ("tip",), output_units=("m",))
    data = generate(beam, sobol(32))
    start = Surrogate.new(data, networks.MLP((8,)))
    found = fit(start, data, optimiser=LevenbergMarquardt(), epochs=120)
    with tempfile.TemporaryDirectory() as folder:
        exporters.C99(order=1).write(found.surrogate, Path(folder, "beam.c"))
        Path(folder, "main.c").write_text(PROGRAM)
        words = ["cc", "-std=c99", "-O2", "main.c", "beam.c", "-lm", "-o", "main"]
        subprocess.run(words, cwd=folder, check=True)
        said = subprocess.run([Path(folder, "main")], capture_output=True, text=True, check=True)
    return np.array([[float(word) for word in line.split()] for line in said.stdout.splitlines()])


def main():
    steps = solved()
    found = {
        "height at which the tip moves by 5 mm": steps[-1, 0],
        "steps of Newton": len(steps) - 1,
    }
    for what, number in found.items():
        print(f"{what}: {number:.4g}")
    return found


def figure():
    steps = solved()
    picture = Figure(figsize=(5, 3.2), layout="constrained")
    axes = picture.subplots()
    axes.semilogy(np.abs(steps[:, 1] - TIP) + 1e-18, "o-")
    axes.set_xlabel("step of Newton, in C")
    axes.set_ylabel("|tip − 5 mm| (m)")
    axes.set_title("Newton with exported slopes")
    return picture


if __name__ == "__main__":
    main()
