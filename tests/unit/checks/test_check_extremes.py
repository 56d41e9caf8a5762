"""Numbers at the ends of the range: nothing is said, nothing breaks."""

from dataclasses import replace

import numpy as np
import pytest
from helpers import table

from sobolev import check

DATA = table(30, outputs=2)
ONE = np.where(np.arange(30)[:, None] == 7, 1e300, 1.0)
CHANGES = {
    "values times 1e200": dict(y=DATA.y * 1e200, jacobian=DATA.jacobian * 1e200),
    "values times 1e-200": dict(y=DATA.y * 1e-200, jacobian=DATA.jacobian * 1e-200),
    "values times 1e307": dict(y=DATA.y * 1e307, jacobian=DATA.jacobian * 1e307),
    "inputs times 1e200": dict(x=DATA.x * 1e200, jacobian=DATA.jacobian * 1e-200),
    "one value 1e300": dict(y=DATA.y * ONE),
    "one slope 1e300": dict(jacobian=DATA.jacobian * ONE[..., None]),
    "constant values": dict(y=np.ones_like(DATA.y), jacobian=np.zeros_like(DATA.jacobian)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_extreme_numbers_break_nothing(change):
    checked = check(replace(DATA, **change))
    assert checked.line and str(checked)
    if "x" in change or set(change) == {"y", "jacobian"}:
        assert checked.good, checked.line
