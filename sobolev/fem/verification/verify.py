"""Is this tangent the derivative of this stress, and is this stress that of a solid?"""

from collections.abc import Callable, Iterator

import numpy as np

from sobolev._base.arguments import positive, shown, whole
from sobolev._base.errors import ConfigError
from sobolev._base.precision import require_x64
from sobolev.fem.laws.law import Law
from sobolev.fem.verification import convexity, cycles, sentences, symmetries
from sobolev.fem.verification.mistakes import explained
from sobolev.fem.verification.of_law import OfLaw
from sobolev.fem.verification.report import Finding, Seen, Verification
from sobolev.fem.verification.routine import OfRoutine, Routine
from sobolev.fem.verification.states import situations
from sobolev.fem.verification.subject import Halt, Subject
from sobolev.fem.verification.tangents import ROUND_OFF, bend_of, compare
from sobolev.fem.verification.umat import OfUmat, Umat


def verify(
    law: Law | Routine | Umat,
    strain: float | None = None,
    *,
    step: float = 0.5,
    dimension: int = 3,
    isotropic: bool | None = None,
    unstressed: bool = True,
    seed: int = 0,
) -> Verification:
    """Compare a tangent with differences of the stress, entry by entry, and the stress with itself.

    At several states (at rest, strained, squeezed, turned; with history elastic, plastic, back
    again, yielding the other way) each entry is compared with differences of the stress that are
    extrapolated; one that is 0.1 % off, and at least 1e-4 of the largest, is named.
    Besides: no stress at rest; P(QF) = Q P(F); an energy is the potential of the stress; an elastic
    law gives back all work on a closed cycle, another never more; a law with history that does not
    look at the time does not flow again at the same strain; second derivatives of laws by JAX.

    **Arguments:** `law`: a law of `fem` with numbers for constants, or with a tangent of its own a
    `Routine` or a compiled `Umat`; `strain`, the size of what is tried (None: 0.2 of finite strain,
    0.02 of small, 2.5 times that where the law yields); `step` of time; `dimension` of a law of
    any; what is claimed: `isotropic` (None: nothing, and it is told), `unstressed` at rest. What is
    wrong with the law is a finding, not an error. Raises `ConfigError` for what is no law, and
    where it has no derivative or other shapes.

    ```python
    found = fem.verify(fem.NeoHooke(10.0, 0.3))
    assert found.good, str(found)
    ```

    Source: differences after C. J. F. Ridders, Adv. Eng. Software 4 (1982) 75,
    10.1016/S0141-1195(82)80057-0.
    """
    require_x64("verifying a tangent")
    if strain is not None:
        strain = positive("strain", strain)
    step = positive("step", step)
    subject = subject_of(law, whole("dimension", dimension, 1))
    try:
        run = _Run(subject, strain, step, isotropic, unstressed, np.random.default_rng(seed))
        with np.errstate(all="ignore"):
            return run.report()
    finally:
        subject.close()


def subject_of(law: Law | Routine | Umat, dimension: int) -> Subject:
    """What is verified of a law. Raises `ConfigError` for what is none, or has no derivatives."""
    match law:
        case Law():
            return OfLaw(law, dimension)
        case Routine():
            return OfRoutine(law)
        case Umat():
            return OfUmat(law)
    raise ConfigError(f"verify takes a law of fem, a fem.Routine or a fem.Umat: got {shown(law)}.")


