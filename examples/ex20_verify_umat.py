"""A tangent verified: every entry of a hand-written J2, spoilt by 0.1 %, is found and named.

Radial return with isotropic hardening as it stands in many user materials (UMAT): six components,
engineering shear, a consistent tangent by hand. `fem.verify` compares the tangent with differences
of the stress at elastic, plastic, unloading and reversed states. A compiled routine is verified by
the same call, `fem.verify(fem.Umat("umat.so", props=..., nstatv=7))`, or by `sobolev verify`.
"""

import jax
import numpy as np
from matplotlib.figure import Figure

from sobolev import fem

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "findings in the right tangent": (0, 0.0),
    "entries spoilt by 0.1 %": (36, 0.0),
    "of them named, and no other": (36, 0.0),
    "largest error of the factor that is found": (0.0, 0.0),
    "findings with the factor 2/3 lost": (1, 0.0),
}
E, NU, YIELD, HARDENING = 210e3, 0.3, 240.0, 1000.0
G, BULK = E / (1 + NU) / 2, E / (1 - 2 * NU) / 3
ORDER = ("11", "22", "33", "12", "13", "23")
VOLUME = np.array([1.0, 1, 1, 0, 0, 0])
HALF = np.array([1.0, 1, 1, 0.5, 0.5, 0.5])  # of an engineering shear is that of the tensor
DEVIATOR = np.diag(HALF) - np.outer(VOLUME, VOLUME) / 3


def radial_return(strain, state, step, part=1.0):
    """σ, ∂σ/∂(ε, γ) and the new state: plastic strain [6] and its accumulated size."""
    plastic, alpha = state[:6], state[6]
    trial = 2 * G * DEVIATOR @ (strain - plastic)
    q = np.sqrt(1.5 * (trial**2 / HALF).sum())
    pressure = BULK * VOLUME @ strain
    C = BULK * np.outer(VOLUME, VOLUME) + 2 * G * DEVIATOR
    if q <= YIELD + HARDENING * alpha:
        return trial + pressure * VOLUME, C, state
    more = (q - YIELD - HARDENING * alpha) / (3 * G + HARDENING)
    flow = 1.5 * trial / q
    theta = 1 - 3 * G * more / q
    bar = 3 * G / (3 * G + HARDENING) - (1 - theta)
    C = BULK * np.outer(VOLUME, VOLUME) + 2 * G * theta * DEVIATOR
    C = C - part * 4 / 3 * G * bar * np.outer(flow, flow)
    new = np.append(plastic + more * flow / HALF, alpha + more)
    return trial - 2 * G * more * flow + pressure * VOLUME, C, new


def routine(i=0, j=0, part=0.0, lost=1.0) -> fem.Routine:
    """The material, with one entry of its tangent too large by a part."""

    def call(strain, state, step):
        stress, C, new = radial_return(strain, state, step, lost)
        C[i, j] *= 1 + part
        return stress, C, new

    return fem.Routine(call, "voigt", start=np.zeros(7), symmetric=True)


def named(i, j) -> list:
    """What is found about the tangent when one entry is spoilt."""
    return [each for each in fem.verify(routine(i, j, 1e-3)).findings if each.kind == "tangent"]


def main() -> dict[str, float]:
    """Each entry spoilt in turn, and a factor that is lost."""
    right = fem.verify(routine())
    print(right)
    places = [(i, j) for i in range(6) for j in range(6)]
    found = {place: named(*place) for place in places}
    only = [place for place in places if _names(found[place], *place)]
    lost = fem.verify(routine(lost=1.5))
    print(lost.line)
    worst = max(abs(found[place][0].factor - 1.001) for place in only)
    return {
        "findings in the right tangent": len(right.findings),
        "entries spoilt by 0.1 %": len(places),
        "of them named, and no other": len(only),
        "largest error of the factor that is found": round(worst, 5),
        "findings with the factor 2/3 lost": len(lost.findings),
    }


def _names(found, i, j):
    return len(found) == 1 and found[0].entry[2:4] + found[0].entry[-2:] == ORDER[i] + ORDER[j]


def figure() -> Figure:
    """What is found of each entry when it is spoilt, and how small it is."""
    made = Figure(figsize=(9, 4.2), layout="constrained")
    left, right = made.subplots(1, 2)
    sizes = np.array([[named(i, j)[0].factor - 1 for j in range(6)] for i in range(6)])
    _map(left, 100 * sizes, "each entry spoilt by 0.1 %: what is found, in %", "{:.1f}")
    state, strain = np.zeros(7), np.array([2e-3, -1e-3, -4e-4, 1e-3, -6e-4, 8e-4])
    C = np.abs(radial_return(strain, state, 1.0)[1])
    _map(right, np.log10(C / C.max()), "log₁₀ of their size where it is plastic", "{:.1f}")
    return made


def _map(axes, values, title, form):
    largest = np.abs(values).max()
    axes.imshow(values, cmap="coolwarm", vmin=-largest, vmax=largest)
    for i in range(6):
        for j in range(6):
            axes.text(j, i, form.format(values[i, j]), ha="center", va="center", fontsize="small")
    axes.set_xticks(range(6), ORDER)
    axes.set_yticks(range(6), ORDER)
    axes.set(title=title, xlabel="strain", ylabel="stress")


if __name__ == "__main__":
    main()
