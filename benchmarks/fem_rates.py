"""At which rates do displacement, stress and their sensitivities converge, element by element?

Answer: at their orders within 0.1 on smooth meshes, all four of them; the table is in
docs/mechanics_rates.md, which this script writes. Serendipity elements (8 nodes) lose their order on
trapezoids; nearly incompressible cells lock, but for those with a mean or fitted dilatation.
"""

import argparse
import sys
from pathlib import Path

import jax

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
jax.config.update("jax_enable_x64", True)

from manufactured import (  # noqa: E402
    LARGE,
    QUANTITIES,
    SWIRL,
    WAVES,
    errors,
    expected,
    rates,
    smooth,
    trapezoids,
)

from sobolev.fem.elements.reference import FACETS, reference  # noqa: E402

PAGE = ROOT / "docs" / "mechanics_rates.md"
TEXT = """# Rates of convergence

Manufactured solutions of linear elasticity in an inhomogeneous body, μ = 1 + 0.3 p x with p = 1.2, on smoothly
distorted meshes of the unit square and of a bar 1 x ½ x ½, n, n/2, n/2 cells; all of the boundary is prescribed.
Errors are L2 norms: of displacement u, stress σ and of their derivatives u', σ' by the parameter p, which stands in
the field, in the material, in the loads and in the supports (`fem.field_slopes`). A rate is that of the last two of
four meshes, in brackets its order. Written by `benchmarks/fem_rates.py`; `tests/contracts/test_elements.py` holds
every element to ± 0.1 on two meshes.

"""
COMMON = """
## Trapezoids

Cells that stay trapezoids however small they are, of the square: the eight-node cell loses an order (D. N. Arnold,
D. Boffi, R. S. Falk, Math. Comp. 71 (2002) 909), the nine-node cell does not. Meshes that are smooth images of a
grid, as above, become parallelograms and are not affected.

"""
FINITE = """
## Finite strain

Neo-Hooke's law, strains of a third: P = μ (F - F⁻ᵀ) + λ ln J F⁻ᵀ, the body force is -Div P. σ is Cauchy's stress.

"""
STIFF = """
## Nearly incompressible bodies

λ = 10⁵ and a field whose divergence is of the size of 1/λ, so that the pressure is of the size of μ. *mean*:
`MeanDilatation`. Bilinear cells lock: their displacement stands still and their stress is wrong by 10⁴ times its
size; with the mean they have their orders. Nine nodes with the linear fit have theirs, 3 and 2; with 8 and 6 nodes
the mean costs one. Quadratic cells without it come late: their stress is wrong by 10 times its size. As all of
the boundary is prescribed, the volume that is interpolated there decides a constant pressure, λ times its error: it
rules the stress of `hexahedron` here and falls faster than the rest.

"""


def sizes_of(element: str) -> tuple[int, ...]:
    """Cells each way of the four meshes."""
    if reference(element).dimension == 2:
        return 4, 8, 16, 32
    return (4, 8, 12, 16) if reference(element).degree == 1 else (4, 6, 8, 12)


def line(element: str, orders: bool = True, **how) -> str:
    """A row: cells, the errors on the finest mesh, the rates."""
    sizes = sizes_of(element)
    made = errors(element, sizes, **how)
    last, wanted = rates(made, sizes)[-1], expected(element)
    shown = [
        f"{rate:.2f} ({order})" if orders else f"{rate:.2f}"
        for rate, order in zip(last, wanted, strict=True)
    ]
    name = f"{element}, mean" if how.get("mean") else element
    text = (
        "| "
        + " | ".join([name, f"{sizes[-2]}, {sizes[-1]}", *(f"{e:.1e}" for e in made[-1]), *shown])
        + " |"
    )
    print(text, flush=True)
    return text + "\n"


def head() -> str:
    """Of each table."""
    names = [
        "element",
        "n",
        *(f"error of {q}" for q in QUANTITIES),
        *(f"rate of {q}" for q in QUANTITIES),
    ]
    return "| " + " | ".join(names) + " |\n" + "|---" * len(names) + "|\n"


def main() -> None:
    """The whole page; some minutes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    write = parser.parse_args().write
    page = TEXT + head()
    for element in FACETS:
        page += line(element, shape=smooth, case=WAVES)
    page += COMMON + head()
    for element in ("quad", "quad8", "quad9"):
        page += line(element, shape=trapezoids)
    page += FINITE + head()
    for element in ("triangle", "quad", "quad9", "tetra", "hexahedron", "hexahedron27"):
        page += line(element, case=LARGE)
    page += STIFF + head()
    for element in ("quad", "triangle6", "quad8", "quad9"):
        for mean in (False, True):
            page += line(element, orders=False, case=SWIRL, mean=mean)
    for element in ("hexahedron", "hexahedron27"):
        page += line(element, orders=False, case=SWIRL, mean=True)
    if write:
        PAGE.write_text(page)


if __name__ == "__main__":
    main()
