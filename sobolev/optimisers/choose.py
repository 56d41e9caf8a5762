"""Which optimiser: a cost model of a few lines."""

from sobolev.optimisers.first_order.first_order import Adam
from sobolev.optimisers.first_order.soap import SOAP
from sobolev.optimisers.least_squares.bayesian import BayesianRegularisation
from sobolev.optimisers.least_squares.levenberg_marquardt import LevenbergMarquardt
from sobolev.optimisers.optimiser import Optimiser
from sobolev.optimisers.quasi_newton.dense import SSBroyden
from sobolev.optimisers.quasi_newton.lbfgs import LBFGS

LARGEST_DENSE = 4000  # parameters: a matrix of 128 MB
LARGEST_DIRECT = 60  # side of the system that Levenberg–Marquardt solves in each step
LARGEST_EVIDENCE = 1e10  # flop of a step of Bayesian regularisation: 0.3 s on one core
LARGEST_PASS = 2e8  # rows × parameters: about 0.1 s for one loss and gradient on one core
BATCH = 256


def choose_optimiser(
    *,
    parameters: int,
    residuals: int,
    rows: int,
    batchable: bool = True,
    least_squares: bool = True,
    estimated: bool = False,
    noisy: bool = False,
    weighted: bool = False,
) -> tuple[Optimiser, str]:
    """`(optimiser, why)` for P parameters, m residuals in all, and n rows.

    - `Adam` for losses that are right in the mean over draws alone (`estimated`).
    - Of `noisy` labels `BayesianRegularisation` finds noise and prior by the evidence, in steps of
      4mP·min(m, P) flop: up to 1e10, if all terms are sums of squares and nobody has chosen the
      weights of the terms (`weighted`).
    - One evaluation of all rows takes about 12·n·P flop. Beyond n·P = 2e8 (a tenth of that for
      noisy labels, whose exact minimum nobody needs) mini-batches with `SOAP`, if `batchable`.
    - A Levenberg–Marquardt step costs 2mP·min(m, P) flop: `LevenbergMarquardt` for a system of
      side min(m, P) ≤ 60, if all terms are sums of squares (`least_squares`).
    - A dense quasi-Newton step costs 4P² flop, and 8P² bytes: `SSBroyden` up to P = 4000.
    - `LBFGS` beyond.

    The border of 60 rests on a few measurements, that of 4000 on memory, that of 2e8 is an
    estimate: `docs/optimisers.md`.

    ```python
    optimiser, why = choose_optimiser(parameters=745, residuals=750, rows=150)
    ```
    """
    side = min(parameters, residuals)
    if estimated:
        size = BATCH if batchable and rows * parameters > LARGEST_PASS else None
        why = "what is estimated has no least loss that one draw knows"
        return Adam(1e-3, size), f"Adam: {why}."
    if noisy and least_squares and not weighted:
        if 4 * parameters * residuals * side <= LARGEST_EVIDENCE:
            why = "the labels are noisy, and the evidence says how much of them to believe"
            return BayesianRegularisation(), f"Bayesian regularisation: {why}."
    if batchable and rows * parameters > LARGEST_PASS / (10 if noisy else 1):
        why = f"{rows} rows × {parameters} parameters are many for a full batch"
        return SOAP(batch_size=min(BATCH, rows)), f"SOAP in batches of {BATCH}: {why}."
    if least_squares and side <= LARGEST_DIRECT:
        why = f"a system of side {side} is solved directly in each step"
        return LevenbergMarquardt(), f"Levenberg–Marquardt: {why}."
    if parameters <= LARGEST_DENSE:
        why = f"a dense matrix of {parameters} × {parameters} is affordable"
        return SSBroyden(), f"SSBroyden: {why}."
    return LBFGS(), f"L-BFGS: a dense matrix of {parameters} × {parameters} is too large."
