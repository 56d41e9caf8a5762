"""A function of your own: the radius of contact between a ball and a plane.

a = (3 F R / (4 E))^(1/3), H. Hertz, J. reine angew. Math. 92 (1881) 156; a monomial, so every
derivative is closed-form. What is written here is asked, evaluated, calibrated and verified against
like any surrogate.
"""

import jax
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb

jax.config.update("jax_enable_x64", True)

EXPECTED = {"cases passed": (1.0, 1e-12), "relative H1 error of a surrogate": (0.012, 0.8)}


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


def data(rows: int, seed: int) -> sb.Dataset:
    """Values and slopes at points of a Latin hypercube, as any function gives them."""
    x, _ = sb.designs.latin_hypercube(rows, seed)(Contact.box)
    y, slopes = Contact().derivatives(x, 1)
    return sb.Dataset(x, y, slopes, inputs=Contact.inputs, outputs=Contact.outputs)


def main() -> dict[str, float]:
    """Whether it conforms, and how well a surrogate of it is right at 200 other points."""
    found = sb.function.conforms(Contact())
    print(found)
    train = data(30, seed=0)
    learnt = sb.fit(sb.Surrogate.new(train), train, epochs=200, records=1).surrogate
    error = sb.evaluate(learnt, data(200, seed=1)).relative_h1
    print(f"a surrogate of it has a relative H1 error of {error:.1e} at other points")
    return {"cases passed": float(found.good), "relative H1 error of a surrogate": error}


def figure() -> Figure:
    """Radius and its slope over the force."""
    x = np.stack([np.linspace(10, 100, 100), np.full(100, 5.0), np.full(100, 1.5e5)], axis=1)
    a, slopes = Contact().derivatives(x, 1)
    made = Figure(figsize=(8, 3), layout="constrained")
    left, right = made.subplots(1, 2)
    left.plot(x[:, 0], a[:, 0])
    right.plot(x[:, 0], slopes[:, 0, 0])
    left.set(xlabel="F in N", ylabel="a in mm")
    right.set(xlabel="F in N", ylabel="∂a/∂F in mm/N")
    return made


if __name__ == "__main__":
    main()
