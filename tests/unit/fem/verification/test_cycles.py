"""Work on closed cycles: exact of a law with an energy, and an error of the stress shows."""

import numpy as np
from spoilt_laws import OffStress

from sobolev.fem import NeoHooke
from sobolev.fem.verification.cycles import conserved
from sobolev.fem.verification.of_law import OfLaw


def test_a_cycle_gives_back_all_the_work_to_round_off():
    right, off = (
        conserved(OfLaw(law, 3), 0.1, 1.0, np.random.default_rng(0))
        for law in (NeoHooke(10.0, 0.3), OffStress(10.0, 0.3))
    )
    assert abs(right.share) < 1e-13 and abs(off.share) > 1e-6 > 1e3 * off.doubt
