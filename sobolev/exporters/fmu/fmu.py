"""An FMU of a function and its derivatives: its description, its sources in C, and its binary."""

import hashlib
import io
import platform
import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import ClassVar

import numpy as np

from sobolev._base.arguments import one_of
from sobolev._base.errors import ConfigError
from sobolev.exporters.c.c99 import HEADERS, compiled, compiler
from sobolev.exporters.c.numbers import literal
from sobolev.exporters.c.source import source
from sobolev.exporters.exporter import Exporter, questions, signature
from sobolev.exporters.fmu import description
from sobolev.exporters.foreign import asked, farthest, needed
from sobolev.exporters.ways import entries
from sobolev.function.function import Function
from sobolev.function.outside import OUTSIDE

# -s and -fno-ident: neither paths nor the name of the compiler, so that bytes can be made again.
FLAGS = ("-fvisibility=hidden", "-s", "-fno-ident")
BEGINNING = (1980, 1, 1, 0, 0, 0)
MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "i386": "x86", "i686": "x86"}
# What every FMU of a version holds; what is compiled ends with .c.
FIXED = {
    2: ("fmi2.c", "instance.h"),
    3: ("fmi3.c", "fmi3_derivatives.c", "fmi3_absent.c", "fmi3.h", "instance.h"),
}
OWN = frozenset(Path(file).stem for held in FIXED.values() for file in held) | {"description"}
SUFFIXES = {"linux": ".so", "windows": ".dll", "darwin": ".dylib"}
# As both interfaces, without this package: values in any, derivatives where they are declared.
CALLED = """
import sys, numpy as np
from fmpy import extract, instantiate_fmu, read_model_description
from fmpy.validation import validate_fmu
file, order = sys.argv[1], int(sys.argv[2])
problems = validate_fmu(file)
if problems:
    sys.exit("; ".join(problems))
about, folder = read_model_description(file), extract(file)
three = about.fmiVersion == "3.0"
given, found = dict(np.load("given.npz")), {}
d, q = given["v"].shape[1], given["w"].shape[1]
inputs, outputs = list(range(1, d + 1)), list(range(d + 1, d + q + 1))
for kind in ("ModelExchange", "CoSimulation"):
    fmu = instantiate_fmu(folder, about, kind)
    if not three:
        fmu.setupExperiment()
    fmu.enterInitializationMode()
    put, get = (fmu.setFloat64, fmu.getFloat64) if three else (fmu.setReal, fmu.getReal)
    rows = {what: [] for what in ("y", "dy", "jv", "wj")}
    for x, v, w in zip(*(given[what].tolist() for what in "xvw")):
        put(inputs, x)
        rows["y"].append(get(outputs))
        if order:
            along = fmu.getDirectionalDerivative
            rows["jv"].append(along(outputs, inputs, v))
            rows["dy"].append(np.transpose([along(outputs, [i], [1.0]) for i in inputs]))
            if three:
                rows["wj"].append(fmu.getAdjointDerivative(outputs, inputs, w, d))
    fmu.exitInitializationMode()
    fmu.terminate()
    fmu.freeInstance()
    for what, several in rows.items():
        if several:
            found.setdefault(what, []).append(np.array(several))
np.savez("found.npz", **{what: np.stack(arrays) for what, arrays in found.items()})
"""


