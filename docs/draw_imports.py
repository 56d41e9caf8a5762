"""Draw who imports whom, room by room, into docs/figures/imports.png; read from the source.

Each floor stands on the ones below it. Strong arrows are those that no other way down implies,
faint ones the rest; all stand on `_base`, to which no arrow is drawn. There is none upwards:
`floors` raises for a circle, and the drawing asserts the direction of every arrow.
"""

from pathlib import Path

from house import arrows, floors, lines
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

TARGET = Path(__file__).parent / "figures" / "imports.png"
HEIGHT, WIDE = 1.0, 12.0
EVERYWHERE = {"_base"}  # every room stands on it: its arrows would hide the others


def places(storeys: list[list[str]]) -> dict[str, tuple[float, float]]:
    """Where each room stands: floors from below, on each floor near the rooms that it imports."""
    below, found = arrows(), {}
    for level, storey in enumerate(storeys):

        def pull(here: str) -> float:
            stands_on = [found[there][0] for there in below[here] - EVERYWHERE if there in found]
            return sum(stands_on) / len(stands_on) if stands_on else WIDE / 2

        order = sorted(storey, key=pull)
        gap = WIDE / len(order)
        for place, here in enumerate(order):
            found[here] = (gap * (place + 0.5), HEIGHT * level)
    return found


def reached(here: str, below: dict[str, set[str]]) -> set[str]:
    """All rooms that a room stands on, through others."""
    return {far for there in below[here] for far in below[there] | reached(there, below)}


def figure() -> Figure:
    """The house from the ground up."""
    storeys, size = floors(), {}
    for path, count in lines().items():
        name = path.split("/")[0].removesuffix(".py")
        size[name] = size.get(name, 0) + count
    where, made = places(storeys), Figure(figsize=(13, 1.15 * len(storeys)), layout="constrained")
    axes = made.subplots()
    below = arrows()
    for here in below:
        implied = reached(here, below)
        for there in below[here] - EVERYWHERE:
            x, y = where[here]
            u, v = where[there]
            assert y > v, f"{here} imports {there}, which stands above it"
            strength = {"alpha": 0.12, "lw": 0.6} if there in implied else {"alpha": 0.8, "lw": 1.1}
            style = {"arrowstyle": "-|>", "color": "#3b6ea5", **strength}
            axes.annotate(
                "", xy=(u, v + 0.22), xytext=(x, y - 0.22),
                arrowprops={**style, "connectionstyle": "arc3,rad=0.08"},
            )  # fmt: skip
    for name, (x, y) in where.items():
        box = FancyBboxPatch(
            (x - 0.58, y - 0.2), 1.16, 0.4, boxstyle="round,pad=0.02", fc="white", ec="#333333"
        )
        axes.add_patch(box)
        axes.text(x, y + 0.05, name, ha="center", va="center", fontsize=9, weight="bold")
        axes.text(x, y - 0.11, f"{size.get(name, 0)} lines", ha="center", va="center", fontsize=7)
    axes.set(xlim=(-0.2, WIDE + 0.2), ylim=(-0.4, HEIGHT * (len(storeys) - 1) + 0.4))
    axes.axis("off")
    return made


if __name__ == "__main__":
    figure().savefig(TARGET, dpi=90)
    print(TARGET)
