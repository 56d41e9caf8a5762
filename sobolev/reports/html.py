"""The parts that every page is made of: no script, nothing from the network."""

import html
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

from sobolev.reports.claims.claim import Claim

if TYPE_CHECKING:  # a page without such pictures does not wait for matplotlib
    from sobolev.reports.figures.canvas import Picture


def text(value: object) -> str:
    """Escape anything for markup and attributes."""
    return html.escape(str(value), quote=True)


def document(
    title: str, facts: str, sections: Sequence[tuple[str, str, str]], made_by: str = ""
) -> str:
    """The whole file; a section is (key, title, markup), `title` and `facts` are markup.

    `made_by` is a mark by which the program that made it knows it again.
    """
    links = " ".join(f'<a href="#{key}">{name}</a>' for key, name, _ in sections)
    body = "".join(
        f'<section id="{key}"><h2>{name}</h2>{content}</section>' for key, name, content in sections
    )
    css = files("sobolev.reports").joinpath("page.css").read_text(encoding="utf-8")
    mark = f'<meta name="generator" content="{made_by}">' if made_by else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{mark}"
        f"<title>{title}</title><style>{css}</style></head><body><main>"
        f'<h1>{title}</h1><p class="soft">{facts}</p><nav>{links}</nav>{body}'
        "</main></body></html>\n"
    )


def card(claim: Claim, badges: Mapping[str, str], most: int) -> str:
    """A claim with its badge; its details are folded when there are more than `most`."""
    badge = badges.get(claim.verdict, "")
    mark = f'<span class="badge {claim.verdict.replace(" ", "-")}">{badge}</span>' if badge else ""
    rows = "".join(f"<dt>{text(w)}</dt><dd>{text(d)}</dd>" for w, d in claim.details)
    details = f"<dl>{rows}</dl>" if rows else ""
    if len(claim.details) > most:
        details = f"<details><summary>setting by setting</summary>{details}</details>"
    return (
        f'<div class="claim"><h3>{text(claim.question)}{mark}</h3>'
        f"<p>{text(claim.lead)}</p>{details}</div>"
    )


def figure(picture: "Picture", markup: str) -> str:
    """A picture, given as markup, and its caption."""
    return (
        f'<figure><div class="scroll" tabindex="0">{markup}</div>'
        f"<figcaption>{text(picture.caption)}</figcaption></figure>"
    )


def fold(title: str, content: str) -> str:
    """Content behind a title, still printed; nothing when there is none."""
    return f"<details><summary>{title}</summary>{content}</details>" if content else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> str:
    """A scrolling table; cells are markup already, the first column is the row's heading."""
    top = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join(_row(row) for row in rows)
    title = f"<caption>{caption}</caption>" if caption else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{caption or "table"}"><table>'
        f"{title}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(cells: Sequence[str]) -> str:
    if len(cells) == 1:
        return f'<tr class="group"><th colspan="99" scope="rowgroup">{cells[0]}</th></tr>'
    first, *rest = cells
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'