class _Run:
    """One verification: what is asked in turn, and what came out."""

    def __init__(self, subject: Subject, strain, step, isotropic, unstressed, rng):
        self.subject, self.strain, self.step, self.rng = subject, strain, step, rng
        self.isotropic, self.unstressed = isotropic, unstressed
        self.findings: list[Finding] = []
        self.observations: list[str] = []
        self.seen, self.checked = [], []

    def report(self) -> Verification:
        """Everything that applies, until the routine can be asked no more."""
        try:
            for kind, applies, ask in self._questions():
                if applies():
                    self.checked.append(kind)
                    ask()
        except Halt as halt:
            self.findings.insert(0, Finding(halt.kind, halt.sentence))
        seen = tuple(Seen(each.at.name, each.sharp, each.slopes.problem) for each in self.seen)
        return Verification(
            self.subject.name, tuple(self.findings), tuple(self.observations), seen,
            tuple(self.checked),
        )  # fmt: skip

    def _questions(self) -> Iterator[tuple[str, Callable[[], bool], Callable[[], None]]]:
        subject = self.subject
        solid = subject.measure != "other"

        def always():
            return True

        def strained():
            return bool(self._sound)

        yield "tangent", always, self._tangent
        yield "symmetry", strained, self._symmetry
        yield "rest", always, self._rest
        yield "repeat", strained, self._repeat
        yield "values", strained, self._values
        yield "objectivity", lambda: solid and strained(), self._objectivity
        yield "isotropy", lambda: solid and strained(), self._isotropy
        yield "energy", lambda: subject.has_energy and strained(), self._energy
        conservative = not subject.history and subject.symmetric is not False
        yield "cycle", lambda: conservative and strained(), self._cycle
        yield "dissipation", lambda: subject.history and strained(), self._dissipation
        yield "update", lambda: subject.history and strained(), self._update
        yield "second derivative", lambda: subject.differentiable and self._right(), self._second
        yield "ellipticity", lambda: solid and strained(), self._convexity

    def _right(self):
        """Whether the tangent is: second derivatives of a wrong one say nothing new."""
        return bool(self._sound) and all(each.kind != "tangent" for each in self.findings)

    @property
    def _sound(self):
        """States that were compared, but for rest, with their numbers from 1."""
        return [
            (k, each) for k, each in enumerate(self.seen, 1)
            if not each.slopes.problem and np.any(each.at.strain)
        ]  # fmt: skip

    @property
    def _typical(self):
        """Those that start at the beginning."""
        start = self.subject.start
        return [one for one in self._sound if np.array_equal(one[1].at.start, start)]

    def _say(self, kind, sentence, **more):
        self.findings.append(Finding(kind, sentence, **more))

    def _tangent(self):
        places, limit = situations(self.subject, self.strain, self.step, self.rng)
        if limit is not None:
            self.observations.append(f"it begins to flow at a strain of {limit:.2g}.")
        self.scale = places[0].scale
        for place in places:
            self.seen.append(compare(self.subject, place))
        # as the law says it, which it also does where the slope jumps: at rest, of one with damage
        said = np.abs([each.tangent for each in self.seen])
        least = ROUND_OFF * float(np.max(said, where=np.isfinite(said), initial=0.0))
        self.seen = [each._replace(round_off=least) for each in self.seen]
        self._tell_problems()
        judged = [each for each in self.seen if not each.slopes.problem]
        several = sum(int(each.wrong().sum() > 1) for each in judged)
        why = explained(self.subject, judged) if several else ""
        self.findings += sentences.of_entries(self.subject, self.seen, why)

    def _tell_problems(self):
        without = {p: [(k, each.at.name) for k, each in enumerate(self.seen, 1)
                       if each.slopes.problem == p] for p in ("no stress", "kink")}  # fmt: skip
        if lost := without["no stress"]:
            k, name = lost[0]
            more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
            self._say(
                "no stress",
                f"its stress is not a number at state {k} ({name}){more}, and nearer to rest "
                f"neither{self.subject.hint}.",
                states=tuple(k for k, _ in lost),
            )
        for k, each in enumerate(self.seen, 1):
            if np.isfinite(each.stress).all() and not np.isfinite(each.state).all():
                self._say(
                    "state", f"its new state is not a number at state {k} ({each.at.name}).",
                    states=(k,),
                )  # fmt: skip
                break
        for k, name in without["kink"]:
            self.observations.append(
                f"its slope jumps at state {k} ({name}): nothing is compared there."
            )

    def _symmetry(self):
        found = sentences.of_asymmetry(self.subject, self.seen)
        if self.subject.symmetric is None:
            if len(self.subject.rows) == len(self.subject.columns):
                self.observations.append(
                    f"its tangent is not symmetric: {found[1]}." if found
                    else "its tangent is symmetric."
                )  # fmt: skip
        elif self.subject.symmetric and found:
            self._say(
                "symmetry",
                f"the slopes of the stress are not symmetric, though the law says so: {found[1]}.",
                entry=found[0], states=(found[2],),
            )  # fmt: skip

    def _rest(self):
        stiff = max([each.slopes.size for each in self.seen if not each.slopes.problem] or [np.nan])
        gap = symmetries.at_rest(self.subject, self.scale, stiff)
        if gap.size > symmetries.SAME:
            who = self.subject.rows[gap.where]
            said = f"at rest it acts: {who} is {gap.size:.2g} of what the strains here make"
            if self.unstressed:
                self._say("rest", f"{said}; if that is meant, say unstressed=False.", entry=who)
            else:
                self.observations.append(f"{said}.")

    def _repeat(self):
        k, seen = self._sound[0]
        if not symmetries.repeats(self.subject, seen):
            self._say(
                "repeat",
                f"asked twice at state {k} ({seen.at.name}), with another point in between, it "
                "says two things: it remembers something besides its state, or reads what was "
                "never set.",
                states=(k,),
            )

    def _values(self):
        k, seen = self._sound[0]
        if self.subject.unseen(seen.point[None]) > symmetries.SAME * np.abs(seen.stress).max():
            self._say(
                "values", "it looks at the values of its fields, or acts on them, but says "
                "uses_value=False.", states=(k,),
            )  # fmt: skip

    def _objectivity(self):
        for k, seen in self._typical if self.subject.finite else []:
            gap = symmetries.objectivity(self.subject, seen, self.rng)
            if gap.size > symmetries.SAME:
                rule = "P(QF) = Q P(F)" if self.subject.measure == "nominal" else "σ(QF) = Q σ Qᵀ"
                self._say(
                    "objectivity",
                    f"a rotation changes what it says by {gap.size:.2g} of the stress at state {k} "
                    f"({seen.at.name}): {rule} does not hold.",
                    states=(k,),
                )
                return
        for k, seen in self._sound:
            gap = symmetries.angular_momentum(self.subject, seen)
            if gap.size > symmetries.SAME:
                rule = "P Fᵀ" if self.subject.measure == "nominal" else "σ"
                self._say(
                    "objectivity",
                    f"{rule} is not symmetric at state {k} ({seen.at.name}): by {gap.size:.2g} of "
                    "the stress.",
                    states=(k,),
                )
                return

    def _isotropy(self):
        gaps = [(symmetries.isotropy(self.subject, seen, self.rng).size, k, seen.at.name)
                for k, seen in self._typical]  # fmt: skip
        size, k, name = max(gaps, default=(0.0, 0, ""))
        if size <= 1e-8:
            self.observations.append("it is isotropic.")
        elif self.isotropic:
            self._say(
                "isotropy",
                f"it is not isotropic: a rotation of the material changes the stress by {size:.2g} "
                f"of it at state {k} ({name}).",
                states=(k,),
            )
        else:
            self.observations.append(f"it is not isotropic: by {size:.2g} of the stress.")

    def _energy(self):
        for k, seen in self._sound:
            slope, wrong = symmetries.potential(self.subject, seen)
            if wrong.any():
                self.findings += sentences.of_potential(self.subject, k, seen, slope, wrong)
                return

    def _cycle(self):
        work = cycles.conserved(self.subject, self.scale / 2, self.step, self.rng)
        if not np.isfinite(work.share):
            return
        if abs(work.share) > max(10 * work.doubt, 1e-9):
            said = f"{abs(work.share):.2g} of the work to and fro is {_gone(work.share)}"
            if self.subject.symmetric:
                self._say("cycle", f"on a closed cycle of strain {said}: it is not elastic.")
            else:
                self.observations.append(f"on a closed cycle of strain {said}.")

    def _dissipation(self):
        work = cycles.dissipated(self.subject, 3 * self.scale, self.step, self.rng)
        if work.share < -1e-3:
            said = f"on a closed cycle of strain it gives back {-work.share:.2g} more than it took"
            if self.subject.measure == "kirchhoff":
                self.observations.append(f"{said}, as rates of stress may.")
            else:
                self._say("dissipation", f"{said}: look at the signs in the update of its state.")

    def _update(self):
        for k, seen in self._typical:
            again = cycles.flows_again(self.subject, seen.at.strain, self.step)
            if again is None:
                return
            if again > 1e-6:
                self._say(
                    "update",
                    f"asked for the same strain again, from the state it ended in, its stress "
                    f"changes by {again:.2g} at state {k} ({seen.at.name}): look at the update of "
                    "its state.",
                    states=(k,),
                )
                return

    def _second(self):
        for k, seen in self._sound[-3:]:
            bend = bend_of(self.subject, seen, self.rng)
            found = bend and sentences.of_bend(self.subject, k, seen.at.name, bend)
            if found:
                self.findings.append(found)
                return

    def _convexity(self):
        least = [(convexity.acoustic(self.subject, seen, self.rng), k, seen.at.name)
                 for k, seen in self._sound]  # fmt: skip
        self._observe_least(least, "its acoustic tensor", "it loses ellipticity")
        if self.subject.measure == "small":
            least = [(convexity.least_stiffness(self.subject, seen), k, seen.at.name)
                     for k, seen in self._sound]  # fmt: skip
            self._observe_least(least, "its tangent", "it softens")

    def _observe_least(self, least, what, otherwise):
        value, k, name = min(least)
        if value > -1e-9:
            self.observations.append(f"{what} is positive at all states (at least {value:.2g}).")
        else:
            self.observations.append(f"{otherwise} at state {k} ({name}): {value:.2g}.")


def _gone(share):
    return "lost" if share > 0 else "gained"
