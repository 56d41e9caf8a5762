"""How much work the compiler puts into a program: as much as its running time is worth."""

import os
from collections.abc import Callable, Mapping
from functools import cached_property, update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar

import equinox as eqx
import jax

# `jax.core` named them until JAX 0.10. The second says whether anything is being traced, in a
# microsecond; in the first nothing is, whatever is traced around it: what is called there is one
# compiled program, where under `jax.ensure_compile_time_eval` each constant would be one.
from jax._src.core import eval_context as eval_context
from jax._src.core import trace_ctx

# The emitters of fusions through MLIR take half of the time of a compilation and give the same
# bits; of LLVM's passes those of the first level are what makes loops of arrays fast. Measured in
# `benchmarks/cold_start.py`; both are asked of XLA for processors alone.
_EMITTERS = {"xla_cpu_use_fusion_emitters": False}
STEPS: Mapping[str, Any] = {"xla_backend_optimization_level": 1, **_EMITTERS}
SELDOM: Mapping[str, Any] = {"xla_backend_optimization_level": 0, **_EMITTERS}

P = ParamSpec("P")
T = TypeVar("T")


class Compiled(Generic[P, T]):
    """A function under `equinox.filter_jit`, compiled with these options; see `compiled`."""

    def __init__(self, function: Callable[P, T], options: Mapping[str, Any]):
        update_wrapper(self, function)
        self._function, self._options = function, dict(options)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function says; inside of another compiled function it is a part of that."""
        if not trace_ctx.is_top_level():  # JAX refuses options there
            return self._inside(*args, **kwargs)
        while True:
            try:
                return self._outside(*args, **kwargs)
            except jax.errors.JaxRuntimeError as error:
                without_unknown(self, self._options, error)

    def lower(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        """As that of `equinox.filter_jit`: to look at what is compiled."""
        return self._outside.lower(*args, **kwargs)  # type: ignore[attr-defined]

    def programs(self) -> int:
        """How many programs it has become so far, one for each structure of its arguments."""
        return self._outside._cached._cache_size()  # type: ignore[attr-defined]

    @cached_property
    def _inside(self) -> Callable[P, T]:
        return eqx.filter_jit(self._function)

    @cached_property
    def _outside(self) -> Callable[P, T]:
        # Asked when it is first called: importing starts no JAX.
        if jax.default_backend() != "cpu":
            return self._inside
        options = known_options(self._options)
        return eqx.filter_jit(self._function, compiler_options=options)  # type: ignore[call-overload]


class Jitted(Compiled[P, T]):
    """A function under `jax.jit` whose first argument is static, compiled with these options."""

    def programs(self) -> int:
        """How many programs it has become so far, one for each static argument and its arrays."""
        return self._outside._cache_size()  # type: ignore[attr-defined]

    @cached_property
    def _inside(self) -> Callable[P, T]:
        return jax.jit(self._function, static_argnums=0)

    @cached_property
    def _outside(self) -> Callable[P, T]:
        options = known_options(self._options)
        return jax.jit(self._function, static_argnums=0, compiler_options=options)


def known_options(options: Mapping[str, Any]) -> dict[str, Any] | None:
    """Those that are asked of XLA for processors, without what the user's flags say; else None."""
    if jax.default_backend() != "cpu":
        return None
    flags = os.environ.get("XLA_FLAGS", "")
    return {name: value for name, value in options.items() if name not in flags}


def without_unknown(program: Any, options: dict[str, Any], error: Exception) -> None:
    """Forget an option that this XLA does not have; any other error is raised."""
    unknown = [name for name in options if f"option: '{name}'" in str(error)]
    if not unknown:
        raise error
    for name in unknown:
        del options[name]
    del program._outside


def compiled(options: Mapping[str, Any]) -> Callable[[Callable[P, T]], Compiled[P, T]]:
    """A decorator: `filter_jit` with the options `STEPS` or `SELDOM`.

    `STEPS` for what runs many times, `SELDOM` for what runs a few times on little: it takes a
    third of the time to compile and runs three times as long. Another platform than a processor
    has no such options, nor has an XLA that does not know them; the flags of the user win.

    ```python
    @compiled(SELDOM)
    def start(task, optimiser):
        ...
    ```
    """
    return lambda function: Compiled(function, options)


def jitted(options: Mapping[str, Any]) -> Callable[[Callable[P, T]], Jitted[..., T]]:
    """A decorator: `jax.jit` of a function whose first argument is static, with these options."""
    return lambda function: Jitted(function, options)
