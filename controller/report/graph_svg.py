"""The graph as an SVG picture, drawn without any other program."""

from collections import Counter
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from controller.report.layout import Box, Point, arrange
from controller.report.picture import COLOURS, Colour, Picture
from controller.report.shown import visible

_MARGIN = 24.0
_HEAD = 44.0
_HEIGHT = 40.0
_CORRIDOR = 72.0
_NAME = 7.6
_SMALL = 6.3
"""About how wide a letter is, in the size of a name and of the small print above it."""
_LEGEND_STEP = 116.0
_INK, _FAINT, _LINE = "#1f2933", "#52606d", "#8795a1"

_STYLE = (
    "text{font-family:system-ui,'Segoe UI','DejaVu Sans',Arial,sans-serif}"
    f".n{{font-size:13px;font-weight:600;fill:{_INK}}}.k{{font-size:10.5px;fill:{_FAINT}}}"
    f".e{{fill:none;stroke:{_LINE};stroke-width:1.3}}"
)
_ARROW = (
    '<marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    f'<path d="M0 0.5 8 4 0 7.5z" fill="{_LINE}"/></marker>'
)


def svg(picture: Picture) -> str:
    """The picture as one SVG document; an arrow leads from a node to what it refers to, towards the left."""
    return "\n".join(_document(picture)) + "\n"


def _document(picture: Picture) -> Iterator[str]:
    widths = {address: _width(address, picture.words(address)) for address in picture.nodes}
    layout = arrange(widths, picture.edges, _HEIGHT, _CORRIDOR)
    legend = list(_legend(picture))
    width = max(layout.width, len(legend) * _LEGEND_STEP) + 2 * _MARGIN
    height = layout.height + _HEAD + 2 * _MARGIN
    yield f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {_size(width, height)}>'
    yield f"<title>{len(picture.nodes)} nodes, {len(picture.edges)} references</title>"
    yield f"<style>{_STYLE}</style><defs>{_ARROW}</defs>"
    yield '<rect width="100%" height="100%" fill="#ffffff"/>'
    yield from legend
    yield f'<g transform="translate({_MARGIN:g} {_MARGIN + _HEAD:g})">'
    yield from (f'<path class="e" d="{_curve(points)}" {_END}/>' for points in layout.lines.values())
    for address in picture.nodes:
        yield from _node(address, picture.words(address), picture.looks(address), layout.boxes[address])
    yield "</g>"
    yield "</svg>"


_END = 'marker-end="url(#arrow)"'


def _size(width: float, height: float) -> str:
    return f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'


def _width(address: str, words: str) -> float:
    kind, _, name = visible(address).partition("/")
    small = _SMALL * (len(kind) + len(words) + (3 if words else 0))
    return max(_NAME * len(name), small) + 20


def _node(address: str, words: str, looks: Colour, box: Box) -> Iterator[str]:
    kind, _, name = map(escape, visible(address).partition("/"))
    hover = f"{escape(visible(address))}{f': {escape(words)}' if words else ''}"
    yield f"<g><title>{hover}</title>"
    yield _rectangle(box, looks)
    yield f'<text class="k" x="{box.x + 10:.1f}" y="{box.y + 15:.1f}">{kind}</text>'
    if words:
        right = box.x + box.width - 10
        yield f'<text class="k" text-anchor="end" x="{right:.1f}" y="{box.y + 15:.1f}">{escape(words)}</text>'
    yield f'<text class="n" x="{box.x + 10:.1f}" y="{box.y + 31:.1f}">{name}</text></g>'


def _rectangle(box: Box, colour: Colour) -> str:
    dashes = ' stroke-dasharray="5 3"' if colour.dashed else ""
    place = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="8"'
    return f'<rect {place} fill="{colour.fill}" stroke="{colour.line}" stroke-width="1.4"{dashes}/>'


def _legend(picture: Picture) -> Iterator[str]:
    """One mark a state that occurs, with how many nodes are in it."""
    counted = Counter(picture.nodes.values())
    for number, state in enumerate(picture.states()):
        x = _MARGIN + number * _LEGEND_STEP
        text = f'<text class="k" x="{x + 22:.1f}" y="{_MARGIN + 12:.1f}">{state} {counted[state]}</text>'
        yield _rectangle(Box(x, _MARGIN, 16, 16), COLOURS[state]) + text


def _curve(points: Sequence[Point]) -> str:
    """Through a layer straight, between layers in a curve that leaves and arrives level."""
    (x, y), *rest = points
    parts = [f"M{x:.1f} {y:.1f}"]
    for number, (to_x, to_y) in enumerate(rest):
        half = (x + to_x) / 2
        bend = f"C{half:.1f} {y:.1f} {half:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
        parts.append(bend if number % 2 == 0 else f"L{to_x:.1f} {to_y:.1f}")
        x, y = to_x, to_y
    return "".join(parts)
