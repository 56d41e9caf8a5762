"""CalculiX as a source: a cantilever of ten quadratic beams, its deck `beam.inp` beside this file.

`sobolev generate examples/sources/calculix.py:BEAM --out beam.csv --order 0` makes a table. `ccx`
is Debian's package calculix-ccx.
"""

from pathlib import Path

import sobolev as sb
from sobolev import sources

BEAM = sources.Program(
    "ccx beam",
    sb.Box(("E", "h"), (200e3, 8.0), (220e3, 12.0), ("MPa", "mm")),
    ("tip",),
    ("mm",),
    writes=sources.Template(Path(__file__).with_name("beam.inp")),  # *ELASTIC / {E}, 0.3
    # the fourth number behind these words: its node, u_x, u_y of the tip
    reads=sources.Numbers("beam.dat", {"tip": ("for set TIP and time", 4)}),
    patience=600,
)
