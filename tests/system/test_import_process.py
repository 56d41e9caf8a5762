"""What importing does not do."""

import subprocess
import sys

# Everything public, and every module: JAX is not started, so that a process can still be forked,
# and a user can still choose platform, precision and number of threads.
IMPORTS = """
import importlib, os, pkgutil, sobolev
for name in sobolev.__all__:
    getattr(sobolev, name)
for module in pkgutil.walk_packages(sobolev.__path__, "sobolev."):
    # OpenMDAO itself sets JAX to 64-bit when it is imported
    if not module.name.endswith(("__main__", "bridges.openmdao")):
        try:
            importlib.import_module(module.name)
        except ImportError as error:  # a tool that is not there is one sentence
            assert "pip install 'sobolev[" in str(error), error
from jax._src import xla_bridge
assert not xla_bridge._backends, list(xla_bridge._backends)
import jax
assert not jax.config.jax_enable_x64
"""


def test_importing_starts_nothing_and_configures_nothing():
    ended = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
