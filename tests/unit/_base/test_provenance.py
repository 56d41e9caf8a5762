"""What a record says about the machine."""

import platform
from importlib.metadata import version

from sobolev._base import provenance


def test_versions_come_in_the_order_asked():
    found = provenance.versions("python", "numpy", "no-such-package")
    assert found == {
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "no-such-package": "not installed",
    }
    assert list(provenance.versions("numpy", "python")) == ["numpy", "python"]


def test_the_processor_has_a_name_even_where_the_system_says_nothing(monkeypatch):
    assert provenance.processor()
    monkeypatch.setattr(provenance, "_cpu_lines", lambda *starts: [])
    assert provenance.processor() in (platform.processor(), platform.machine())


def test_the_instruction_set_tells_processors_apart(monkeypatch):
    lines = ["model name\t: One 3000\n", "flags\t: avx avx2\n"]
    monkeypatch.setattr(provenance, "_cpu_lines", lambda *starts: lines * 2)
    first = provenance.instruction_set()
    assert provenance.processor() == "One 3000"
    lines[1] = "flags\t: avx\n"
    assert provenance.instruction_set() != first


def test_nobody_is_named():
    assert set(provenance.machine()) == {"system", "machine", "cores"}
    assert platform.node() not in provenance.machine().values()