@dataclass(frozen=True)
class FMU(Exporter):
    """An FMU `name.fmu` for Model Exchange and for Co-Simulation, with exact derivatives.

    FMI 3.0 with directional and adjoint derivatives, or 2.0 with directional ones. Names, units,
    bounds, nominal values (half the box) and starts (its middle) are in the description. Beside the
    binary for this machine lie the sources in C, which need no file of others. An input that is not
    a finite number is discarded; one outside of the box is told of once, an error, or answered.

    **Arguments:** `order` 0 or 1, `fmi` 3 or 2, `outside` "warn", "refuse" or "answer". Raises
    `ConfigError`, for a missing FMPy too. Without a C compiler the sources are written alone, and a
    warning says that nobody has tried them.

    ```python
    exporters.FMU().write(surrogate, "wing.fmu")
    ```

    Source: Functional Mock-up Interface Specification 3.0.1 and 2.0.4, Modelica Association.
    """

    name: ClassVar[str] = "fmu"
    suffix: ClassVar[str] = ".fmu"
    highest: ClassVar[int] = 1
    taken: ClassVar[frozenset[str]] = HEADERS | OWN

    order: int = 1
    fmi: int = 3
    outside: str = "warn"

    def __post_init__(self):
        super().__post_init__()
        one_of("outside", self.outside, OUTSIDE)
        if self.fmi not in (2, 3):
            raise ConfigError(f"fmi is {self.fmi!r}: an FMU is of FMI 2 or 3.")

    def files(self, function: Function, name: str) -> dict[str, bytes]:
        """The archive, with a binary where there is a compiler."""
        held = self.held(function, name)
        try:
            compiler()
        except ConfigError:
            return {f"{name}.fmu": archived(held)}
        with tempfile.TemporaryDirectory() as folder:
            sources = [file for file in held if file.startswith("sources/")]
            for file in sources:
                Path(folder, Path(file).name).write_bytes(held[file])
            texts = [Path(file).name for file in sources if file.endswith(".c")]
            library = Path(folder, "library")
            compiled(Path(folder), texts, library, *FLAGS)
            place, suffix = binary(self.fmi)
            held[f"binaries/{place}/{name}{suffix}"] = library.read_bytes()
        return {f"{name}.fmu": archived(held)}

    def held(self, function: Function, name: str) -> dict[str, bytes]:
        """What is in the archive, by the names there, before anything is compiled."""
        kept = ("value", "jvp", "vjp") if self.fmi == 3 else ("value", "jvp")
        made = [entry for entry in entries(function, self.order) if entry.suffix in kept]
        header, text = source(function, name, made, signature(function))
        fixed = resources.files("sobolev.exporters.fmu") / "sources"
        texts = {file: (fixed / file).read_text(encoding="utf-8") for file in FIXED[self.fmi]}
        texts |= {f"{name}.c": text, f"{name}.h": header}
        said = self._described(function, name)
        token = hashlib.sha256("\0".join([*texts.values(), said]).encode()).hexdigest()[:32]
        texts["description.h"] = said + f'#define MODEL_TOKEN "{token}"\n\n#endif\n'
        units = [file for file in texts if file.endswith(".c")]
        derivatives = self.order > 0
        held = {f"sources/{file}": content for file, content in texts.items()}
        if self.fmi == 3:
            held["sources/buildDescription.xml"] = description.build(name, units)
            about = description.fmi3(function, name, token, derivatives)
        else:
            about = description.fmi2(function, name, token, derivatives, units)
        held = {"modelDescription.xml": about, **held}
        return {file: content.encode() for file, content in held.items()}

    def asked(
        self, function: Function
    ) -> tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]:
        """Points around the box too, unless they are refused."""
        order, around = min(self.order, function.order), 0.0 if self.outside == "refuse" else 0.1
        return questions(function, order, np.dtype(self.precision), around)

    def answers(
        self, folder: Path, function: Function, name: str, given: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """What FMPy computes with it, by both interfaces; it has validated it before."""
        with zipfile.ZipFile(folder / f"{name}.fmu") as archive:
            if not any(file.startswith("binaries/") for file in archive.namelist()):
                warnings.warn(
                    f"no C compiler was found, so {name}.fmu holds its sources and no binary, and "
                    "nobody has tried it: install gcc or clang, or name yours in the variable CC.",
                    RuntimeWarning,
                    stacklevel=3,
                )
                return {}
        needed("fmpy", "to try an FMU before it is written", "fmu")
        found = asked(CALLED, folder, given, f"{name}.fmu", str(self.order))
        return {what: farthest(several) for what, several in found.items()}

    def _described(self, function: Function, name: str) -> str:
        start = ", ".join(map(literal, description.starts(function)))
        watched = function.box is not None and self.outside != "answer"
        lines = [
            "/* Which model this is. */",
            "#ifndef DESCRIPTION_H",
            "#define DESCRIPTION_H",
            "",
            f'#include "{name}.h"',
            "",
            f"#define INPUTS_OF_MODEL {name.upper()}_INPUTS",
            f"#define OUTPUTS_OF_MODEL {name.upper()}_OUTPUTS",
            f"#define MODEL_HAS_DERIVATIVES {int(self.order > 0)}",
            f"#define MODEL_IS_WATCHED {int(watched)}",
            f"#define MODEL_OUTSIDE_FAILS {int(self.outside == 'refuse')}",
            *(
                f"#define MODEL_{what.upper()} {name}_{what}"
                for what in ("value", "jvp", "vjp", "lower", "upper")
            ),
            f"#define MODEL_INPUT_NAMES {name}_inputs",
            f"#define MODEL_OUTPUT_NAMES {name}_outputs",
            f"static const double model_start[INPUTS_OF_MODEL] = {{{start}}};",
        ]
        return "\n".join(lines) + "\n"


def binary(version: int) -> tuple[str, str]:
    """`(folder, suffix)` of a binary for this machine."""
    machine = platform.machine().lower()
    machine = MACHINES.get(machine, machine)
    system = platform.system().lower()
    suffix = SUFFIXES.get(system, ".so")
    if version == 3:
        return f"{machine}-{system}", suffix
    short = {"windows": "win"}.get(system, system)
    return f"{short}{'32' if machine == 'x86' else '64'}", suffix


def archived(held: Mapping[str, bytes]) -> bytes:
    """One archive, of the same bytes on any day."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, content in held.items():
            entry = zipfile.ZipInfo(file, BEGINNING)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=9)
    return written.getvalue()
