"""Draw the figure of every example into docs/figures/, and write docs/examples.md."""

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parent
EXAMPLES = sorted((DOCS.parent / "examples").glob("ex*.py"))


def load(path: Path):
    """The example as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page(path: Path) -> str:
    """One example: what it shows, its numbers, its figure, its code."""
    module = load(path)
    module.figure().savefig(DOCS / "figures" / f"{path.stem}.png", dpi=80)
    title, _, rest = (module.__doc__ or "").strip().partition("\n")
    numbers = "\n".join(f"| {name} | {value:.4g} |" for name, value in module.main().items())
    return (
        f"## {title}\n\n{rest.strip()}\n\n![{title}](figures/{path.stem}.png)\n\n"
        f"| | |\n| --- | --- |\n{numbers}\n\n[The code](../examples/{path.name})\n"
    )


if __name__ == "__main__":
    said = "Each is a script of public parts only, and a test of the numbers shown."
    head = f"# Examples\n\n{said}\n\n"
    (DOCS / "examples.md").write_text(head + "\n".join(page(path) for path in EXAMPLES))
