"""What every test gets: 64-bit, Ctrl-C, and one folder of compiled code for all workers."""

import os
import signal
import tempfile

import jax
import pytest

jax.config.update("jax_enable_x64", True)

os.environ.setdefault("SOBOLEV_CACHE", "off")  # the commands of the tests leave no traces

# A shell lets what it starts in the background ignore Ctrl-C, and that its children; tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

