"""What a worker process of a study does: one job."""

from sobolev.studies import job
from sobolev.studies.schemes import BASELINES

TUNING = "tuning"


def work(bench: job.Bench, name: str, rates: dict[int, float]) -> list[job.Outcome] | list[dict]:
    """The tuning sweep, a baseline, or an adaptive scheme with its controls."""
    if name == TUNING:
        return job.tune(bench)
    return (job.baseline if name in BASELINES else job.adaptive)(bench, name, rates)
