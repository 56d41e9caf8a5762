"""Functions with trainable parameters, one file each."""

from sobolev.networks.derivatives import Prediction as Prediction
from sobolev.networks.derivatives import predict as predict
from sobolev.networks.mlp import ACTIVATIONS as ACTIVATIONS
from sobolev.networks.mlp import MLP as MLP
