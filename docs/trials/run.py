"""What failed with users' cases, run again: the table of docs/reliability.md.

    python docs/trials/run.py                 all of it
    python docs/trials/run.py --only S2,R1    these
    python docs/trials/run.py --write         into docs/reliability.md; with --only, these alone

Each file beside this one has `TRIALS`: for a trial by its name, the answers of 0.1 (eb28a9c) and
the functions that give those of today; each of these gets a folder of its own.
"""

import argparse
import importlib.util
import re
import sys
import tempfile
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)
HERE = Path(__file__).parent
PAGE = HERE.parent / "reliability.md"
BEGIN, END = "<!-- trials: made by docs/trials/run.py --write -->", "<!-- end of trials -->"
GROUPS = "SRMAN"  # silent, refused, misleading, annoyance, noise and equations


def trials() -> dict[str, list]:
    """The trials of every area, by name."""
    found: dict[str, list] = {}
    for path in sorted(HERE.glob("*.py")):
        if path.name == Path(__file__).name:
            continue
        spec = importlib.util.spec_from_file_location(f"trials_{path.stem}", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        for name, answers in module.TRIALS.items():
            found.setdefault(name, []).extend(answers)
    return dict(sorted(found.items(), key=_place))


def _place(trial: tuple[str, list]) -> tuple[int, int]:
    """S2 before S10, R after S."""
    digits = re.sub(r"\D", "", trial[0])
    return GROUPS.index(trial[0][0]), int(digits or 0)


def rows(only: set[str]) -> dict[str, list[str]]:
    """Rows of the table in Markdown, by the name of the trial; all if none is named."""
    found: dict[str, list[str]] = {}
    for name, answers in trials().items():
        for old, run in answers if not only or name in only else ():
            with tempfile.TemporaryDirectory() as folder:
                new = " ".join(run(Path(folder)).replace(folder, "").replace("|", "\\|").split())
            found.setdefault(name, []).append(f"| {name} | {old} | {new} |")
    return found


def table(found: dict[str, list[str]]) -> str:
    """The table of these rows."""
    lines = [line for _, each in sorted(found.items(), key=_place) for line in each]
    return "\n".join(["| trial | answer of 0.1 | answer now |", "|---|---|---|", *lines])


def write(found: dict[str, list[str]]) -> None:
    """These rows into the page; those of other trials stay."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    old, _, after = rest.partition(END)
    kept: dict[str, list[str]] = {}
    for line in old.strip().splitlines()[2:]:
        kept.setdefault(line.split("|")[1].strip(), []).append(line)
    kept = {name: each for name, each in kept.items() if name in trials()}
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(kept | found)}\n\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Print the table, or write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", default="", help="names, such as S2,R1")
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.name}; others stay")
    asked = parser.parse_args()
    found = rows({name for name in asked.only.split(",") if name})
    write(found) if asked.write else print(table(found))


if __name__ == "__main__":
    main()
