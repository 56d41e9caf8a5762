"""A driver by Dakota's convention: `python driver.py params.in results.out`."""

import sys

from fe_model import solve


def main(parameters: str, results: str) -> None:
    """Reads `value label` lines and the active sets; writes values, gradients and Hessians."""
    with open(parameters) as file:
        lines = [line.split() for line in file]
    count = int(lines[0][0])
    x = [float(value) for value, _ in lines[1 : 1 + count]]
    active = next(int(value) for value, label in lines if label.startswith("ASV_1"))
    found = solve(x, active.bit_length() - 1)
    with open(results, "w") as file:
        for value in found.value:
            print(float(value), file=file)  # not repr(value): NumPy's is np.float64(...)
        for brackets, part in zip(("[]", ["[[", "]]"]), found[1:], strict=False):
            for block in part:
                numbers = " ".join(str(float(entry)) for entry in block.ravel())
                print(brackets[0], numbers, brackets[1], file=file)


if __name__ == "__main__":
    main(*sys.argv[1:])
