"""What every test finds: 64-bit, Ctrl-C, and code that another process has compiled before."""

import gc
import os
import shutil
import signal
import zlib
from pathlib import Path

import shapes  # noqa: F401 - before the package, whose arrays it looks at

from sobolev._base.provenance import instruction_set
from sobolev.cli.start import _trim

# Most of the suite's time is compilation. Both workers, the processes that tests start and the next
# run of the suite share one folder; JAX looks a program up by all that it consists of. What is said
# about the cache, about cold starts and about kills is tested with folders of its own.
COMPILED = (
    Path(__file__).parent.parent / ".pytest_cache" / f"{zlib.crc32(instruction_set().encode()):x}"
)
# What tests of tests/system start has a folder of its own. XLA reads some of its flags when it
# starts and others when it compiles, JAX asks for those in the environment: so this process would
# leave there what is compiled in neither way.
AT_A_USER = COMPILED.with_name(f"{COMPILED.name}-user")
for folder in (COMPILED, AT_A_USER):
    folder.mkdir(parents=True, exist_ok=True)
KEPT = "JAX_COMPILATION_CACHE_DIR" not in os.environ
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(COMPILED))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "0")
os.environ.setdefault("JAX_TRACEBACK_IN_LOCATIONS_LIMIT", "0")  # who asked: 6 % of all
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # it talks of its machine at length
os.environ.setdefault("SOBOLEV_CACHE", "off")  # the commands of the tests leave no traces

# Where `tmp_path` is. What is written is synced thousands of times, for which a disk lets the tests
# wait and memory does not; kills do not tell the two apart, only a power cut would.
MEMORY = Path("/dev/shm")
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2**32:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# The programs of tests run for milliseconds and compile for seconds: XLA's optimisations and the
# emitters of fusions are left out, which takes more than half of the time away; and none is divided
# into up to 32 parts for as many threads, which takes a quarter of what is left. The processes of
# tests/system (the commands, the examples, what is killed) compile as at a user's, so both ways are
# tested; the same numbers are asked of both.
PLAIN = (
    "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false "
    "--xla_cpu_parallel_codegen_split_count=1"
)
XLA_FLAGS = os.environ.get("XLA_FLAGS", "")
os.environ["XLA_FLAGS"] = f"{XLA_FLAGS} {PLAIN}".strip()

import jax  # noqa: E402 - reads the variables when it is imported
import pytest  # noqa: E402
from budget import (  # noqa: E402, F401 - hooks of this suite
    count_programs,
    pytest_runtest_protocol,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
)

jax.config.update("jax_enable_x64", True)
jax.devices()  # here XLA starts
count_programs()
jax.config.update("jax_numpy_rank_promotion", "raise")  # `[n]` against `[n, 1]` is a mistake

# A shell lets what it starts in the background ignore Ctrl-C, and that its children; tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _as_at_a_user(request, monkeypatch):
    """What the tests of tests/system start compiles as at a user's."""
    if "system" in request.path.parts:
        monkeypatch.setenv("XLA_FLAGS", XLA_FLAGS)
        if KEPT:
            monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(AT_A_USER))


# Every compiled program holds some mappings of memory, and Linux grants a process 65530 of them:
# the compiler dies with a segmentation fault beyond. Half of the suite comes there.
MAPPINGS = Path("/proc/self/maps")
MANY = 15_000


@pytest.fixture(autouse=True, scope="module")
def _room_for_compiled_programs():
    """What was compiled is let go before it is too much; the folder above still has it."""
    yield
    if MAPPINGS.exists() and len(MAPPINGS.read_bytes().splitlines()) > MANY:
        jax.clear_caches()
        gc.unfreeze()
    _not_again()


def _not_again():
    """What lives on after a file of tests is not looked at by each collection of garbage to come.

    Python's collector would walk through all that was ever traced, half a second in the end.
    """
    gc.collect()
    gc.freeze()


_not_again()
gc.set_threshold(20_000, 20, 10)  # tracing makes thousands of objects that live on


def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        for folder in (COMPILED, AT_A_USER):
            _trim(folder)
