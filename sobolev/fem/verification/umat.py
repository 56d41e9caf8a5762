"""A compiled UMAT, the interface of Abaqus for materials, as a solver calls it."""

import os
import platform
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sobolev._base.arguments import array_of, positive, shown, whole
from sobolev._base.errors import ConfigError
from sobolev.fem.verification import umat_process
from sobolev.fem.verification.routine import nominal, of_jaumann
from sobolev.fem.verification.subject import Halt, Subject
from sobolev.fem.verification.voigt import ABAQUS, Voigt

STARTS = 30.0  # seconds that a library may take to be loaded


@dataclass(frozen=True)
class Umat:
    """A material routine in a shared library, with the 37 arguments of Abaqus' UMAT.

    Of three dimensions: six components 11 22 33 12 13 23, engineering shear. Small strain: STRAN +
    DSTRAN is the strain, DDSDDE = ∂Δσ/∂Δε. `finite` (NLGEOM): DFGRD1 is F; with ΔF = V R of the
    increment STRESS and STRAN come turned by DROT = R, DSTRAN = ln V, and DDSDDE is the Jaumann
    rate of the Kirchhoff stress by the rate of deformation, over J. The routine runs in a process
    of its own: what crashes, hangs or writes beyond its arrays is a finding, the session goes on.

    **Arguments:** `library`, made by `gfortran -shared -fPIC -o umat.so umat.f`; `props`;
    `nstatv`, how many numbers STATEV has, and their values at the `start` (None: zeros); `name` for
    CMNAME; `symbol`, as compilers call UMAT; `timeout` in seconds for some hundred calls. Raises
    `ConfigError` for a file that is no library of this machine, or without the symbol.

    ```python
    fem.verify(fem.Umat("umat.so", props=(210e3, 0.3, 240.0, 1000.0), nstatv=7))
    ```

    Source: argument list and conventions of Abaqus' user subroutine UMAT.
    """

    library: str | Path
    props: Sequence[float]
    nstatv: int = 0
    finite: bool = False
    start: Sequence[float] | None = None
    name: str = "UMAT"
    symbol: str = "umat_"
    timeout: float = 20.0

    def __post_init__(self):
        whole("nstatv", self.nstatv)
        positive("timeout", self.timeout, " of seconds")
        props = array_of(self.props)
        if props.ndim != 1 or not len(props) or not np.isfinite(props).all():
            raise ConfigError(f"props are finite numbers, one at least: got {shown(self.props)}.")
        if self.start is not None and len(self.start) != self.nstatv:
            raise ConfigError(
                f"start has a number for each of the {self.nstatv} of STATEV: got "
                f"{len(self.start)}."
            )
        check_library(self.library)


