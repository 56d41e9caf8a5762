"""One FE model through files, UM-Bridge and Tesseract, with the real packages: the same data?

`make sources` runs it in an environment of its own, as tesseract-core[runtime] brings 57 packages
and 190 MB and pins older pydantic and typer than the rest of the house.

Answer, 2 cores, Python 3.11, umbridge 1.2.10, tesseract-core 1.15.0, a cantilever of 4 x 2
elements, 4 points: largest difference to the model called directly, relative to the largest
entry: 0 of y, Jacobian, Hessian, jvp, vjp, hvp through files and UM-Bridge; 0 of y, Jacobian,
jvp, vjp through Tesseract, served and imported. A row takes 4 s through files, which is the start
of Python and JAX in each. CalculiX 2.20, where it is installed: its ten beams are 1.3 to 1.4 %
stiffer than beam theory with shear, 0.2 to 1 % stiffer than with bending alone.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

RECIPES = Path(__file__).parents[3] / "examples" / "sources"
sys.path.insert(0, str(RECIPES))

from fe_model import BOX, MODEL  # noqa: E402

import sobolev as sb  # noqa: E402
from sobolev import sources  # noqa: E402
from sobolev.errors import SobolevError  # noqa: E402

PORTS, OUTPUTS, UNITS = (4269, 8269), ("deflection",), ("mm",)
X, _ = sb.designs.latin_hypercube(4, seed=0)(BOX)


def served(make, process):
    """The source as soon as its server is up."""
    end = time.monotonic() + 60
    while True:
        try:
            return make()
        except SobolevError:
            if time.monotonic() > end or process.poll() is not None:
                raise


def compared(name: str, source: sb.Function, order: int) -> bool:
    """Data and products beside those of the model called directly."""
    start = time.monotonic()
    labels = sb.generate(source, X, order=order).labels()
    seconds = (time.monotonic() - start) / len(X)
    gaps = {}
    for kind, known in zip(labels, MODEL.derivatives(X, order), strict=True):
        gaps[kind] = np.abs(labels[kind] - known).max() / np.abs(known).max()
    rng = np.random.default_rng(0)
    products = ("jvp", (len(X), 2)), ("vjp", (len(X), 1)), ("hvp", (len(X), 2))
    for kind, shape in products[: 2 + (order == 2)]:
        vector = rng.normal(size=shape)
        ours, known = (getattr(each, kind)(X, vector)[1] for each in (source, MODEL))
        gaps[kind] = np.abs(ours - known).max() / np.abs(known).max()
    said = ", ".join(f"{kind} {gap:.0e}" for kind, gap in gaps.items())
    print(f"{name:22} {1e3 * seconds:6.0f} ms a row; {said}")
    return max(gaps.values()) <= 1e-12


def calculix() -> bool:
    """The deck beside, at three points, beside beam theory F L³ / (3 E I) with shear."""
    from calculix import BEAM

    points = np.array([[210e3, 10.0], [200e3, 8.0], [220e3, 12.0]])
    tip, (E, h) = sb.generate(BEAM, points, order=0).y[:, 0], points.T
    theory = -100.0 * 100.0**3 * 12 / (3 * E * 10.0 * h**3)
    theory -= 100.0 * 100.0 * 1.2 * 2.6 / (E * 10.0 * h)
    print(f"{'CalculiX':22} tip {tip} mm, beam theory {theory}")
    return bool(np.abs(tip / theory - 1).max() < 0.02)


def main() -> int:
    """1 when a number differs by more than 1e-12 of the largest."""
    environment = os.environ | {"TESSERACT_API_PATH": str(RECIPES / "tesseract_api.py")}
    runtime = "from tesseract_core.runtime.cli import main; main()"
    commands = (
        [sys.executable, str(RECIPES / "serve_umbridge.py"), str(PORTS[0])],
        [sys.executable, "-c", runtime, "serve", "--host", "127.0.0.1", "--port", str(PORTS[1])],
    )
    logs = tempfile.TemporaryDirectory()  # a Tesseract leaves one folder a call where it runs
    processes = [
        subprocess.Popen(command, cwd=logs.name, env=environment, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL) for command in commands
    ]  # fmt: skip
    try:
        driver = [sys.executable, str(RECIPES / "driver.py")]
        files = sources.Program(driver, BOX, OUTPUTS, UNITS, order=2)
        good = [compared("called directly", MODEL, 2), compared("files", files, 2)]
        umbridge = served(
            lambda: sources.UMBridge(f"http://127.0.0.1:{PORTS[0]}", "beam", BOX, OUTPUTS, UNITS),
            processes[0],
        )
        good.append(compared("UM-Bridge", umbridge, 2))
        places = f"http://127.0.0.1:{PORTS[1]}", str(RECIPES / "tesseract_api.py")
        for name, where in zip(("Tesseract, served", "Tesseract, imported"), places, strict=True):
            tesseract = served(
                lambda where=where: sources.Tesseract(where, BOX, OUTPUTS, UNITS), processes[1]
            )
            good.append(compared(name, tesseract, 1))
    finally:
        for process in processes:
            process.kill()
            process.wait()
        logs.cleanup()
    if shutil.which("ccx"):
        good.append(calculix())
    return int(not all(good))


if __name__ == "__main__":
    sys.exit(main())
