"""The same solver behind UM-Bridge: `pip install umbridge`, `python serve_umbridge.py 4242`."""

import sys

import numpy as np
import umbridge
from fe_model import BOX, solve


class Beam(umbridge.Model):
    def __init__(self):
        super().__init__("beam")

    def get_input_sizes(self, config):
        return [BOX.dimension]

    def get_output_sizes(self, config):
        return [1]

    def __call__(self, parameters, config):
        return [solve(parameters[0], 0).value.tolist()]

    def gradient(self, out_wrt, in_wrt, parameters, sens, config):
        return (np.asarray(sens) @ solve(parameters[0], 1).jacobian).tolist()

    def apply_jacobian(self, out_wrt, in_wrt, parameters, vec, config):
        return (solve(parameters[0], 1).jacobian @ np.asarray(vec)).tolist()

    def apply_hessian(self, out_wrt, in_wrt1, in_wrt2, parameters, sens, vec, config):
        hessian = np.tensordot(sens, solve(parameters[0], 2).hessian, 1)
        return (hessian @ np.asarray(vec)).tolist()

    def supports_evaluate(self):
        return True

    supports_gradient = supports_apply_jacobian = supports_apply_hessian = supports_evaluate


if __name__ == "__main__":
    umbridge.serve_models([Beam()], int(sys.argv[1]))
