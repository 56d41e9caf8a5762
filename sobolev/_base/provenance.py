"""What a result was made with: versions of packages, the machine and its processor."""

import contextlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version


def versions(*packages: str) -> dict[str, str]:
    """Of Python ("python") and of installed packages, in the order given.

    ```python
    versions("sobolev", "python", "jax")
    ```
    """
    return {package: _version(package) for package in packages}


def machine() -> dict[str, object]:
    """System, kind of processor and number of cores; not whose machine it is."""
    return {"system": platform.platform(), "machine": platform.machine(), "cores": os.cpu_count()}


def processor() -> str:
    """The name of the processor, as far as the system tells it."""
    models = [line.split(":", 1)[1].strip() for line in _cpu_lines("model name")]
    return (models or [platform.processor() or platform.machine()])[0]


def instruction_set() -> str:
    """A text that differs where code compiled for this processor may not run: homes are shared."""
    lines = sorted(set(_cpu_lines("model n", "flags")))
    return platform.machine() + platform.processor() + "".join(lines)


def _version(package: str) -> str:
    if package == "python":
        return platform.python_version()
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _cpu_lines(*starts: str) -> list[str]:
    """What Linux says about its processors; empty elsewhere."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as file:
        return [line for line in file if line.startswith(starts)]
    return []
