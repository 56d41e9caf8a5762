"""Mosaic's problems by torch-fem, in an environment of its own: what `mosaic.py` compares with.

`python mosaic_torch_fem.py heat 64 32 1 --repetitions 3` prints one line of JSON: CPU seconds of
the import, the set-up, a value, and a value with its gradient, of the first call and the median of
the next ones. Everything as Mosaic's own container does it: float64, the solver that torch-fem
takes by itself, conductivity and stiffness scaled cell by cell, a gradient by autograd through the
solve; the model is made anew for each call, which is counted as set-up.
"""

import os
import time

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
START = time.process_time()

# ruff: noqa: E402 - the number of threads is read when NumPy and torch are imported
import argparse
import json
import sys

import numpy as np
import torch
from torchfem import Solid, SolidHeat
from torchfem.materials import IsotropicConductivity3D, IsotropicElasticity3D

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
CORNERS = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)]


def box(counts, size):
    """Nodes and cells, x fastest, and the shares of the face x = Lx that its nodes have."""
    nx, ny, nz = counts
    axes = [np.linspace(0, length, n + 1) for n, length in zip(counts, size, strict=True)]
    nodes = np.stack(np.meshgrid(*axes[::-1], indexing="ij")[::-1], -1).reshape(-1, 3)
    number = np.arange(len(nodes)).reshape(nz + 1, ny + 1, nx + 1)
    cells = [number[k : nz + k, j : ny + j, i : nx + i].ravel() for i, j, k in CORNERS]
    ends = [np.where((np.arange(n + 1) % n) == 0, 0.5, 1.0) / n for n in (nz, ny)]
    share = np.zeros(number.shape)
    share[:, :, -1] = ends[0][:, None] * ends[1]
    return nodes, np.stack(cells, 1), share.ravel()


class Problem:
    """One of the two, as a call of the density."""

    def __init__(self, kind, counts):
        thin = (2.0, 1.0, 2.0 / counts[0])
        self.kind = kind
        self.nodes, self.cells, self.share = box(
            counts, thin if kind == "heat" else (2.0, 1.0, 1.0)
        )
        self.held = torch.as_tensor(self.nodes[:, 0] == 0)

    def made(self, rho):
        nodes, cells = torch.as_tensor(self.nodes), torch.as_tensor(self.cells)
        scale = 1e-3 + (1 - 1e-3) * rho**3
        if self.kind == "heat":
            material = IsotropicConductivity3D(kappa=1.0)
            model = SolidHeat(nodes, cells, material)
            model.material = material.vectorize(model.n_elem)
            model.material.KAPPA = scale[:, None, None] * model.material.KAPPA
            load = torch.as_tensor(self.share)[:, None]
            model.heat_flux = load
            model.constraints = self.held[:, None]
        else:
            material = IsotropicElasticity3D(E=70e3, nu=0.3)
            model = Solid(nodes, cells, material)
            model.material = material.vectorize(model.n_elem)
            model.material.C = scale[:, None, None, None, None] * model.material.C
            load = torch.zeros(len(nodes), 3)
            load[:, 2] = -torch.as_tensor(self.share)
            model.forces = load
            model.constraints = self.held[:, None].expand(-1, 3)
        return model, load

    def value(self, rho):
        start = time.process_time()
        with torch.no_grad():
            model, load = self.made(torch.as_tensor(rho))
            ready = time.process_time()
            found, *_ = model.solve()
        answer = float((load * found).sum())
        return answer, ready - start, time.process_time() - ready

    def gradient(self, rho):
        start = time.process_time()
        rho = torch.as_tensor(rho).requires_grad_(True)
        model, load = self.made(rho)
        ready = time.process_time()
        found, *_ = model.solve(differentiable_parameters=rho)
        (slope,) = torch.autograd.grad((load * found).sum(), rho)
        return slope.numpy(), ready - start, time.process_time() - ready


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("heat", "structural"))
    parser.add_argument("counts", type=int, nargs=3)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--slope", help="a file for the gradient")
    given = parser.parse_args()
    imported = time.process_time() - START
    start = time.process_time()
    problem = Problem(given.kind, given.counts)
    count = int(np.prod(given.counts))
    noise = np.random.default_rng(0).standard_normal(count).astype(np.float32)
    rho = np.clip(0.5 + 0.3 * noise, 0.05, 0.95).astype(np.float32).astype(float)
    arrays = time.process_time() - start
    value, *first = problem.value(rho)
    slope, *both = problem.gradient(rho)
    again = [(*problem.value(rho)[1:], problem.gradient(rho)[2]) for _ in range(given.repetitions)]
    set_up, forward, gradient = np.median(again, 0) if again else (first[0], first[1], both[1])
    if given.slope:
        np.save(given.slope, slope)
    found = {
        "value": value, "import": imported, "first set-up": arrays + first[0],
        "first value": first[1], "first gradient": both[0] + both[1], "set-up": set_up,
        "forward": forward, "gradient": gradient,
    }  # fmt: skip
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
