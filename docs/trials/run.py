"""What failed with users' cases, run again: the table of docs/reliability.md.

    python docs/trials/run.py                 all of it
    python docs/trials/run.py --only S2,R1    these

Each file beside this one has `TRIALS`: for a trial by its name, the answers of 0.1 (eb28a9c) and
the functions that give those of today; each of these gets a folder of its own.
"""

import argparse
import importlib.util
import sys
import tempfile
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)
HERE = Path(__file__).parent


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
    return found


def lines(only: set[str]) -> list[str]:
    """The table as Markdown."""
    table = ["| trial | answer of 0.1 | answer now |", "|---|---|---|"]
    for name, answers in trials().items():
        for old, run in answers if not only or name in only else ():
            with tempfile.TemporaryDirectory() as folder:
                new = " ".join(run(Path(folder)).replace(folder, "").replace("|", "\\|").split())
            table.append(f"| {name} | {old} | {new} |")
    return table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", default="", help="names, such as S2,R1")
    chosen = {name for name in parser.parse_args().only.split(",") if name}
    print("\n".join(lines(chosen)))


if __name__ == "__main__":
    main()
