"""A model behind UM-Bridge, the protocol of uncertainty quantification: HTTP and JSON.

L. Seelinger et al., UM-Bridge: Uncertainty quantification and modeling bridge, Journal of Open
Source Software 8(83), 4748 (2023). Its gradient is `senseᵀ ∂F/∂θ`, its applied Hessian
`∂²(senseᵀ F)/∂θ₁∂θ₂ · vector`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import duration
from sobolev._base.errors import ConfigError, DataError, Diverged
from sobolev.box import Box
from sobolev.sources.by_products import ByProducts, Inputs, Outputs
from sobolev.sources.connection import Server, short
from sobolev.sources.names import checked_box, checked_outputs

# What a server says of a question that is wrong, whatever the point; others are said of a point.
WRONG = "InvalidInput", "InvalidOutput", "ModelNotFound", "UnsupportedFeature"


class UMBridge(ByProducts):
    """A model of an UM-Bridge server, version 1.0 of the protocol.

    The vectors that it takes are laid end to end and are the inputs of `box`, those that it gives
    are the outputs. What it supports decides what is known: Gradient and ApplyJacobian the first
    derivatives, of which the cheaper is asked (a call for each output and input vector, or for
    each input and output vector), ApplyHessian the second; `jvp`, `vjp` and `hvp` are asked as
    they are.

    **Arguments:** `url`, such as "http://localhost:4242"; `name` of the model; `box`; `outputs`
    and their units, "y1", ... by default; `config`: options of the model; `patience`: seconds to
    wait for one answer. The url does not belong to what a journal knows the source by: the server
    may have moved.

    Raises `ConfigError` when the server has no such model or its sizes are others, `SobolevError`
    when no server answers; later `Diverged` for a point where the model fails or is too slow,
    `DataError` for an answer of another shape. A dropped connection is asked again.

    ```python
    box = Box(("E", "F"), (1e3, 1), (2e3, 2), ("MPa", "N"))
    beam = UMBridge("http://localhost:4242", "beam", box, ("tip",), ("mm",))
    ```
    """

    def __init__(
        self,
        url: str,
        name: str,
        box: Box,
        outputs: Sequence[str] = (),
        output_units: Sequence[str] = (),
        *,
        config: Mapping[str, Any] | None = None,
        patience: float = np.inf,
    ):
        self.server = Server(url.rstrip("/"), duration("patience", patience))
        self.name, self.config = name, dict(config or {})
        self.box = checked_box(box)
        self._refuse_unknown()
        self.input_sizes = self._sizes("InputSizes", "inputSizes")
        self.output_sizes = self._sizes("OutputSizes", "outputSizes")
        if sum(self.input_sizes) != box.dimension:
            raise ConfigError(
                f"the model '{name}' takes {self.input_sizes} numbers, but the box has "
                f"{box.dimension} ({', '.join(box.names)}): give one name for each."
            )
        if outputs and not isinstance(outputs, str) and len(outputs) != sum(self.output_sizes):
            raise ConfigError(
                f"the model '{name}' gives {self.output_sizes} numbers, but {len(outputs)} outputs "
                f"are named ({', '.join(outputs)}): give one name for each."
            )
        self.outputs, self.output_units = checked_outputs(
            outputs, output_units, sum(self.output_sizes)
        )
        support = self._asked("ModelInfo").get("support", {})
        if not support.get("Evaluate"):
            raise ConfigError(f"the model '{name}' at {url} does not support Evaluate: nothing is.")
        products = {"ApplyJacobian": "jvp", "Gradient": "vjp", "ApplyHessian": "hvp"}
        self.has = frozenset(word for key, word in products.items() if support.get(key))
        first = bool(self.has & {"jvp", "vjp"})
        self.order = 2 if first and "hvp" in self.has else int(first)

    def __repr__(self) -> str:
        sizes = f"{self.input_sizes} -> {self.output_sizes}"
        return f"UMBridge({self.name!r}, {sizes}, {self.config}, {self.box}, {self.outputs})"

    def backwards(self) -> bool:
        """Whether gradients are fewer calls than products along the inputs."""
        backwards = len(self.outputs) * len(self.input_sizes)
        return backwards <= len(self.inputs) * len(self.output_sizes)

    def value_at(self, x: Inputs) -> Outputs:
        """Evaluate."""
        given = self._asked("Evaluate", input=self._cut(x)).get("output")
        if not isinstance(given, list) or len(given) != len(self.output_sizes):
            raise DataError(
                f"Evaluate of the model '{self.name}' gave {short(str(given))}, but it says that "
                f"it gives {len(self.output_sizes)} vectors: correct the server."
            )
        vectors = zip(given, self.output_sizes, strict=True)
        return np.concatenate([self._checked("Evaluate", each, size) for each, size in vectors])

    def jvp_at(self, x: Inputs, v: Inputs) -> Outputs:
        """ApplyJacobian for each input vector along which v is not zero."""
        found = np.zeros(len(self.outputs))
        for out, part in _blocks(self.output_sizes):
            for wrt, along in _blocks(self.input_sizes):
                if v[along].any():
                    found[part] += self._multiplied(
                        "ApplyJacobian", x, self.output_sizes[out], outWrt=out, inWrt=wrt,
                        vec=v[along].tolist(),
                    )  # fmt: skip
        return found

    def vjp_at(self, x: Inputs, w: Outputs) -> Inputs:
        """Gradient of each output vector of which w is not zero."""
        found = np.zeros(len(self.inputs))
        for out, part in _blocks(self.output_sizes):
            for wrt, along in _blocks(self.input_sizes):
                if w[part].any():
                    found[along] += self._multiplied(
                        "Gradient", x, self.input_sizes[wrt], outWrt=out, inWrt=wrt,
                        sens=w[part].tolist(),
                    )  # fmt: skip
        return found

    def hvp_at(self, x: Inputs, v: Inputs) -> Float[np.ndarray, "q d"]:
        """ApplyHessian for each output and each two input vectors, where v is not zero."""
        found = np.zeros((len(self.outputs), len(self.inputs)))
        for out, part in _blocks(self.output_sizes):
            for row, unit in enumerate(np.eye(self.output_sizes[out]).tolist(), part.start):
                for first, by in _blocks(self.input_sizes):
                    for second, along in _blocks(self.input_sizes):
                        if v[along].any():
                            found[row, by] += self._multiplied(
                                "ApplyHessian", x, self.input_sizes[first], outWrt=out,
                                inWrt1=first, inWrt2=second, sens=unit, vec=v[along].tolist(),
                            )  # fmt: skip
        return found

    def _multiplied(self, what: str, x: Inputs, size: int, **about: Any) -> np.ndarray:
        given = self._asked(what, input=self._cut(x), **about).get("output")
        return self._checked(what, given, size)

    def _cut(self, x: Inputs) -> list[list[float]]:
        return [x[part].tolist() for _, part in _blocks(self.input_sizes)]

    def _asked(self, what: str, **about: Any) -> dict[str, Any]:
        """The content of an answer; what the model says against it is raised."""
        answer = self.server.ask(what, {"name": self.name, "config": self.config, **about})
        content = answer.content if isinstance(answer.content, dict) else {}
        error = content.get("error")
        if answer.status == 200 and content and error is None:
            return content
        kind, said = "", short(answer.text)
        if isinstance(error, dict):
            kind, said = str(error.get("type", "")), short(str(error.get("message", "")))
        who = f"the model '{self.name}' at {self.server.url}"
        if kind in WRONG:
            raise DataError(f"{who} refuses {what}: {said.rstrip('.!')} ({kind}).")
        raise Diverged(f"{who} failed in {what} (status {answer.status}): {said or 'no word'}")

    def _checked(self, what: str, given: Any, size: int) -> np.ndarray:
        try:
            vector = np.asarray(given, float)
        except (TypeError, ValueError):
            vector = np.zeros((0, 0))
        if vector.shape != (size,):
            raise DataError(
                f"{what} of the model '{self.name}' gave {short(str(given))}, but it says that it "
                f"gives {size} numbers: correct the server."
            )
        return vector

    def _refuse_unknown(self) -> None:
        answer = self.server.ask("Info")
        known = answer.content.get("models") if isinstance(answer.content, dict) else None
        if not isinstance(known, list):
            raise ConfigError(
                f"{self.server.url} is no UM-Bridge server (version 1.0): /Info says "
                f"'{short(answer.text)[:60]}'."
            )
        if self.name not in known:
            raise ConfigError(
                f"the server at {self.server.url} has no model '{self.name}': it has "
                f"{', '.join(map(str, known)) or 'none'}."
            )

    def _sizes(self, what: str, key: str) -> list[int]:
        sizes = self._asked(what).get(key)
        if not isinstance(sizes, list) or not all(type(size) is int for size in sizes):
            raise DataError(f"{what} of the model '{self.name}' says {sizes}: it must be a list.")
        return sizes


def _blocks(sizes: Sequence[int]) -> Iterator[tuple[int, slice]]:
    """Number and place of each vector among all that lie end to end."""
    end = 0
    for number, size in enumerate(sizes):
        yield number, slice(end, end + size)
        end += size
