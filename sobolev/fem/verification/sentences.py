"""What was found, in words."""

from collections.abc import Sequence

import numpy as np

from sobolev.fem.verification.report import Finding
from sobolev.fem.verification.subject import Subject
from sobolev.fem.verification.tangents import Bend, Compared

FEW = 4  # wrong entries that are named one by one


def of_entries(subject: Subject, seen: Sequence[Compared], explained: str) -> list[Finding]:
    """A finding for each wrong entry of the tangent, or one for them all where they are many."""
    judged = [(k, each) for k, each in enumerate(seen, 1) if not each.slopes.problem]
    masks = {k: each.wrong() for k, each in judged}
    if not masks:
        return []
    anywhere = np.argwhere(np.any(list(masks.values()), axis=0))
    found = [
        _of_entry(subject, [(k, each) for k, each in judged if masks[k][i, j]], int(i), int(j))
        for i, j in anywhere
    ]
    if not explained and len(found) <= FEW:
        return found
    found.sort(key=lambda each: -abs(np.log(abs(each.factor))) if each.factor else -np.inf)
    states = sorted({k for each in found for k in each.states})
    total = len(subject.rows) * len(subject.columns)
    said = f"{len(found)} of the {total} entries of the tangent are wrong: "
    said += f"{explained}. " if explained else ""
    said += " ".join(_capital(each.sentence) for each in found[: 1 if explained else 3])
    return [Finding("tangent", said, found[0].entry, tuple(states), found[0].factor)]


def _of_entry(subject, wrong, i, j):
    entry = f"∂{subject.rows[i]}/∂{subject.columns[j]}"
    k, most = max(wrong, key=lambda one: _off(one[1], i, j))
    said, right = float(most.tangent[i, j]), float(most.slopes.value[i, j])
    where = f"state {k} ({most.at.name})"
    if len(wrong) > 1:
        where += f" and {len(wrong) - 1} more"
    how = off(said, right, float(most.limit[i, j]))
    sentence = (
        f"the tangent's entry {entry} {how} at {where}: it is {said:.7g}, differences of the "
        f"stress give {right:.7g}."
    )
    factor = said / right if right else np.inf
    return Finding("tangent", sentence, entry, tuple(k for k, _ in wrong), factor)


def _off(each, i, j):
    return abs(each.tangent[i, j] - each.slopes.value[i, j]) / each.slopes.size


def off(said: float, right: float, limit: float) -> str:
    """ "is 0.1 % too large", "has the wrong sign", "should be zero"."""
    if not np.isfinite(said):
        return "is not a number"
    if abs(right) <= limit:
        return "should be zero"
    if abs(said) <= limit:
        return "is zero and should not be"
    ratio = said / right
    if ratio < 0:
        return "has the wrong sign" + ("" if abs(ratio + 1) < 1e-6 else " and size")
    part = abs(ratio - 1)
    if part >= 1:
        return f"is {ratio:.3g} times what it should be"
    return f"is {100 * part:.2g} % {'too large' if ratio > 1 else 'too small'}"


def of_asymmetry(subject: Subject, seen: Sequence[Compared]) -> tuple[str, str, int] | None:
    """(entry, sentence, state) of the largest asymmetry of the slopes of the stress, or None."""
    worst, said = 0.0, None
    for k, each in enumerate(seen, 1):
        if each.slopes.problem or len(subject.rows) != len(subject.columns):
            continue
        S = each.slopes.value
        gap = np.abs(S - S.T) - each.limit - each.limit.T
        i, j = np.unravel_index(np.argmax(gap), gap.shape)
        if gap[i, j] / each.slopes.size > worst:
            worst = gap[i, j] / each.slopes.size
            names = [f"∂{subject.rows[a]}/∂{subject.columns[b]}" for a, b in ((i, j), (j, i))]
            where = f"state {k} ({each.at.name})"
            said = (
                names[0],
                (f"{names[0]} = {S[i, j]:.7g} and {names[1]} = {S[j, i]:.7g} differ at {where}"),
                k,
            )
    return said


def of_bend(subject: Subject, k: int, name: str, bend: Bend) -> Finding | None:
    """The worst entry of a second derivative that is wrong."""
    wrong = bend.wrong
    if not wrong.any():
        return None
    gap = np.abs(bend.said - bend.slopes.value) * wrong
    i, j = np.unravel_index(np.argmax(gap), gap.shape)
    said, right = float(bend.said[i, j]), float(bend.slopes.value[i, j])
    entry = f"∂{subject.rows[i]}/∂{subject.columns[j]}"
    how = off(said, right, float(bend.slopes.doubt[i, j]))
    return Finding(
        "second derivative",
        f"the derivative of the tangent's entry {entry} along a direction {how} at state {k} "
        f"({name}): it is {said:.7g}, differences of the tangent give {right:.7g} "
        f"({int(wrong.sum())} entries are off). A root by Newton's method needs two steps that are "
        "differentiated, `sobolev.fem.laws.root.root`.",
        entry, (k,), said / right if right else np.inf,
    )  # fmt: skip


def of_potential(
    subject: Subject, k: int, seen: Compared, slope: np.ndarray, wrong: np.ndarray
) -> list[Finding]:
    """Stresses that are not derivatives of the energy."""
    found = []
    for i in np.flatnonzero(wrong)[:FEW]:
        said, right = float(seen.stress[i]), float(slope[i])
        who = subject.rows[i]
        found.append(Finding(
            "energy",
            f"the stress {who} {off(said, right, 0.0)} at state {k} ({seen.at.name}): it is "
            f"{said:.7g}, and ∂ψ/∂{subject.columns[i]} by differences of the energy {right:.7g}.",
            who, (k,), said / right if right else np.inf,
        ))  # fmt: skip
    return found


def _capital(sentence):
    return sentence[0].upper() + sentence[1:]
