"""What a file holds of a kriging model: every number, so that it answers with the same bits."""

from collections.abc import Mapping

import numpy as np

from sobolev._base.triangles import packed, unpacked
from sobolev.kriging.gaussian_process import Parameters, Process
from sobolev.kriging.kernels import KERNELS, Profile

KIND, FORMAT = "kriging model", 1


def kernel_of(processes: tuple[Process, ...]) -> str:
    """The name of the kernel that all outputs share."""
    return next(name for name, profile in KERNELS.items() if profile is processes[0].profile)


def parts(processes: tuple[Process, ...]) -> dict[str, np.ndarray]:
    """The numbers of every output by name."""
    return {
        f"process{number}/{name}": array
        for number, process in enumerate(processes)
        for name, array in _parts(process).items()
    }


def processes_of(
    kernel: str, arrays: Mapping[str, np.ndarray], inputs: int, outputs: int
) -> tuple[Process, ...]:
    """The processes of these `parts`; raises `KeyError` and `ValueError` for what is none."""
    groups: dict[str, dict[str, np.ndarray]] = {}
    for place, array in arrays.items():
        group, _, name = place.partition("/")
        groups.setdefault(group, {})[name] = array
    if groups.keys() != {f"process{number}" for number in range(outputs)}:
        raise ValueError("it has not one process for each output")
    found = tuple(_process(KERNELS[kernel], groups[f"process{k}"]) for k in range(outputs))
    if any(process.u.shape[1] != inputs for process in found):
        raise ValueError("it has not one length for each input")
    return found


def _parts(process: Process) -> dict[str, np.ndarray]:
    p = process.parameters
    return {
        "lengths": p.lengths,
        "nuggets": p.nuggets,
        "scalars": np.array([p.variance, process.mean, process.likelihood]),
        "u": process.u,
        "present": process.present,
        "alpha": process.α,
        "trend": process.trend,
        "factor": packed(process.factor, lower=True),
    }


def _process(profile: Profile, arrays: dict[str, np.ndarray]) -> Process:
    present = arrays.pop("present")
    if any(array.dtype != np.float64 for array in arrays.values()) or present.dtype != bool:
        raise ValueError("its arrays hold other numbers")
    factor, u = unpacked(arrays.pop("factor"), lower=True), arrays.pop("u")
    (n, d), labels = u.shape, len(factor)
    shapes = {
        "lengths": (d,), "nuggets": (2,), "scalars": (3,), "alpha": (labels,), "trend": (labels,),
    }  # fmt: skip
    if {name: array.shape for name, array in arrays.items()} != shapes:
        raise ValueError("its arrays do not fit together")
    if present.shape != (1 + d, n) or present.sum() != labels:
        raise ValueError("it has not as many labels as numbers")
    variance, mean, likelihood = map(float, arrays["scalars"])
    parameters = Parameters(arrays["lengths"], variance, arrays["nuggets"])
    weights = arrays["alpha"], factor, arrays["trend"]
    return Process(profile, parameters, u, present, mean, *weights, likelihood)
