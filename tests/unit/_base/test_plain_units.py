"""Units in one spelling, as bridges and exporters begin with them."""

import pytest

from sobolev._base.plain_units import plain_unit
from sobolev.exporters.fmu.units import base_of

SPELT = {
    "N/mm²": "N/mm^2", "N/mm2": "N/mm^2", "N / mm**2": "N/mm^2", "s⁻¹": "s^-1", "μm": "um",
    "µm": "um", "W/(m² K)": "W/(m^2*K)", "W/(m²K)": "W/(m^2*K)", "W/mK": "W/(m*K)", "N·m": "N*m",
    "Nmm": "N*mm", "kΩ": "kohm", "1/°C": "1/degC", "mol/l": "mol/L", "-": "", "1": "", " ": "",
    "furlong": "furlong", "1/s": "1/s",
}  # fmt: skip
BASES = {
    "N/mm²": (1e6, {"kg": 1, "m": -1, "s": -2}), "t/mm^3": (1e12, {"kg": 1, "m": -3}),
    "J/(kg K)": (1.0, {"m": 2, "s": -2, "K": -1}), "J/kg/K": (1.0, {"m": 2, "s": -2, "K": -1}),
    "1/min": (1 / 60, {"s": -1}), "cm^4": (1e-8, {"m": 4}), "mm/mm": (1.0, {}),
    "kN m": (1e3, {"kg": 1, "m": 2, "s": -2}), "µm/m": (1e-6, {}), "mg": (1e-6, {"kg": 1}),
}  # fmt: skip


@pytest.mark.parametrize(("unit", "plain"), SPELT.items())
def test_one_spelling(unit, plain):
    assert plain_unit(unit) == plain


@pytest.mark.parametrize(("unit", "base"), BASES.items())
def test_base_units(unit, base):
    found = base_of(unit)
    assert found is not None and found.powers == base[1] and found.offset == 0
    assert found.factor == pytest.approx(base[0], rel=1e-15)


def test_a_temperature_has_an_offset_and_what_is_not_known_has_nothing():
    degrees = base_of("°C")
    assert degrees is not None and (degrees.factor, degrees.offset) == (1.0, 273.15)
    for unit in ("furlong", "", "C", "m/s*kg", "MPa*m^0.5", "%", "1e-3", "kt", "(mm)"):
        assert base_of(unit) is None, unit
