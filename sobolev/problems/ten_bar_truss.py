"""The ten-bar truss, on which methods of structural optimisation are compared."""

from types import MappingProxyType

from sobolev.problems.truss import Truss

# Sections in in², of the catalogue of the American Institute of Steel Construction, as chosen by
# S. Rajeev, C. S. Krishnamoorthy, J. Struct. Eng. 118 (1992) 1233. The list is that of several
# public copies; github.com/kuisidu/metku, metku/optimization/benchmarks/ten_bar_truss.py, has with
# it the best design published ("DLM"), which weighs 5490.738 lb here and moves by 1.99894 in.
TEN_BAR_SECTIONS: tuple[float, ...] = (
    1.62, 1.80, 1.99, 2.13, 2.38, 2.62, 2.63, 2.88, 2.93, 3.09, 3.13, 3.38, 3.47, 3.55, 3.63, 3.84,
    3.87, 3.88, 4.18, 4.22, 4.49, 4.59, 4.80, 4.97, 5.12, 5.74, 7.22, 7.97, 11.50, 13.50, 13.90,
    14.20, 15.50, 16.00, 16.90, 18.80, 19.90, 22.00, 22.90, 26.50, 30.00, 33.50,
)  # fmt: skip
# Of every displacement, in, and of every stress, ksi, both ways.
TEN_BAR_LIMITS: MappingProxyType[str, float] = MappingProxyType(
    {f"u{node}{axis}": 2.0 for node in (1, 2, 3, 4) for axis in "xy"}
    | {f"s{bar}": 25.0 for bar in range(1, 11)}
)


def ten_bar_truss() -> Truss:
    """Two square cells of 360 in on a wall, 100 kip down at both lower nodes.

    E = 10 000 ksi, ρ = 0.1 lb/in³, limits of 2 in and 25 ksi (`TEN_BAR_LIMITS`). With areas of
    0.1 in² and more the best weight is 5060.85 lb, with `TEN_BAR_SECTIONS` the best one published
    5490.74 lb. Source: S. D. Rajan, J. Struct. Eng. 121 (1995) 1480.

    ```python
    ten_bar_truss().value(np.full(10, 10.0))[0]  # the weight in lb
    ```
    """
    cell = 360.0
    return Truss(
        nodes=(
            (2 * cell, cell),
            (2 * cell, 0.0),
            (cell, cell),
            (cell, 0.0),
            (0.0, cell),
            (0.0, 0.0),
        ),
        bars=((4, 2), (2, 0), (5, 3), (3, 1), (2, 3), (0, 1), (4, 3), (5, 2), (2, 1), (3, 0)),
        supports=((4, 0), (4, 1), (5, 0), (5, 1)),
        loads=((1, 1, -100.0), (3, 1, -100.0)),
        modulus=1e4,
        density=0.1,
        areas=(0.1, 40.0),
        units=("in²", "lb", "in", "ksi"),
        name="ten_bar_truss",
    )
