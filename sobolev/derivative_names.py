"""`eta`, `deta/da`, `d2eta/dadb`, `sd(eta)`: names of a value and its derivatives.

The only place where they are printed and parsed: tables, terms of a loss, findings and pages all
ask here. Names are any texts, so a printed name may have two meanings; `meanings` returns them all.
"""

import functools
import itertools
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence

# `d{y}/d{x}` is a derivative whatever the names; the others are understood for known names only.
PLAIN = ("/",)
SPELLINGS = "/", "_", "__"
BARE = "!", ","  # OpenMDAO's `y!x` and `y,x`
BESIDE = {"noise": "sd", "estimated": "estimated"}
ADJOINT = "w·dy"  # w·∂y/∂x for adjoint weights w belongs to no single output

Meaning = tuple[str, ...]  # (output,), (output, input) or (output, input, input)


def derivative_name(output: str, *inputs: str) -> str:
    """The name of a value (no input), a first (one) or a second derivative (two).

    ```python
    derivative_name("eta", "a", "b")     # "d2eta/dadb"
    ```
    """
    if not inputs:
        return output
    return f"{_head(output, len(inputs))}/d{'d'.join(inputs)}"


def entry_name(index: Sequence[int], outputs: Sequence[str], inputs: Sequence[str]) -> str:
    """The name of y_i, ∂y_i/∂x_j or ∂²y_i/∂x_j∂x_k, `index` being (i,), (i, j) or (i, j, k)."""
    return derivative_name(outputs[index[0]], *(inputs[j] for j in index[1:]))


def entries(
    outputs: Sequence[str], inputs: Sequence[str], order: int = 2
) -> dict[str, tuple[int, ...]]:
    """Every name up to `order`, with the `index` of `entry_name`; both orders of a second one."""
    indices = [(i,) for i in range(len(outputs))]
    found = list(indices)
    for _ in range(order):
        indices = [(*index, j) for index in indices for j in range(len(inputs))]
        found += indices
    return {entry_name(index, outputs, inputs): index for index in found}


def product_name(output: str, order: int) -> str:
    """The name of ∂y/∂x·v (order 1) or H·v (order 2) of one output, whatever the directions."""
    return f"{_head(output, order)}·v"


def symbol(output: str, *inputs: str) -> str:
    """The same with the mathematician's letters, for pages: `∂²eta/∂a²`."""
    if not inputs:
        return output
    if len(inputs) == 1:
        return f"∂{output}/∂{inputs[0]}"
    a, b = inputs
    return f"∂²{output}/∂{a}²" if a == b else f"∂²{output}/∂{a}∂{b}"


def spaced_name(output: str, one: str) -> str:
    """A first derivative as some result files spell it: `d eta/d a`."""
    return f"d {output}/d {one}"


def beside_name(kind: str, label: str) -> str:
    """The name of what stands beside a label: its "noise" `sd(eta)`, or whether it is "estimated".

    ```python
    beside_name("noise", derivative_name("eta", "a"))     # "sd(deta/da)"
    ```
    """
    return f"{BESIDE[kind]}({label})"


def beside(name: str) -> tuple[str, str] | None:
    """Kind and label of a name that `beside_name` can have printed, else None."""
    for kind, word in BESIDE.items():
        if name.startswith(f"{word}(") and name.endswith(")"):
            return kind, name[len(word) + 1 : -1]
    return None


def meanings(
    name: str,
    inputs: Collection[str],
    outputs: Collection[str],
    spellings: Sequence[str] = SPELLINGS,
    bare: Sequence[str] = BARE,
) -> list[Meaning]:
    """Every derivative, (output, input) or (output, input, input), that is spelled `name`.

    `inputs` and `outputs` are the names that may stand in it. A repeated input may also be written
    `d2eta/da2`; `spellings` are the signs between the halves, `bare` those of spellings without d.

    ```python
    meanings("d2eta/dadb", ("a", "b"), ("eta",))     # [("eta", "a", "b")]
    ```
    """
    found: list[Meaning] = []
    for sign in bare:
        found += [(y, x) for y, x in halves(name, sign) if y in outputs and x in inputs]
    for sign in spellings if name.startswith("d") else ():
        pairs = halves(name, f"{sign}d")
        found += [(y[1:], x) for y, x in pairs if y[1:] in outputs and x in inputs]
        for head, by in pairs:
            if not (head.startswith("d2") and head[2:] in outputs):
                continue
            if by.endswith("2") and by[:-1] in inputs:
                found.append((head[2:], by[:-1], by[:-1]))
            both = halves(by, "d")
            found += [(head[2:], x, z) for x, z in both if x in inputs and z in inputs]
    return found


@functools.lru_cache(2**16)
def folded(text: str) -> str:
    """The text without what only its typesetting decides: spaces, composed letters, ∂, ², ^."""
    text = re.sub(r"\s|\^", "", unicodedata.normalize("NFKC", text))
    return re.sub("[∂𝜕𝝏]", "d", text).translate({0x2044: "/", 0x2215: "/"})


