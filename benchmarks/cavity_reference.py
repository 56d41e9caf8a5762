"""The lid-driven cavity at Re = 100 by two codes that share nothing: what is the reference worth?

Answer (one core, 2026-11-26): both agree to 5.3e-5 in u and 7.2e-5 in v for the unit lid (with 32 x 32 cells too, 5.8e-5 and 8.3e-5
with 16 x 16), to 2.7e-5 and 2.5e-5 for 16 x²(1 − x)². Against n = 32 and 64 the extrapolation moves by 3.4e-4 and 4.4e-4 at
most. u_min −0.21399, v from −0.25378 to 0.17957 at the nodes for the unit lid. 1 CPU s; NGSolve 2. The lid (1 − (2x − 1)¹⁶)² has the
middle lines of the unit lid to 3.9e-3 in u and 5.8e-3 in v, with the exponent 8 to 1.9e-2, with 32 to 6e-4 and 1.3e-3.

One: stream function by differences of second order and Newton's method on n = 64 and 128, Richardson's extrapolation
between both (NumPy and SciPy). Two: NGSolve, velocities of order 4 and pressures of order 3 on 24 x 24 cells that are
finer at the walls. u and v are compared on the middle lines at 63 points, relative in L².

`reference(lid)` is the first one; `benchmarks/cavity.py` compares with it.
"""

import sys
import time

import numpy as np

RE = 100.0
LIDS = {
    "unit": lambda x: np.ones_like(x),
    "flat": lambda x: (1 - (2 * x - 1) ** 16) ** 2,
    "regularised": lambda x: 16 * x**2 * (1 - x) ** 2,
}
FINE = 128


def by_differences(lid, n):
    """ψ `[n + 1, n + 1]` over x and y: ν Δω = ψ_y ω_x − ψ_x ω_y with ω = Δψ, Thom's formula at the walls."""
    from scipy.sparse import csr_matrix, diags, eye, kron
    from scipy.sparse.linalg import spsolve

    h, size = 1 / n, n + 1
    second = diags([1, -2, 1], [-1, 0, 1], shape=(size, size), dtype=float) / h**2  # type: ignore
    first = diags([-1, 1], [-1, 1], shape=(size, size), dtype=float) / (2 * h)  # type: ignore
    one = eye(size)
    laplace = (kron(second, one) + kron(one, second)).tocsr()
    dx, dy = kron(first, one).tocsr(), kron(one, first).tocsr()
    number = np.arange(size**2).reshape(size, size)
    inner = number[1:-1, 1:-1].ravel()
    spread = csr_matrix(
        (np.ones(len(inner)), (inner, np.arange(len(inner)))), (size**2, len(inner))
    )
    # At a wall ω = 2 (ψ of the neighbour − h ∂ψ/∂n)/h², with the lid's ∂ψ/∂y outwards.
    walls = [(number[0], number[1]), (number[-1], number[-2]), (number[:, 0], number[:, 1])]
    walls.append((number[:, -1], number[:, -2]))
    wall = np.concatenate([a[1:-1] for a, _ in walls])
    next_ = np.concatenate([b[1:-1] for _, b in walls])
    thom = csr_matrix((np.full(len(wall), 2 / h**2), (wall, next_)), (size**2, size**2))
    keep = np.zeros(size**2)
    keep[inner] = 1.0
    vorticity = diags(keep) @ laplace + thom
    given = np.zeros(size**2)
    given[number[1:-1, -1]] = 2 / h * lid(np.linspace(0, 1, size)[1:-1])
    of_psi = (vorticity @ spread).tocsr()
    u_of, v_of = (dy @ spread)[inner], (dx @ spread)[inner]
    wx, wy = (dx @ of_psi)[inner], (dy @ of_psi)[inner]
    flow = (laplace @ of_psi)[inner] / RE
    base = (laplace @ given)[inner] / RE
    psi = np.zeros(len(inner))
    for _ in range(20):
        a, b = u_of @ psi, v_of @ psi
        c, d = wx @ psi + (dx @ given)[inner], wy @ psi + (dy @ given)[inner]
        residual = flow @ psi + base - a * c + b * d
        matrix = flow - diags(a) @ wx - diags(c) @ u_of + diags(b) @ wy + diags(d) @ v_of
        step = spsolve(matrix.tocsc(), residual)
        psi -= step
        if np.abs(step).max() < 1e-11:
            return (spread @ psi).reshape(size, size)
    raise RuntimeError("Newton's method did not converge")


