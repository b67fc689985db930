"""Where everything goes in the drawn graph: layers by the longest path, few crossings, straight lines.

A small form of the method of Sugiyama, Tagawa and Toda. What is referred to stands on the left. A line over
several layers runs through a place of its own in each; lines to the same node share these places, so that
many users of one node come as one bundle.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from itertools import pairwise

Edge = tuple[str, str]
Place = tuple[str, int]
"""A node, or the bundle of lines to that node, in one layer."""
Point = tuple[float, float]

_SWEEPS = 12
_GAP = 14.0


@dataclass(frozen=True)
class Box:
    """The rectangle of one node."""

    x: float
    y: float
    width: float
    height: float


@dataclass
class Layout:
    """Boxes by node; each edge with the points it passes, in pairs where it crosses a layer."""

    boxes: dict[str, Box]
    lines: dict[Edge, list[Point]]
    width: float
    height: float


def arrange(widths: Mapping[str, float], edges: Sequence[Edge], height: float, corridor: float) -> Layout:
    """Place boxes of these widths and one height, layers `corridor` apart."""
    grid = _Grid(layers_of(list(widths), edges), edges)
    grid.order()
    middles = grid.middles(height)
    columns = _columns(grid.layers, widths, corridor)
    boxes = {
        node: Box(columns[layer][0], middles[node, layer] - height / 2, columns[layer][1], height)
        for node, layer in grid.layer.items()
    }
    lines = {edge: _line(edge, grid, middles, columns) for edge in edges}
    right = max((left + width for left, width in columns), default=0.0)
    return Layout(boxes, lines, right, max((middle + height / 2 for middle in middles.values()), default=0.0))


def layers_of(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """The layer of each node: right of all it refers to, and what refers to nothing close to its users."""
    closing = _closing(nodes, edges)
    targets: dict[str, list[str]] = {node: [] for node in nodes}
    for user, used in edges:
        if (user, used) not in closing:
            targets[user].append(used)
    layer: dict[str, int] = {}
    for node in TopologicalSorter(targets).static_order():
        layer[node] = max((layer[used] + 1 for used in targets[node]), default=0)
    users: dict[str, list[int]] = defaultdict(list)
    for user in nodes:
        for used in targets[user]:
            users[used].append(layer[user])
    return {node: layer[node] if targets[node] else min(users[node], default=1) - 1 for node in nodes}


def _closing(nodes: Iterable[str], edges: Iterable[Edge]) -> set[Edge]:
    """The edges that close a circle, found by walking into depth; without them there is none."""
    targets: dict[str, list[str]] = defaultdict(list)
    for user, used in edges:
        targets[user].append(used)
    closing: set[Edge] = set()
    done: set[str] = set()
    for root in nodes:
        path = {root: iter(targets[root])} if root not in done else {}
        while path:
            node = next(reversed(path))
            used = next(path[node], "")
            if not used:
                del path[node]
                done.add(node)
            elif used in path:
                closing.add((node, used))
            elif used not in done:
                path[used] = iter(targets[used])
    return closing


@dataclass
class _Grid:
    """The places of all layers in their order from above, and which are connected."""

    layer: Mapping[str, int]
    edges: Sequence[Edge]
    layers: list[list[Place]] = field(default_factory=list)
    left: dict[Place, list[Place]] = field(default_factory=lambda: defaultdict(list))
    right: dict[Place, list[Place]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        places = dict.fromkeys((node, layer) for node, layer in self.layer.items())
        steps: dict[tuple[Place, Place], None] = {}
        for edge in self.edges:
            route = self.route(edge)
            places |= dict.fromkeys(route)
            steps |= dict.fromkeys(pairwise(route))
        self.layers = [[] for _ in range(max(self.layer.values(), default=-1) + 1)]
        for place in places:
            self.layers[place[1]].append(place)
        for near, far in steps:
            self.right[near].append(far)
            self.left[far].append(near)

    def route(self, edge: Edge) -> list[Place]:
        """The places that an edge passes, from left to right."""
        used, user = sorted(edge, key=self.layer.__getitem__)
        first, last = self.layer[used], self.layer[user]
        return [*((used, layer) for layer in range(first, last)), (user, last)]

    def is_node(self, place: Place) -> bool:
        """Whether a box stands here; otherwise lines pass."""
        return self.layer[place[0]] == place[1]

    def order(self) -> None:
        """Sort each layer by the middle of its neighbours, from the left and from the right in turn."""
        for sweep in range(_SWEEPS):
            to_right = sweep % 2 == 0
            neighbours = self.left if to_right else self.right
            numbered = list(enumerate(self.layers))
            for number, layer in numbered if to_right else reversed(numbered):
                beside = number - 1 if to_right else number + 1
                if 0 <= beside < len(self.layers):
                    self.layers[number] = _by_middle(layer, self.layers[beside], neighbours)

    def middles(self, height: float) -> dict[Place, float]:
        """The vertical middle of each place: as close to its neighbours as the order and the gaps allow."""
        tall = {place: height if self.is_node(place) else 0.0 for layer in self.layers for place in layer}
        middle = {place: at for layer in self.layers for place, at in _stacked(layer, tall)}
        for sweep in range(_SWEEPS):
            for layer in self.layers if sweep % 2 else reversed(self.layers):
                beside = {place: [*self.left[place], *self.right[place]] for place in layer}
                wanted = [_mean(middle, beside[place], middle[place]) for place in layer]
                middle.update(zip(layer, _spread(layer, wanted, tall), strict=True))
        top = min((middle[place] - tall[place] / 2 for place in middle), default=0.0)
        return {place: at - top for place, at in middle.items()}


def _by_middle(layer: list[Place], beside: list[Place], neighbours: Mapping[Place, list[Place]]) -> list[Place]:
    """The layer sorted; a place without neighbours on that side stays about where it is."""
    position = {place: float(number) for number, place in enumerate(beside)}
    scale = len(beside) / max(len(layer), 1)
    stays = {place: number * scale for number, place in enumerate(layer)}
    return sorted(layer, key=lambda place: _mean(position, neighbours.get(place, []), stays[place]))


def _mean(position: Mapping[Place, float], places: Sequence[Place], otherwise: float) -> float:
    return sum(position[place] for place in places) / len(places) if places else otherwise


def _stacked(layer: Sequence[Place], tall: Mapping[Place, float]) -> Iterator[tuple[Place, float]]:
    """Each place of a layer with its middle, packed from zero down."""
    top = 0.0
    for place in layer:
        yield place, top + tall[place] / 2
        top += tall[place] + _GAP


def _spread(layer: Sequence[Place], wanted: Sequence[float], tall: Mapping[Place, float]) -> list[float]:
    """The middles nearest to the wanted ones that keep order and gaps (least squares, pooling neighbours)."""
    packed = [middle for _, middle in _stacked(layer, tall)]
    pools: list[tuple[float, int]] = []
    for shift in (want - least for want, least in zip(wanted, packed, strict=True)):
        mean, count = shift, 1
        while pools and pools[-1][0] > mean:
            before, size = pools.pop()
            mean, count = (before * size + mean * count) / (size + count), size + count
        pools.append((mean, count))
    shifts = [mean for mean, count in pools for _ in range(count)]
    return [least + shift for least, shift in zip(packed, shifts, strict=True)]


def _columns(
    layers: Sequence[Sequence[Place]], widths: Mapping[str, float], corridor: float
) -> list[tuple[float, float]]:
    """Left side and width of each layer."""
    columns, left = [], 0.0
    for layer in layers:
        width = max((widths[node] for node, _ in layer), default=0.0)
        columns.append((left, width))
        left += width + corridor
    return columns


def _line(
    edge: Edge, grid: _Grid, middles: Mapping[Place, float], columns: Sequence[tuple[float, float]]
) -> list[Point]:
    """From the first node of the edge to the second: box side, both sides of each layer between, box side."""
    route = grid.route(edge)
    first, last = route[0], route[-1]
    points = [(sum(columns[first[1]]), middles[first])]
    for place in route[1:-1]:
        left, width = columns[place[1]]
        points += [(left, middles[place]), (left + width, middles[place])]
    points.append((columns[last[1]][0], middles[last]))
    return points if first[0] == edge[0] else points[::-1]