@functools.lru_cache(2**16)
def _bare(text: str) -> str:
    """Letters and digits alone, all of one size."""
    return re.sub(r"[\W_]", "", folded(text).casefold())


class Spellings:
    """Derivatives of these outputs by these inputs, as other programs and people spell them.

    `dy / da`, `∂y/∂a`, `d^2y/da^2`, `Dy/Da`, `d(y)/d(a)`, `der(y,a)`, `grad_y_a`, `dy.da`: what
    says the output and the input and cannot be anything else.
    """

    def __init__(self, inputs: Sequence[str], outputs: Sequence[str]):
        self._inputs, self._outputs = inputs, outputs

    def meanings(self, name: str) -> list[Meaning]:
        """Every derivative that is spelled `name`.

        ```python
        Spellings(("a",), ("y",)).meanings("∂y / ∂a")     # [("y", "a")]
        ```
        """
        orders = (1, 2) if re.match(r"d\(?.*2|hess", folded(name), re.I) else (1,)
        return sorted({found for order in orders for found in self._spelled(name, order, folded)})

    def resembling(self, name: str) -> list[Meaning]:
        """What a name may stand for, whose letters are of another size, or that lacks a sign."""
        return sorted(set(self._spelled(name, 1, _bare)))

    def _spelled(self, name: str, order: int, alike: Callable[[str], str]) -> Iterator[Meaning]:
        """Derivatives of which one spelling is the name, but for what `alike` does not see."""
        looked_for = alike(name)
        outputs = [y for y in self._outputs if alike(y) in looked_for]
        inputs = [x for x in self._inputs if alike(x) in looked_for]
        for y, *xs in itertools.product(outputs, *[inputs] * order):
            forms = _forms(folded(y), *map(folded, xs))
            if any((form if alike is folded else alike(form)) == looked_for for form in forms):
                yield (y, *xs)


_WORDS = "der", "deriv", "derivative", "diff", "grad", "gradient", "jac", "jacobian", "partial"


def _forms(y: str, *inputs: str) -> list[str]:
    """Folded spellings of one derivative."""
    if len(inputs) == 2:
        a, b = inputs
        found = [f"d2{y}/d{a}d{b}", f"d2{y}/(d{a}d{b})", f"d2({y})/d({a})d({b})"]
        found += [f"{word}_{y}_{a}_{b}" for word in ("hess", "hessian")]
        found += [f"{word}({y},{a},{b})" for word in ("hess", "hessian")]
        return found + ([f"d2{y}/d{a}2", f"d2({y})/d({a})2"] if a == b else [])
    [x] = inputs
    found = [
        f"{d}{y}{sign}{d}{x}" for d in "dD" for sign in ("/", "_", "__", ".", "|", ":", "_by_")
    ]
    found += [f"(d{y})/(d{x})", f"d({y})/d({x})", f"d({y})/d{x}", f"d/d{x}({y})"]
    found += [f"d({y},{x})", f"D({y},{x})", f"D[{y},{x}]", f"J({y},{x})", f"J[{y},{x}]"]
    for word in _WORDS:
        found += [f"{word}_{y}_{x}", f"{word}({y},{x})", f"{word}({y})_{x}", f"{word}_{y}[{x}]"]
        found += [f"{word}.{y}.{x}", f"{word}[{y},{x}]", f"{word}({y},d{x})"]
    return found


def looks_like_derivative(name: str, outputs: Collection[str]) -> bool:
    """Whether somebody has meant a derivative, even of something unknown."""
    if re.fullmatch(r"d.+/d.+", name, re.DOTALL):
        return True
    return any(y in outputs for y, _ in halves(name, "!"))


_HINT = re.compile(
    r"(^|[\W_\d]|(?<=[a-z])(?=[A-Z]))(grad(ient)?s?|jac(obian)?|sens(itivit(y|ies))?|slopes?|"
    r"deriv(ative)?s?|hess(ian)?|adjoint|tangent)($|[\W_\d]|(?<=[a-z])(?=[A-Z]))",
    re.I,
)


def resembles_derivative(name: str, inputs: Collection[str], outputs: Collection[str]) -> bool:
    """Whether a name that was not understood may stand for a derivative."""
    if _HINT.search(name):
        return True
    folds = {folded(n).casefold() for n in outputs}, {folded(n).casefold() for n in inputs}
    match = re.fullmatch(r"d2?\(?(.+?)\)?(/|_|__|\.|:|\|)d?\(?(.+?)\)?", folded(name).casefold())
    if match is None:
        return False
    d_twice = re.search(r"(/|_|\.|:|\|)d", folded(name).casefold()) is not None
    return (match[1] in folds[0] and (d_twice or match[3] in folds[1])) or (
        d_twice and match[2] == "/"
    )


def halves(name: str, sign: str) -> list[tuple[str, str]]:
    """`("a", "b,c")` and `("a,b", "c")` of `a,b,c`: wherever the sign stands, names may hold it."""
    starts = [i for i in range(len(name)) if name.startswith(sign, i)]
    return [(name[:i], name[i + len(sign) :]) for i in starts]


def _head(output: str, order: int) -> str:
    return f"d{output}" if order == 1 else f"d{order}{output}"
