"""The graph as text that other programs draw: Mermaid (in Markdown) and DOT (Graphviz)."""

from collections.abc import Iterator

from controller.report.picture import COLOURS, UNHEALTHY, Picture
from controller.report.shown import visible


def mermaid(picture: Picture) -> str:
    """A Mermaid flowchart; an arrow leads from a node to what it refers to."""
    return "\n".join(_mermaid_lines(picture)) + "\n"


def _mermaid_lines(picture: Picture) -> Iterator[str]:
    names = _short_names(picture)
    yield "flowchart LR"
    for address, state in picture.nodes.items():
        label = _label(picture, address).replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;")
        style = f":::{state}" if state in COLOURS else ""
        yield f'  {names[address]}["{label}"]{style}'
    yield from (f"  {names[user]} --> {names[used]}" for user, used in picture.edges)
    yield from (
        f"  style {name} stroke:{UNHEALTHY}" for address, name in names.items() if address in picture.unhealthy
    )
    for state in picture.states():
        colour = COLOURS[state]
        dashes = ",stroke-dasharray:5 3" if colour.dashed else ""
        yield f"  classDef {state} fill:{colour.fill},stroke:{colour.line},color:#1f2933{dashes}"


def dot(picture: Picture) -> str:
    """A directed graph for Graphviz; an arrow leads from a node to what it refers to."""
    return "\n".join(_dot_lines(picture)) + "\n"


def _dot_lines(picture: Picture) -> Iterator[str]:
    names = _short_names(picture)
    yield "digraph stack {"
    yield "  rankdir=RL"
    yield '  node [shape=box, style="rounded,filled", fontname="sans-serif", fontsize=11]'
    for address in picture.nodes:
        colour = picture.looks(address)
        style = "rounded,filled,dashed" if colour.dashed else "rounded,filled"
        label = _label(picture, address).replace("\\", "\\\\").replace('"', '\\"')
        looks = (
            f'fillcolor="{colour.fill}", color="{colour.line}", style="{style}", tooltip="{picture.words(address)}"'
        )
        yield f'  {names[address]} [label="{label}", {looks}]'
    yield from (f"  {names[user]} -> {names[used]}" for user, used in picture.edges)
    yield "}"


def _label(picture: Picture, address: str) -> str:
    parts = (visible(address), picture.regions.get(address), "unhealthy" if address in picture.unhealthy else "")
    return ", ".join(filter(None, parts))


def _short_names(picture: Picture) -> dict[str, str]:
    return {address: f"n{number}" for number, address in enumerate(picture.nodes)}
