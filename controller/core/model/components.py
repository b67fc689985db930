"""The order of a directed graph, and which of its nodes lie on a circle with each other."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


def components(nodes: Iterable[T], edges: Callable[[T], Iterable[T]]) -> dict[T, int]:
    """Strongly connected components in linear time: a number per node, the same for those on one circle."""
    walk = _Tarjan(edges)
    for node in nodes:
        if node not in walk.index:
            walk.visit(node)
    return walk.component


def in_order(edges: Mapping[T, Collection[T]]) -> list[T]:
    """Each node behind those that its edges lead to. Nodes on one circle stand together, in the order given."""
    try:
        return list(TopologicalSorter(edges).static_order())
    except CycleError:
        number = components(edges, edges.__getitem__)
    circles: dict[int, list[T]] = defaultdict(list)
    for node in edges:
        circles[number[node]].append(node)
    behind = {
        circle: {number[other] for node in nodes for other in edges[node]} - {circle}
        for circle, nodes in circles.items()
    }
    return [node for circle in TopologicalSorter(behind).static_order() for node in circles[circle]]


@dataclass
class _Tarjan(Generic[T]):
    """Tarjan's algorithm without recursion, for chains are long. https://doi.org/10.1137/0201010"""

    edges: Callable[[T], Iterable[T]]
    index: dict[T, int] = field(default_factory=dict)
    low: dict[T, int] = field(default_factory=dict)
    component: dict[T, int] = field(default_factory=dict)
    open: list[T] = field(default_factory=list)

    def visit(self, root: T) -> None:
        work = [self.enter(root)]
        while work:
            node, edges = work[-1]
            fresh = self.next_fresh(node, edges)
            if fresh is not None:
                work.append(self.enter(fresh))
                continue
            work.pop()
            if work:
                parent = work[-1][0]
                self.low[parent] = min(self.low[parent], self.low[node])
            if self.low[node] == self.index[node]:
                self.close(node)

    def enter(self, node: T) -> tuple[T, Iterator[T]]:
        self.index[node] = self.low[node] = len(self.index)
        self.open.append(node)
        return node, iter(self.edges(node))

    def next_fresh(self, node: T, edges: Iterator[T]) -> T | None:
        for other in edges:
            if other not in self.index:
                return other
            if other not in self.component:
                self.low[node] = min(self.low[node], self.index[other])
        return None

    def close(self, root: T) -> None:
        number = len(self.component)
        while True:
            node = self.open.pop()
            self.component[node] = number
            if node == root:
                return
