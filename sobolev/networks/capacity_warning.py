"""Whether a network has about as many parameters as there are noisy labels."""

NEAR = 2.0


def capacity_warning(
    parameters: int, labels: int, noisy: bool, declared: bool = False
) -> str | None:
    """One sentence when noisy labels are about as many as parameters, else None.

    A model that can just reproduce every label has to reproduce their noise, and between the
    samples pays most for it: the error peaks at parameters = labels, where N samples with all
    values and derivatives of q responses in d inputs are N q (1 + d) labels. "About" is a factor
    of 2; `declared`: whether the noise is given already. `benchmarks/capacity.py` shows the peak
    and how wide it is. Source: Advani & Saxe, arXiv 1710.03667, for labels without derivatives.

    ```python
    capacity_warning(parameters=137, labels=150, noisy=True)
    ```
    """
    if not noisy or not labels / NEAR < parameters < labels * NEAR:
        return None
    more = "leave optimiser and weighting unnamed" if declared else "give the noise of the labels"
    return (
        f"the network has {parameters} parameters for {labels} noisy labels; near equality noise "
        f"does the most harm between the samples: take fewer than {labels / NEAR:.0f} parameters, "
        f"stop early, or {more}."
    )
