"""Where the names of version 0.1 are now; each old one warns until the next version."""

import warnings

MOVED_ROOMS = {
    "design": "designs",
    "gek": "kriging",
    "report": "reports",
    "study": "studies",
    "uncertainty": "confidence",
}
_MOVED_NAMES = {
    "bridges": "SobolevRegressor",
    "checks": "Finding",
    "data": "HDF5Rows Scaling from_pandas from_smt from_xarray open_rows read_dakota read_points "
    "stack to_pandas to_smt to_xarray write_parts",
    "errors": "ConfigError CorruptFile DataError Diverged OutputError PrecisionError",
    "losses": "Entry Residual Term derivatives_along",
    "networks": "FourierMLP MLP MixedMLP ModifiedMLP ResidualMLP SineNetwork capacity_warning "
    "check_activation",
    "optimisers": "Adam AdamThenLBFGS BFGS ByRows FirstOrder GradientRegularisedNewton LBFGS "
    "LevenbergMarquardt MomentumConFIG MultiAdam SOAP SSBroyden Then UnitLength choose_optimiser",
    "studies": "StudySettings",
    "training": "History Placement",
    "weighting": "AlignedMTL AugmentedLagrangian Bounded CAGrad Causal CausalInTime Chain Clip "
    "CoefficientOfVariation ConFIG Conformance CosineDistance DCGD Diagnostics DualProj "
    "DynamicWeightAverage ErrorFunction Every Exponential FAMO FairGrad Fixed Frozen GradNorm "
    "GradVac IMTLG Identity InverseDirichlet InverseEnergy InverseNorm InverseResidualDecay "
    "KLSimplex LogSum LossMax MGDA Moments NashMTL Normalised PCGrad PointWeighting RandomWeights "
    "RateAnnealing ReLoBRaLo Replay ResidualAttention Scheduled SelfAdaptive Sketched "
    "SmoothTchebycheff Smoothed SoftAdapt Statistics TangentKernel TiedToRate Trained UPGrad "
    "Uncertainty Unweighted Warmup conforms diagnostics",
}
MOVED = {
    **MOVED_ROOMS,
    **{name: f"{room}.{name}" for room, names in _MOVED_NAMES.items() for name in names.split()},
    "Weighting": "weighting.Scheme",
}


def new_name(old: str) -> str:
    """Where `old` is now, with a warning to whoever asks two calls above; `KeyError`."""
    new = MOVED[old]
    warnings.warn(
        f"sobolev.{old} is sobolev.{new} now, and the old name goes with the next version.",
        DeprecationWarning,
        stacklevel=3,
    )
    return new
