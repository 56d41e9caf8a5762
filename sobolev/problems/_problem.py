"""What a problem is: a named domain, named responses, and a solve that knows its derivatives."""

from typing import Any

from sobolev.function import OnBox, Pointwise


class Problem(OnBox, Pointwise):
    """A `Function` that is solved point by point, and whose answers can be kept as data.

    `solve(x, order)` takes one point `x [d]` inside or near `box` and returns `Derivatives` up to
    `order` (0, 1 or 2); it raises `Diverged` when there is no solution. `name` is a short
    identifier, written into files; `box` says names and units of the inputs, `outputs` and
    `output_units` those of the q responses.
    """

    name: Any
