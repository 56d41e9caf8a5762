"""`comparison.json`: every weighting on the same problems, each at its best learning rate."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sobolev._base.atomic import write_atomically
from sobolev._base.errors import DataError
from sobolev.records.json_file import above, at_least, between, of_format, parsed, some, validated
from sobolev.records.paired import Paired, Says, judged

# The first version of the file says no format. The second is the same, and says it.
FILE, FORMAT, FIRST = "comparison.json", 2, 1
BASELINE = "inverse_energy"


@dataclass(frozen=True)
class Run:
    """One training; when it ended badly, `error` is infinite (null in the file), `result` says why.

    `rate`: the learning rate; `tuning`: whether it only chooses the rate; `terms`: relative error
    of each, of which `error` is the geometric mean; `weights`: the last ones.
    """

    problem: str
    scheme: str
    variant: str
    rate: float = field(metadata=above(0))
    seed: int
    tuning: bool
    error: float | None = field(metadata=at_least(0))
    terms: dict[str, float | None] = field(default_factory=dict)
    weights: list[float | None] = field(default_factory=list)
    result: str = ""


@dataclass(frozen=True)
class Verdict:
    """One scheme in one variant on one problem against the baseline in the same variant.

    `median`, `low`, `high` of its errors over the initialisations; `ratio`: median of its error
    over the baseline's from the same initialisation; `p`: of `records.paired`, corrected over the
    schemes of the problem and variant; `rate` it was tuned to; `failed` trainings; `baseline`: its
    name.
    """

    problem: str
    scheme: str
    variant: str
    median: float | None
    low: float | None
    high: float | None
    ratio: float | None
    p: float = field(metadata=between(0, 1))
    says: Says
    rate: float = field(metadata=above(0))
    failed: int = field(metadata=at_least(0))
    baseline: str = BASELINE


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Everything in the file; `budgets`: what changed the numbers on each problem."""

    settings: dict = field(default_factory=dict)
    budgets: dict = field(default_factory=dict)
    version: str = ""
    records: list[Run] = field(metadata=some())
    verdicts: list[Verdict] = field(metadata=some())

    def write(self, folder: Path) -> None:
        """Write `comparison.json` and, as text, `comparison.txt`; raises `OutputError`."""
        content = _plain({"format": FORMAT, **asdict(self)})
        text = json.dumps(content, indent=1, allow_nan=False)
        write_atomically(folder / FILE, text.encode())
        write_atomically(folder / "comparison.txt", (table(self.verdicts) + "\n").encode())


def number(value: float | None) -> float:
    """JSON's null, and anything else that is not finite, is a training that failed."""
    return math.inf if value is None or not math.isfinite(value) else float(value)


def verdicts(records: Iterable[Run], baselines: Mapping[str, str] | None = None) -> list[Verdict]:
    """A verdict for every problem, variant and scheme in these records, best median first.

    `baselines` names the baseline of each problem where it is not `BASELINE`.
    """
    groups: dict[tuple[str, str], dict[str, list[Run]]] = {}
    for r in records:
        if not r.tuning:
            schemes = groups.setdefault((r.problem, r.variant), {})
            schemes.setdefault(r.scheme, []).append(r)
    found = []
    for (problem, _), schemes in groups.items():
        name = (baselines or {}).get(problem, BASELINE)
        errors = {s: np.array([number(r.error) for r in runs]) for s, runs in schemes.items()}
        against = judged({s: (e, errors[name]) for s, e in errors.items() if s != name})
        # The baseline against itself is nothing to correct for.
        against |= {name: Paired(1.0, 1.0, len(errors[name]), 0, len(errors[name]))}
        group = [_verdict(schemes[s][-1], errors[s], against[s], name) for s in schemes]
        found += sorted(group, key=lambda v: number(v.median))
    return found


def _verdict(run: Run, errors: np.ndarray, against: Paired, baseline: str) -> Verdict:
    says = Says.SAME if against.says is Says.FEW else against.says
    return Verdict(
        run.problem, run.scheme, run.variant, float(np.median(errors)), float(errors.min()),
        float(errors.max()), against.ratio, against.p, says, run.rate,
        int(np.sum(~np.isfinite(errors))), baseline,
    )  # fmt: skip


def table(found: Iterable[Verdict]) -> str:
    """As text: one block for each problem and variant."""
    lines, last = [], None
    for v in found:
        if (v.problem, v.variant) != last:
            last = v.problem, v.variant
            lines += ["", f"{v.problem}, {v.variant}"]
        lines.append(
            f"  {v.scheme:24s} {v.median:9.2e} ({v.low:.1e} .. {v.high:.1e})  "
            f"x{v.ratio:<6.2f} p {v.p:.2f}  {v.says}" + (f", {v.failed} failed" if v.failed else "")
        )
    return "\n".join(lines).strip()


def read_comparison(folder: str | Path) -> Comparison:
    """Read `comparison.json`.

    Raises `DataError`, one sentence, when it is missing, cut off or contradicts itself.
    """
    path = Path(folder) / FILE
    content = parsed(path)
    of_format(path, content, FIRST, FORMAT, unnumbered=FIRST)
    found = validated(Comparison, path, content)
    _check_records(path, found)
    _check_verdicts(path, found)
    return found


def _check_records(path: Path, found: Comparison) -> None:
    seen = set()
    for r in found.records:
        key = (r.problem, r.scheme, r.variant, r.rate, r.seed, r.tuning)
        if key in seen:
            raise DataError(
                f"{path}: the training of {r.scheme}, {r.variant} on {r.problem} from seed "
                f"{r.seed} is there twice. Keep one."
            )
        seen.add(key)


def _check_verdicts(path: Path, found: Comparison) -> None:
    seeds: dict[tuple, list[int]] = {}
    for r in found.records:
        if not r.tuning:
            seeds.setdefault((r.problem, r.variant, r.scheme), []).append(r.seed)
    places = [(v.problem, v.variant, v.scheme) for v in found.verdicts]
    for v, place in zip(found.verdicts, places, strict=True):
        where = f"{path}: the verdict of {v.scheme}, {v.variant} on {v.problem}"
        base = (v.problem, v.variant, v.baseline)
        if places.count(place) > 1:
            raise DataError(f"{where} is there twice. Keep one.")
        if base not in places:
            raise DataError(f"{where} is against {v.baseline}, which has none. Run it again.")
        if not seeds.get(place) or sorted(seeds[place]) != sorted(seeds.get(base, [])):
            raise DataError(
                f"{where} does not rest on trainings from the same seeds as {v.baseline}. Run the "
                "study again."
            )


def _plain(content: Any) -> Any:
    """Infinite and NaN as null, which JSON can say."""
    if isinstance(content, dict):
        return {key: _plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    if isinstance(content, float) and not abs(content) < float("inf"):
        return None
    return content
