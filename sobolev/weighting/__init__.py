"""Who decides the weight of each loss term, one scheme a file."""

from sobolev._base.conformance import Conformance as Conformance
from sobolev.weighting.conflict import Diagnostics as Diagnostics
from sobolev.weighting.conflict import diagnostics as diagnostics
from sobolev.weighting.conformance import conforms as conforms
from sobolev.weighting.points.causal import Causal as Causal
from sobolev.weighting.points.causal_in_time import CausalInTime as CausalInTime
from sobolev.weighting.points.inverse_residual_decay import (
    InverseResidualDecay as InverseResidualDecay,
)
from sobolev.weighting.points.point_rule import PointRule as PointRule
from sobolev.weighting.points.point_rule import PointWeighting as PointWeighting
from sobolev.weighting.points.residual_attention import ResidualAttention as ResidualAttention
from sobolev.weighting.points.self_adaptive import SelfAdaptive as SelfAdaptive
from sobolev.weighting.registry import SCHEMES as SCHEMES
from sobolev.weighting.registry import by_name as by_name
from sobolev.weighting.scheme import Moments as Moments
from sobolev.weighting.scheme import Scheme as Scheme
from sobolev.weighting.scheme import Statistics as Statistics
from sobolev.weighting.schemes.by_angle.aligned import AlignedMTL as AlignedMTL
from sobolev.weighting.schemes.by_angle.cagrad import CAGrad as CAGrad
from sobolev.weighting.schemes.by_angle.config import ConFIG as ConFIG
from sobolev.weighting.schemes.by_angle.dcgd import DCGD as DCGD
from sobolev.weighting.schemes.by_angle.dualproj import DualProj as DualProj
from sobolev.weighting.schemes.by_angle.fairgrad import FairGrad as FairGrad
from sobolev.weighting.schemes.by_angle.gradvac import GradVac as GradVac
from sobolev.weighting.schemes.by_angle.imtl import IMTLG as IMTLG
from sobolev.weighting.schemes.by_angle.mgda import MGDA as MGDA
from sobolev.weighting.schemes.by_angle.nash import NashMTL as NashMTL
from sobolev.weighting.schemes.by_angle.pcgrad import PCGrad as PCGrad
from sobolev.weighting.schemes.by_angle.upgrad import UPGrad as UPGrad
from sobolev.weighting.schemes.by_loss.augmented_lagrangian import (
    AugmentedLagrangian as AugmentedLagrangian,
)
from sobolev.weighting.schemes.by_loss.dynamic_average import (
    DynamicWeightAverage as DynamicWeightAverage,
)
from sobolev.weighting.schemes.by_loss.famo import FAMO as FAMO
from sobolev.weighting.schemes.by_loss.kl_simplex import KLSimplex as KLSimplex
from sobolev.weighting.schemes.by_loss.log_sum import LogSum as LogSum
from sobolev.weighting.schemes.by_loss.relobralo import ReLoBRaLo as ReLoBRaLo
from sobolev.weighting.schemes.by_loss.soft_adapt import SoftAdapt as SoftAdapt
from sobolev.weighting.schemes.by_loss.tchebycheff import SmoothTchebycheff as SmoothTchebycheff
from sobolev.weighting.schemes.by_loss.uncertainty import Uncertainty as Uncertainty
from sobolev.weighting.schemes.by_loss.variation import (
    CoefficientOfVariation as CoefficientOfVariation,
)
from sobolev.weighting.schemes.by_size.grad_norm import GradNorm as GradNorm
from sobolev.weighting.schemes.by_size.inverse_dirichlet import InverseDirichlet as InverseDirichlet
from sobolev.weighting.schemes.by_size.inverse_norm import InverseNorm as InverseNorm
from sobolev.weighting.schemes.by_size.rate_annealing import RateAnnealing as RateAnnealing
from sobolev.weighting.schemes.by_size.tangent_kernel import TangentKernel as TangentKernel
from sobolev.weighting.schemes.fixed.fixed import Fixed as Fixed
from sobolev.weighting.schemes.fixed.fixed import InverseEnergy as InverseEnergy
from sobolev.weighting.schemes.fixed.fixed import Unweighted as Unweighted
from sobolev.weighting.schemes.fixed.random_weights import RandomWeights as RandomWeights
from sobolev.weighting.schemes.fixed.replay import Replay as Replay
from sobolev.weighting.schemes.fixed.scheduled import Scheduled as Scheduled
from sobolev.weighting.schemes.fixed.scheduled import TiedToRate as TiedToRate
from sobolev.weighting.schemes.trained.parametrisation import Clip as Clip
from sobolev.weighting.schemes.trained.parametrisation import ErrorFunction as ErrorFunction
from sobolev.weighting.schemes.trained.parametrisation import Exponential as Exponential
from sobolev.weighting.schemes.trained.parametrisation import Identity as Identity
from sobolev.weighting.schemes.trained.parametrisation import Parametrisation as Parametrisation
from sobolev.weighting.schemes.trained.trained import CosineDistance as CosineDistance
from sobolev.weighting.schemes.trained.trained import LossMax as LossMax
from sobolev.weighting.schemes.trained.trained import Trained as Trained
from sobolev.weighting.statistics import term_gradients as term_gradients
from sobolev.weighting.statistics import weighted_gradient as weighted_gradient
from sobolev.weighting.wrappers.bounded import Bounded as Bounded
from sobolev.weighting.wrappers.cadence import Every as Every
from sobolev.weighting.wrappers.cadence import Frozen as Frozen
from sobolev.weighting.wrappers.cadence import Smoothed as Smoothed
from sobolev.weighting.wrappers.cadence import Warmup as Warmup
from sobolev.weighting.wrappers.chain import Chain as Chain
from sobolev.weighting.wrappers.normalised import Normalised as Normalised
from sobolev.weighting.wrappers.sketched import Sketched as Sketched
from sobolev.weighting.wrappers.wrapper import Wrapper as Wrapper
