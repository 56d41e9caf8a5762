"""Which network is taken where none is named, and why: all of them, at one place."""

from sobolev.networks.activations import tanh
from sobolev.networks.families.mixed import MixedMLP
from sobolev.networks.families.mlp import MLP

# `Surrogate.new`: swish follows values and slopes of smooth responses best of the plain networks
# (`benchmarks/against_peers.py`), 24-24 is wide enough for some hundred rows.
DEFAULT = MLP()
# `Surrogate.mlp` and the study: the network of the talk, so that its numbers can be compared.
TALK = MLP((10, 5, 5, 3), activation=tanh)
# `SobolevRegressor`: users of scikit-learn call it hundreds of times in cross-validation, with
# Levenberg–Marquardt, whose steps cost the square of the number of parameters: a small one.
ESTIMATOR = MLP((16, 16), activation=tanh)
# `choose_network`, and so `sobolev fit` and `recommend`: compared on rows held out, because no one
# of them is right for both smooth and periodic responses.
CANDIDATES = MixedMLP(periodic=0.0), MixedMLP(periodic=0.5)
