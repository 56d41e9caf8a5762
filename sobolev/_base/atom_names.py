"""What inputs that are atoms are called: as extended XYZ files are read, and strains of a cell."""

import re

# Cu1.x: kind, number and axis
COORDINATE = re.compile(r"([A-Z][A-Za-z]{0,2})(\d+)\.([xyz])")
# In Voigt's order, shears as γ = 2 ε: so slopes of an energy along them are volume times stress.
STRAINS = tuple(f"strain.{axes}" for axes in ("xx", "yy", "zz", "yz", "xz", "xy"))
VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
