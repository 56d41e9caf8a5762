"""An own `Function` from outside the package: the radius of contact between a ball and a plane.

a = (3 F R / (4 E))^(1/3), H. Hertz, J. reine angew. Math. 92 (1881) 156; a monomial, so every
derivative is closed-form. What is written here is asked, evaluated, calibrated and verified against
like any surrogate.
"""

import numpy as np

import sobolev as sb


class Contact(sb.Function):
    inputs, input_units = ("F", "R", "E"), ("N", "mm", "MPa")
    outputs, output_units = ("a",), ("mm",)
    box = sb.Box(inputs, (10, 1, 1e5), (100, 10, 2e5), input_units)

    def compute(self, rows, order):
        F, R, E = rows.T
        a = np.cbrt(0.75 * F * R / E)
        slope = np.array([1, 1, -1]) / 3 / rows  # ∂ log a / ∂x
        bend = slope[:, :, None] * slope[:, None] - np.eye(3) * (slope / rows)[:, None]
        jacobian, hessian = a[:, None] * slope, a[:, None, None] * bend
        return [a[:, None], jacobian[:, None], hessian[:, None]][: order + 1]


if __name__ == "__main__":
    contact = Contact()
    print(sb.function.conforms(contact))
    x = np.array([50.0, 5.0, 1.5e5])
    print(contact.value(x), contact.jvp(x, [1.0, 0.0, 0.0]), contact.inside(x))
