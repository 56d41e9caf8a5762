"""Several starts of one training: which goes on, by rows held out or by the evidence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from sobolev.data.dataset import Dataset
from sobolev.losses.labelled.sobolev_loss import SobolevLoss
from sobolev.networks.families.mixed import MixedMLP
from sobolev.optimisers.optimiser import Optimiser
from sobolev.selection.held_out import only, without
from sobolev.surrogate import Surrogate
from sobolev.training import Fit, Stop, fit


@dataclass(frozen=True)
class Start:
    """One initialisation of one network, as far as it was tried.

    `error`: relative, in the rows held out, infinite where the training ended badly; `seen` that in
    the rows trained on; `evidence` where the optimiser knows it; `epochs` trained, of which the
    last training was the best at `best_epoch`, by the `method`. `trained` are the surrogates that
    have not seen one part of the rows each, `untrained` is where it began.
    """

    architecture: MixedMLP
    draw: int
    untrained: Surrogate
    trained: tuple[Surrogate, ...] = ()
    error: float = np.inf
    seen: float = np.inf
    evidence: float | None = None
    epochs: int = 0
    best_epoch: int = 0
    method: str = ""

    @property
    def name(self) -> str:
        """Its network, in words."""
        widths = "-".join(map(str, self.architecture.hidden))
        share = self.architecture.periodic
        units = "swish units" if share == 0 else f"swish and {share:.0%} periodic units"
        return f"{widths} {units}"

    @property
    def rank(self) -> float:
        """The smaller, the better: the evidence, where there is one, needs no rows held out."""
        return self.error if self.evidence is None else -self.evidence


@dataclass(frozen=True)
class Trial:
    """How starts are tried: `rounds` of (epochs in all, starts that take part)."""

    data: Dataset
    parts: Sequence[np.ndarray]
    loss: SobolevLoss
    optimiser: Optimiser
    method: str
    seed: int
    rounds: Sequence[tuple[int, int]]

    def best(self, starts: Sequence[Start], tell: Callable[[int, int], object]) -> list[Start]:
        """All starts, the best first, trained as far as they got."""
        plan, done = sum(min(most, len(starts)) for _, most in self.rounds), 0
        ranked = list(starts)
        for epochs, most in self.rounds:
            going, ended = ranked[:most], ranked[most:]
            further = []
            for start in going:
                tell(done, plan)
                further.append(self.further(start, epochs))
                done += 1
            ranked = sorted(further, key=lambda start: start.rank) + ended
        tell(plan, plan)
        return ranked

    def further(self, start: Start, epochs: int) -> Start:
        """The same start after so many epochs in all, with each part of the rows held out."""
        if epochs <= start.epochs or (start.epochs > 0 and not np.isfinite(start.error)):
            return start
        before = start.trained or (start.untrained,) * len(self.parts)
        fits = [
            self.fit(surrogate, part, epochs - start.epochs)
            for surrogate, part in zip(before, self.parts, strict=True)
        ]
        errors = np.array([fitted.history.valid_error[-1] for fitted in fits])
        good = all(fitted.good for fitted in fits) and np.isfinite(errors).all()
        known = [fitted.evidence for fitted in fits if fitted.evidence is not None]
        return replace(
            start,
            trained=tuple(fitted.surrogate for fitted in fits),
            error=float(np.sqrt(np.mean(errors**2))) if good else np.inf,
            seen=max(self.relative(fitted) for fitted in fits),
            evidence=sum(known) if len(known) == len(fits) and good else None,
            epochs=epochs,
            method=self.method,
        )

    def relative(self, fitted: Fit) -> float:
        """√(Σ mean ê² / Σ mean t̂²) over the labels that were trained on."""
        scaled = fitted.surrogate.scaling.scaled(self.data)
        energy = sum(
            float(np.nanmean(scaled[entry.kind][(slice(None), *entry.index)] ** 2))
            for entry in self.loss.entries
        )
        return float(np.sqrt(2 * fitted.history.loss[-1].sum() / max(energy, 1e-300)))

    def fit(self, surrogate: Surrogate, part: np.ndarray, epochs: int, **how) -> Fit:
        """On the rows outside of the part, watched on those of the part."""
        train, valid = without(self.data, part), only(self.data, part)
        how = {"records": 1, "check": False, "stop": Stop(keep_best=False)} | how
        return fit(
            surrogate, train, valid, loss=self.loss, optimiser=self.optimiser, epochs=epochs,
            seed=self.seed, **how,
        )  # fmt: skip


def starts_of(data: Dataset, candidates: Sequence[MixedMLP], draws: int, key: int) -> list[Start]:
    """So many initialisations of each candidate."""
    return [
        Start(made, draw, Surrogate.new(data, made, key=drawn(key, draw)))
        for made in candidates
        for draw in range(draws)
    ]


def drawn(key: int, draw: int) -> PRNGKeyArray:
    """The key of a draw."""
    return jax.random.fold_in(jax.random.key(key), draw)
