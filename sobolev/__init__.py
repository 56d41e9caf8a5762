"""Derivative-informed (Sobolev) surrogates for computational mechanics.

The public names are listed in `__init__.pyi`; each is imported when it is first used, so that
`import sobolev` and `sobolev --help` do not wait for JAX.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__version__ = "0.1.0"
