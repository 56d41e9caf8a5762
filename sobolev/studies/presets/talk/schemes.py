"""The schemes that a study compares, by name: what each is and how it is trained."""

from sobolev.records.study import Contender
from sobolev.studies.presets.talk.settings import StudySettings
from sobolev.weighting import (
    Clip,
    CosineDistance,
    ErrorFunction,
    Exponential,
    Identity,
    InverseEnergy,
    InverseNorm,
    LossMax,
    Scheme,
    Unweighted,
)

BASELINES = {
    scheme.name: scheme
    for scheme in (
        Contender("nn", "NN (response only)", "baseline", "Trained on values only."),
        Contender("snn", "SNN (unweighted Sobolev)", "baseline", "All weights 1."),
        Contender(
            "snn_tuned",
            "SNN, tuned learning rate",
            "baseline",
            "All weights 1; learning rate chosen for each network and budget on other seeds.",
        ),
        Contender(
            "inverse_energy",
            "Inverse energy (static)",
            "baseline",
            "Weights 1/mean(label²) of each term, mean 1, constant.",
        ),
        Contender(
            "lm",
            "Levenberg–Marquardt",
            "baseline",
            "Second-order optimiser on the unweighted loss, for no more wall time than SNN.",
        ),
    )
}

_OBJECTIVES = {
    "lmax": ("L_max", "Weights ascend the loss"),
    "cd_own": ("CD own", "Each weight minimises the cosine distance of its own term"),
    "cd_sum": ("CD sum", "Weights minimise the sum of the cosine distances"),
    "cd_max": ("CD max", "Weights minimise the largest cosine distance"),
}
_BOUNDS = {"": "unbounded", "clip": "clipped", "erf": "error function", "log": "exponential"}


def adaptive(name: str) -> Contender:
    """The description of an adaptive scheme."""
    if name == "inverse_norm":
        return Contender(
            name,
            "1/‖g‖ (closed form)",
            "adaptive",
            "Weights 1/‖∇L_k‖, mean 1: the closed form of CD sum.",
        )
    objective, bound = _parts(name)
    label, what = _OBJECTIVES[objective]
    tail = f", {_BOUNDS[bound]}" if bound else ""
    return Contender(name, label + tail, "adaptive", f"{what}; {_BOUNDS[bound]} weights.")


# The runs that take an adaptive scheme apart.
CONTROLS = {
    "normalised": "weights divided by their mean: balance without growth.",
    "replay": "mean weight over time as one schedule for all terms: growth without balance.",
    "tuned": "at the learning rate that was tuned for SNN.",
}


def control(of: Contender, name: str) -> Contender:
    """The description of a control of an adaptive scheme."""
    what = f"{of.label}, {CONTROLS[name]}"
    return Contender(f"{of.name}__{name}", f"{of.label}: {name}", "control", what, of.name, name)


def described(name: str, variant: str) -> Contender:
    """The description of a scheme or, when the variant is not empty, of its control."""
    scheme = BASELINES.get(name) or adaptive(name)
    return control(scheme, variant) if variant else scheme


def weighting(name: str, settings: StudySettings) -> Scheme:
    """The weighting of a baseline or adaptive scheme."""
    if name in ("nn", "snn", "snn_tuned", "lm"):
        return Unweighted()
    if name == "inverse_energy":
        return InverseEnergy()
    if name == "inverse_norm":
        return InverseNorm()
    objective, bound = _parts(name)
    made = {"": Identity, "erf": ErrorFunction, "log": Exponential}
    parametrisation = Clip(*settings.clip) if bound == "clip" else made[bound]()
    if objective == "lmax":
        return LossMax(settings.rate, parametrisation)
    return CosineDistance(objective.removeprefix("cd_"), settings.rate, parametrisation)


def _parts(name: str) -> tuple[str, str]:
    objective, _, bound = name.rpartition("_")
    return (objective, bound) if bound in _BOUNDS and objective else (name, "")
