"""Mistakes that people make in tangents: what makes one right says what was meant."""

from collections.abc import Callable, Iterator

import numpy as np

from sobolev.fem.verification.subject import Subject
from sobolev.fem.verification.tangents import Compared

Correction = Callable[[Compared], np.ndarray]


def explained(subject: Subject, seen: list[Compared]) -> str:
    """What makes a tangent with many wrong entries right at every state; "" if nothing known."""
    for sentence, corrected in _corrections(subject, seen):
        if not any(each.wrong(corrected(each)).any() for each in seen):
            return sentence
    return ""


def _corrections(subject: Subject, seen: list[Compared]) -> Iterator[tuple[str, Correction]]:
    n = len(subject.columns)
    if len(subject.rows) == n:
        yield (
            "it is transposed (row and column are swapped, as between C and Fortran)",
            (lambda each: each.tangent.T),
        )
    ratios = [_ratio(each) for each in seen]
    if np.ptp(ratios) <= 1e-6 * np.abs(ratios[0]):
        f = ratios[0]
        yield f"all of it is {1 / f:.6g} times what it should be", lambda each: f * each.tangent
    if n == 6:
        yield from _of_voigt(subject)
    if n == 9 and len(subject.rows) == 9:
        yield from _of_tensors()
    if subject.measure == "kirchhoff":
        yield from _of_rates(subject)
    rest = [each for each in seen if not each.wrong().any()]
    if rest and len(rest) < len(seen):
        first = rest[0].tangent
        if all(np.allclose(each.tangent, first, rtol=1e-9) for each in seen):
            yield (
                "it is the elastic one where the law flows",
                lambda each: each.slopes.value if each.wrong().any() else each.tangent,
            )


def _ratio(each: Compared) -> float:
    k = np.argmax(np.abs(each.slopes.value))
    said = each.tangent.flat[k]
    return float(each.slopes.value.flat[k] / said) if said else np.nan


def _of_voigt(subject: Subject) -> Iterator[tuple[str, Correction]]:
    shear = np.array([name[-2] != name[-1] for name in subject.columns])
    for factor, said in ((0.5, "twice"), (2.0, "half of")):
        scale = np.where(shear, factor, 1.0)
        yield (
            (
                f"its columns by shears are {said} what they should be: strains are engineering "
                "strains, γ = 2 ε"
            ),
            (lambda each, scale=scale: each.tangent * scale),
        )
        both = np.where(shear[:, None] & shear, factor, 1.0)
        yield (
            (
                f"its shear moduli are {said} what they should be: strains are engineering "
                "strains, γ = 2 ε"
            ),
            (lambda each, both=both: each.tangent * both),
        )
    places = np.flatnonzero(shear)
    for order in ((0, 2, 1), (1, 0, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)):
        whole = np.arange(6)
        whole[places] = places[list(order)]
        named = " ".join(subject.columns[k][-2:] for k in whole)
        yield (
            f"its components stand in another order, that of {named}",
            (lambda each, whole=whole: each.tangent[np.ix_(whole, whole)]),
        )


def _of_tensors() -> Iterator[tuple[str, Correction]]:
    for axes, said in (
        ((1, 0, 2, 3), "the stress in it is transposed"),
        ((0, 1, 3, 2), "the strain in it is transposed (F row by row or column by column)"),
        ((1, 0, 3, 2), "its tensors are transposed (row by row or column by column)"),
    ):
        yield (
            said,
            lambda each, axes=axes: each.tangent.reshape(3, 3, 3, 3).transpose(axes).reshape(9, 9),
        )


def _of_rates(subject: Subject) -> Iterator[tuple[str, Correction]]:
    shear = np.array([name[-2] != name[-1] for name in subject.columns])
    volume = np.where(shear, 0.0, 1.0)
    yield (
        "it is that of the Cauchy stress: σ ⊗ 1 is missing in the rate of the Kirchhoff stress",
        (lambda each: each.tangent + np.outer(each.stress, volume)),
    )
    places = [(int(c[-2]) - 1, int(c[-1]) - 1) for c in subject.columns]

    def spin(each: Compared) -> np.ndarray:
        tau, one = subject.stress(each.stress), np.eye(3)
        made = np.zeros((6, 6))
        for a, (i, j) in enumerate(places):
            for b, (k, n) in enumerate(places):
                made[a, b] = (
                    tau[i, k] * one[j, n] + tau[j, k] * one[i, n]
                    + tau[i, n] * one[j, k] + tau[j, n] * one[i, k]
                ) / 2  # fmt: skip
        return made

    yield (
        (
            "it is that of Truesdell's rate (spatial moduli): the terms of the Jaumann rate, "
            "(σ_ik δ_jl + …)/2, are missing"
        ),
        (lambda each: each.tangent + spin(each)),
    )
