"""Noise levels and prior precision of a linear model by its marginal likelihood (the evidence).

The model: residuals r_k + J_k δ ~ N(0, 1/β_k), parameters θ + δ ~ N(0, 1/α). With
A = Σ_k β_k J_kᵀJ_k + αI and its minimiser δ, the evidence is stationary where

    α = Σ_k γ_k / ‖θ + δ‖²,   β_k = (N_k − γ_k) / ‖r_k + J_k δ‖²,   γ_k = β_k tr(A⁻¹ J_kᵀJ_k),

which is iterated. Everything goes through orthogonal factors: A itself, the square of a Jacobian
divided by a small noise, would lose the digits that matter.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.linalg import qr, solve_triangular

_ITERATIONS, _SETTLED = 200, 1e-6
_LARGEST = 1e18  # a noise of 1e-9 of a label's size: no smaller one is told from round-off


class Block(NamedTuple):
    """One term: `factor [s, P + 1]` with factorᵀ factor = [J, r]ᵀ[J, r], and N labels."""

    factor: np.ndarray
    labels: int


class Posterior(NamedTuple):
    """Precisions, `root [P, P]` with rootᵀ root = A, the minimiser δ, and the log evidence."""

    prior: float
    noise: np.ndarray
    root: np.ndarray
    shift: np.ndarray
    evidence: float
    settled: bool


def compressed(rows: np.ndarray) -> np.ndarray:
    """A triangular factor of [J, r] with no more rows than columns."""
    return rows if len(rows) <= rows.shape[1] else _triangle(rows)


def _triangle(rows: np.ndarray) -> np.ndarray:
    return np.asarray(qr(rows, mode="r", check_finite=False)[0])[: rows.shape[1]]


def maximise(
    blocks: list[Block], θ: np.ndarray, prior: float | None, noise: np.ndarray
) -> Posterior:
    """The posterior at the precisions of largest evidence.

    `prior` and the entries of `noise [K]` that are not None and not NaN stay as they are given.
    """
    empty = np.array([block.labels == 0 for block in blocks])
    noise = np.where(np.isnan(noise) & empty, 1.0, noise)  # where nothing is told, nothing is asked
    fixed = ~np.isnan(noise)
    β = np.where(fixed, noise, [_first_noise(block) for block in blocks])
    α = prior if prior is not None else len(θ) / max(float(θ @ θ), 1e-12)
    found, settled = posterior_at(blocks, θ, α, β), prior is not None and bool(fixed.all())
    for _ in range(0 if settled else _ITERATIONS):
        γ, misfit = _effective(blocks, found)
        moved = θ + found.shift
        new_α = α if prior is not None else min(float(γ.sum() / _positive(moved @ moved)), _LARGEST)
        left = np.array([block.labels for block in blocks]) - γ
        new_β = np.where(fixed, β, np.minimum(_positive(left) / _positive(misfit), _LARGEST))
        change = np.abs(np.log([new_α / α, *(new_β / β)])).max()
        α, β = new_α, new_β
        found = posterior_at(blocks, θ, α, β)
        if change < _SETTLED:
            settled = True
            break
    return found._replace(settled=settled)


def _positive(a: np.ndarray) -> np.ndarray:
    return np.maximum(a, 1e-300)


def _first_noise(block: Block) -> float:
    r = block.factor[:, -1]
    return min(block.labels / max(float(r @ r), 1e-300), 1e6)


def posterior_at(blocks: Sequence[Block], θ: np.ndarray, α: float, β: np.ndarray) -> Posterior:
    """That of these precisions, linearised at θ."""
    P = len(θ)
    prior = np.sqrt(α) * np.column_stack([np.eye(P), θ])
    stacked = [np.sqrt(b) * block.factor for b, block in zip(β, blocks, strict=True)]
    R = _triangle(np.vstack([*stacked, prior]))
    root, right, rest = R[:P, :P], R[:P, P], R[P, P]
    shift = -solve_triangular(root, right, check_finite=False)
    counts = np.array([block.labels for block in blocks])
    evidence = 0.5 * (
        P * np.log(α)
        + counts @ np.log(β)
        - rest**2  # Σ_k β_k ‖r_k + J_k δ‖² + α ‖θ + δ‖² at the minimiser
        - 2 * np.log(np.abs(np.diagonal(root))).sum()
        - counts.sum() * np.log(2 * np.pi)
    )
    return Posterior(α, β, root, shift, float(evidence), False)


def _effective(blocks: list[Block], found: Posterior) -> tuple[np.ndarray, np.ndarray]:
    """γ_k and ‖r_k + J_k δ‖²."""
    γ, misfit = [], []
    for b, block in zip(found.noise, blocks, strict=True):
        J, r = block.factor[:, :-1], block.factor[:, -1]
        half = solve_triangular(found.root, J.T, trans=1, check_finite=False)  # of the transpose
        γ.append(b * np.sum(half**2))
        misfit.append(np.sum((r + J @ found.shift) ** 2))
    return np.array(γ), np.array(misfit)
