"""What weightings are compared on: something to train, and the error by which it is judged."""

from collections.abc import Callable
from dataclasses import dataclass

from sobolev.data.dataset import Dataset
from sobolev.evaluation import evaluate
from sobolev.losses.equations.equation import Equation
from sobolev.losses.labelled.sobolev_loss import SobolevLoss
from sobolev.studies.presets.weightings.catalogue import VARIANTS
from sobolev.surrogate import Surrogate


@dataclass(frozen=True)
class Problem:
    """Data, equations and network, and what is taken where the settings do not say otherwise.

    `errors(surrogate)` names the relative errors that count, on points that were not trained on;
    `network(data, hidden, seed)` makes the untrained surrogate. `energies` says whether every term
    has labels that are not all zero: where one has not, as an equation has not, there is no static
    weighting by energy, and the baseline is the unweighted loss. `main` is the term by which
    learning-rate annealing measures the others: a value, or the equation. `rows` tells data that
    are not the house's own from others.
    """

    train: Dataset
    errors: Callable[[Surrogate], dict[str, float]]
    network: Callable[[Dataset, tuple[int, ...], int], Surrogate] = Surrogate.mlp
    equations: tuple[Equation, ...] = ()
    energies: bool = True
    main: int = 0
    hidden: tuple[int, ...] = (16, 16)
    steps: int = 2000
    rates: tuple[float, ...] = (1e-3, 3e-3, 1e-2, 3e-2)
    variants: tuple[str, ...] = tuple(VARIANTS)
    schemes: tuple[str, ...] | None = None
    rows: str = ""

    @property
    def terms(self) -> int:
        """How many there are in the loss."""
        own = len(SobolevLoss.of(self.train).terms)
        return own + sum(len(equation.names) for equation in self.equations)


def of_data(train: Dataset, valid: Dataset) -> Problem:
    """Values and derivatives alone, judged term by term on the validation rows."""

    def errors(surrogate: Surrogate) -> dict[str, float]:
        return {term.name: term.relative for term in evaluate(surrogate, valid).terms}

    return Problem(train, errors)