def middle_lines(lid, n):
    """u(½, y) and v(x, ½) at the nodes of the grid."""
    psi, half = by_differences(lid, n), n // 2
    return np.gradient(psi[half], 1 / n)[1:-1], -np.gradient(psi[:, half], 1 / n)[1:-1]


def reference(name):
    """63 places, u(½, ·) and v(·, ½) there: extrapolated from n = 64 and 128."""
    coarse, fine = middle_lines(LIDS[name], FINE // 2), middle_lines(LIDS[name], FINE)
    places = np.linspace(0, 1, FINE // 2 + 1)[1:-1]
    return places, *((4 * b[1::2] - a) / 3 for a, b in zip(coarse, fine, strict=True))


def by_elements(name, places, cells=24):
    """The same from NGSolve."""
    import ngsolve as ng
    from ngsolve.meshes import MakeStructured2DMesh

    def finer(s):
        return (1 - np.cos(np.pi * s)) / 2

    mesh = MakeStructured2DMesh(False, cells, cells, mapping=lambda x, y: (finer(x), finer(y)))
    walls = "left|right|bottom|top"
    space = ng.VectorH1(mesh, order=4, dirichlet=walls) * ng.H1(mesh, order=3)
    (u, p), (v, q) = space.TnT()
    form = ng.BilinearForm(space)
    form += (
        ng.InnerProduct(ng.grad(u), ng.grad(v)) / RE + (ng.grad(u) * u) * v
        - ng.div(u) * q - ng.div(v) * p - 1e-7 * p * q
    ) * ng.dx  # fmt: skip
    found = ng.GridFunction(space)
    lid = {
        "unit": ng.CF(1.0),
        "flat": (1 - (2 * ng.x - 1) ** 16) ** 2,
        "regularised": 16 * ng.x**2 * (1 - ng.x) ** 2,
    }[name]
    found.components[0].Set(ng.CF((lid, 0)), definedon=mesh.Boundaries("top"))
    # At the upper corners the walls win: a lid that ends there would let fluid through the walls.
    for vertex in mesh.vertices:
        if vertex.point[1] == 1.0 and vertex.point[0] in (0.0, 1.0):
            for number in space.components[0].GetDofNrs(vertex):
                found.components[0].vec[number] = 0.0
    rest, step = found.vec.CreateVector(), found.vec.CreateVector()
    for _ in range(15):
        form.Apply(found.vec, rest)
        form.AssembleLinearization(found.vec)
        step.data = form.mat.Inverse(space.FreeDofs(), inverse="umfpack") * rest
        found.vec.data -= step
        if ng.Norm(step) < 1e-7:
            break
    else:
        raise RuntimeError("Newton's method did not converge")
    field = found.components[0]
    return (
        np.array([field(mesh(0.5, y))[0] for y in places]),
        np.array([field(mesh(x, 0.5))[1] for x in places]),
    )


def main():
    """Both lids by both codes where NGSolve is there."""
    for name in LIDS:
        begin = time.process_time()
        places, u, v = reference(name)
        print(f"{name}: differences, {time.process_time() - begin:.1f} CPU s", end="")
        print(f", u_min {u.min():.5f}, v {v.min():.5f} to {v.max():.5f}")
        before = middle_lines(LIDS[name], FINE // 4), middle_lines(LIDS[name], FINE // 2)
        coarser = [(4 * b[1::2] - a) / 3 for a, b in zip(*before, strict=True)]
        print(
            "    against n = 32 and 64:",
            *(off(a, b[1::2]) for a, b in zip(coarser, (u, v), strict=True)),
        )
        if "--ngsolve" in sys.argv:
            other = by_elements(name, places)
            print("    against NGSolve:", *(off(a, b) for a, b in zip(other, (u, v), strict=True)))


def off(a, b):
    """Relative difference in L²."""
    return f"{np.linalg.norm(a - b) / np.linalg.norm(b):.1e}"


if __name__ == "__main__":
    main()
