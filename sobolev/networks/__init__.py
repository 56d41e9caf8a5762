"""Functions with trainable parameters, one file each."""

from sobolev.networks.activations import ACTIVATIONS as ACTIVATIONS
from sobolev.networks.activations import check_activation as check_activation
from sobolev.networks.capacity import capacity_warning as capacity_warning
from sobolev.networks.derivatives import Prediction as Prediction
from sobolev.networks.derivatives import predict as predict
from sobolev.networks.families import FAMILIES as FAMILIES
from sobolev.networks.families import describe as describe
from sobolev.networks.families import make as make
from sobolev.networks.fourier import FourierMLP as FourierMLP
from sobolev.networks.mixed import MixedMLP as MixedMLP
from sobolev.networks.mlp import MLP as MLP
from sobolev.networks.modified_mlp import ModifiedMLP as ModifiedMLP
from sobolev.networks.residual import ResidualMLP as ResidualMLP
from sobolev.networks.sine import SineNetwork as SineNetwork