class OfUmat(Subject):
    """A `Umat` as what is verified. Its state: STRESS, STATEV, STRAN, and DFGRD0."""

    shape = (3, 3)
    symmetric = None

    def __init__(self, umat: Umat):
        self._voigt = Voigt(ABAQUS)
        self.name = Path(umat.library).name
        self.measure = "kirchhoff" if umat.finite else "small"
        self.rows = tuple(f"σ{each}" for each in ABAQUS)
        letters = [("γ" if shear else "ε") for shear in self._voigt.shear]
        by = ["D"] * 6 if umat.finite else letters
        self.columns = tuple(f"{b}{each}" for b, each in zip(by, ABAQUS, strict=True))
        self.history = umat.nstatv > 0
        self.hint = (
            f"; beyond its {len(umat.props)} props and {umat.nstatv} statev it reads what is not a "
            "number: give as many as it reads"
        )
        statev = np.zeros(umat.nstatv) if umat.start is None else np.asarray(umat.start, float)
        self.start = np.concatenate([np.zeros(6), statev, np.zeros(6), np.eye(3).ravel()])
        self._driver = Driver(umat)

    def point(self, strain: np.ndarray, start: np.ndarray) -> np.ndarray:
        """DSTRAN [6], DROT [9] and DFGRD1 [9], flat: what an increment brings."""
        F0 = start[-9:].reshape(3, 3)
        if not self.finite:
            total = self._voigt.strain((strain + strain.T) / 2)
            return np.concatenate([total - self._stran(start), np.eye(3).ravel(), F0.ravel()])
        F = np.eye(3) + strain
        U, s, W = np.linalg.svd(F @ np.linalg.inv(F0))
        R = U @ W
        log = U @ np.diag(np.log(s)) @ U.T
        return np.concatenate([self._voigt.strain(log), R.ravel(), F.ravel()])

    def _stran(self, start):
        return start[-15:-9]

    def moved(self, point: np.ndarray, column: int, h: float) -> np.ndarray:
        """DSTRAN and DFGRD1 together, at the same DROT."""
        made = point.copy()
        made[column] += h
        if self.finite:
            F = point[15:].reshape(3, 3)
            made[15:] = ((np.eye(3) + h * self._voigt.unit(column)) @ F).ravel()
        return made

    def _answers(self, points, start, step):
        asked, strans = [], []
        for point in points:
            stress, stran = start[:6], self._stran(start)
            R = point[6:15].reshape(3, 3)
            if self.finite:  # a turn of nothing keeps the bits
                stress = self._voigt.stress(R @ self._voigt.tensor(stress) @ R.T)
                stran = self._voigt.strain(R @ self._voigt.strain_tensor(stran) @ R.T)
            F0, F = start[-9:].reshape(3, 3), point[15:].reshape(3, 3)
            asked.append(np.concatenate([
                stress, start[6:-15], stran, point[:6], [0.0, 0.0], [step],
                R.T.ravel(), F0.T.ravel(), F.T.ravel(),
            ]))  # fmt: skip
            strans.append(stran + point[:6])
        return self._driver.ask(np.array(asked)), strans

    def _scale(self, point):
        return float(np.linalg.det(point[15:].reshape(3, 3))) if self.finite else 1.0

    def respond(
        self, points: np.ndarray, start: np.ndarray, step: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """σ, or τ = J σ of finite strain; NaN where the routine asks for a smaller increment."""
        answers, strans = self._answers(points, start, step)
        stresses, states = [], []
        for point, said, stran in zip(points, answers, strans, strict=True):
            sigma = said[:6] if said[-1] >= 1 else np.full(6, np.nan)
            if said[-1] < 1:
                self.hint = (
                    f": it asks for a smaller increment there (PNEWDT = {said[-1]:.3g}), so name a "
                    "smaller strain"
                )
            stresses.append(sigma * self._scale(point))
            states.append(np.concatenate([said[:6], said[6 : len(start) - 15], stran, point[15:]]))
        return np.array(stresses), np.array(states)

    def branch(self, states: np.ndarray, start: np.ndarray) -> np.ndarray:
        """Which numbers of STATEV changed: stress and strain always do."""
        return states[..., 6:-15] != start[6:-15]

    def tangent(self, point: np.ndarray, start: np.ndarray, step: float) -> np.ndarray:
        """DDSDDE, times J of finite strain."""
        (said,), _ = self._answers(point[None], start, step)
        n = len(start) - 15
        return said[n : n + 36].reshape(6, 6).T * self._scale(point)

    def conjugate(self, points: np.ndarray, stresses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """P and F of finite strain."""
        F = points[:, 15:].reshape(-1, 3, 3)
        return nominal(F, self._voigt.tensor(stresses)), F.reshape(-1, 9)

    def stress(self, stresses: np.ndarray) -> np.ndarray:
        """σ or τ."""
        return self._voigt.tensor(stresses)

    def moduli(self, tangent: np.ndarray, stresses: np.ndarray) -> np.ndarray:
        """In the configuration of now."""
        moduli = self._voigt.moduli(tangent)
        return of_jaumann(moduli, self.stress(stresses)) if self.finite else moduli

    def deformation(self, point: np.ndarray) -> np.ndarray:
        """F."""
        return point[15:].reshape(3, 3)

    def close(self) -> None:
        """End the process."""
        self._driver.close()


class Driver:
    """The process that calls the routine, and what it is asked."""

    def __init__(self, umat: Umat):
        self._umat, self._width = umat, 6 + umat.nstatv + 36 + 2
        props = np.asarray(umat.props, float)
        path = Path(umat.library).resolve()
        # An interpreter without packages is there in a moment, and needs no guard in scripts.
        command = [sys.executable, "-I", "-S", umat_process.__file__, str(path), umat.symbol,
                   str(len(props)), str(umat.nstatv), umat.name]  # fmt: skip
        self._said = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        try:
            (status,) = struct.unpack("=q", self._read(8, STARTS, "while it was loaded"))
            if status:
                text = self._read(-status, STARTS, "while it was loaded").decode(errors="replace")
                raise _not_loaded(umat, text)
            self._write(props.tobytes())
        except Halt as halt:
            self.close()
            raise ConfigError(f"{path} cannot be loaded: {halt.sentence}") from None
        except BaseException:
            self.close()
            raise

    def ask(self, requests: np.ndarray) -> np.ndarray:
        """What the routine says to each `[N, STRESS + STATEV + DDSDDE + PNEWDT]`.

        Raises `Halt` where it crashed, hung, or wrote where it must not.
        """
        # few enough at once that neither pipe is ever full
        some = max(1, 4000 // max(self._width, requests.shape[1]))
        parts = [self._some(requests[k : k + some]) for k in range(0, len(requests), some)]
        answers = np.concatenate(parts)
        broken = answers[:, -1]
        if broken.any():
            raise Halt("memory", self._broken(int(broken[np.flatnonzero(broken)[0]])))
        return answers[:, :-1]

    def _some(self, requests):
        self._write(struct.pack("=q", len(requests)) + requests.astype("=f8").tobytes())
        said = self._read(8 * self._width * len(requests), self._umat.timeout, "")
        return np.frombuffer(said, "=f8").reshape(len(requests), self._width)

    def _broken(self, code):
        if code < 0:
            names = [*umat_process.KEPT, *(name for name, _ in umat_process.WHOLE)]
            name = names[-1 - code]
            why = ", which all points of a material share" if name == "PROPS" else ""
            return f"it changes {name}{why}: an input stays as it is, take a copy of it."
        name, _ = umat_process.ARRAYS[code - 1]
        n = umat_process.lengths(len(self._umat.props), self._umat.nstatv)[name]
        more = {"STATEV": "give a larger nstatv, or mend", "PROPS": "give all props, or mend"}
        return (
            f"it writes before or beyond {name}, which has {n} numbers: "
            f"{more.get(name, 'mend')} its indices."
        )

    def _write(self, content):
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(content)
            self._process.stdin.flush()
        except OSError:  # that it is gone is heard when its answer is read
            pass

    def _read(self, count, seconds, when):
        assert self._process.stdout is not None
        late = threading.Event()

        def end():
            late.set()
            self._process.kill()

        clock = threading.Timer(seconds, end)
        clock.start()
        try:
            said = self._process.stdout.read(count)
        finally:
            clock.cancel()
        if len(said) == count:
            return said
        if late.is_set():
            raise Halt("time", f"it did not answer within {seconds:g} s{_when(when)}.")
        code = self._process.wait()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        raise Halt(
            "crash",
            f"it ended its process ({how}){_when(when)}: it reads or writes where it must not, "
            f"stops by itself (STOP, XIT), or got too few props or nstatv.{self._last()}",
        )

    def _last(self):
        """What the routine, or Fortran for it, wrote last: that says most of a crash."""
        self._said.seek(max(0, self._said.seek(0, os.SEEK_END) - 4096))
        lines = [line.strip() for line in self._said.read().decode(errors="replace").splitlines()]
        # behind "Fortran runtime error: ..." stand numbers of a trace
        told = [line for line in lines if line and not line.startswith(("#", "Error termination"))]
        faults = [line for line in told if "error" in line.lower()] or told
        return f" It said: {faults[-1][:200]}" if faults else ""

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._said):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    pass


def _when(when):
    return f" {when}" if when else ""


def _not_loaded(umat, text):
    path = Path(umat.library)
    if "undefined symbol" in text and f"undefined symbol: {umat.symbol}" not in text:
        missing = text.rsplit("undefined symbol:", 1)[1].split()[0].rstrip(",.")
        return ConfigError(
            f"{path} needs {missing}, which it does not hold (a routine of Abaqus?): link one of "
            "your own to it."
        )
    if umat.symbol in text:
        return ConfigError(
            f"{path} has no symbol {umat.symbol}: a SUBROUTINE UMAT of gfortran is umat_; give the "
            "name that `nm -D` shows as symbol."
        )
    return ConfigError(f"{path} cannot be loaded: {' '.join(text.split())}.")


_MACHINES = {
    3: ("x86, 32-bit", ()), 40: ("ARM, 32-bit", ()), 62: ("x86-64", ("x86_64", "AMD64")),
    183: ("AArch64", ("aarch64", "arm64")), 21: ("PowerPC", ("ppc64le", "ppc64")),
    243: ("RISC-V", ("riscv64",)),
}  # fmt: skip


def check_library(library: str | Path) -> None:
    """Raise `ConfigError` for what is no shared library of this machine, by its first bytes."""
    path = Path(library)
    if not path.is_file():
        raise ConfigError(f"there is no file {path}: correct the path of the library.")
    with open(path, "rb") as file:
        head = file.read(20)
    if platform.system() != "Linux":
        return
    if head[:2] == b"MZ":
        raise ConfigError(f"{path} is a library for Windows: compile the routine on this machine.")
    if head[:4] in (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe"):
        raise ConfigError(f"{path} is a library for macOS: compile the routine on this machine.")
    if head[:4] != b"\x7fELF" or len(head) < 20:
        raise ConfigError(
            f"{path} is no shared library: compile the source, as by `gfortran -shared -fPIC -o "
            "umat.so umat.f`, and give umat.so."
        )
    kind, machine = struct.unpack("<HH" if head[5] == 1 else ">HH", head[16:20])
    name, here = _MACHINES.get(machine, (f"machine {machine}", (platform.machine(),)))
    if platform.machine() not in here:
        raise ConfigError(
            f"{path} is for {name}, this machine is {platform.machine()}: compile the routine here."
        )
    if kind != 3:
        raise ConfigError(
            f"{path} is an object or a program, no shared library: link it with `-shared -fPIC`."
        )
