"""Observing: one bulk listing per account, region and kind, and the few details that no listing shows.

Listings are read anew in every pass. Details are a second, slower tier: read for matched nodes only, kept for
ten minutes, and read anew before anything is written to their node.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter
from zlib import crc32

from controller.core.cloud import Cloud, HoldfastError, blaming, noting
from controller.core.inventory import Inventory, Query
from controller.core.kind import Catalog, Kind, Live, Marks, Thing
from controller.core.matching import Match
from controller.core.reference import Address, Lookup, Placeholder, expressions_in
from controller.core.stack import Stack
from controller.engine.scope import Look, parent_kinds, scope_of

DETAIL_SECONDS = 600.0
"""How long a detail is believed at most when nothing hints at a change."""


def kinds_of(stacks: Iterable[Stack]) -> set[str]:
    """The kinds that some documents name, by their nodes or by what they refer to outside."""
    return {kind for stack in stacks for kind in (*stack.by_kind, *stack.elsewhere)}


@dataclass
class Marked:
    """Tags that no listing shows, remembered for as long as details are: those of one account and region.

    Safe to use from many threads: several kinds, and several stacks, are looked at at the same time.
    """

    clock: Callable[[], float]
    kept: dict[tuple[str, str], tuple[Mapping[str, str], float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def recall(self, kind: str, targets: Sequence[str], read: Callable[[Sequence[str]], Marks]) -> Marks:
        """The tags of these things, read where nothing, or nothing young enough, is remembered."""
        now = self.clock()
        with self.lock:
            self.prune(now)
            known = {each: self.kept[kind, each] for each in targets if (kind, each) in self.kept}
        fresh = {each for each, (_, at) in known.items() if now - at <= DETAIL_SECONDS * _share(each)}
        old = [each for each in targets if each not in fresh]
        found = read(old) if old else {}
        with self.lock:
            self.kept.update({(kind, each): (tags, now) for each, tags in found.items()})
        remembered = {each: tags for each, (tags, _) in known.items()} | dict(found)
        return {each: remembered[each] for each in targets if each in remembered}

    def age(self, kind: str, target: str) -> float:
        """How long ago the tags were read."""
        return self.clock() - self.kept[kind, target][1] if (kind, target) in self.kept else float("inf")

    def prune(self, now: float) -> None:
        """Drop what was read so long ago that nobody can want it any more."""
        self.kept = {key: each for key, each in self.kept.items() if now - each[1] <= 2 * DETAIL_SECONDS}

    def forget(self, kinds: Collection[str]) -> None:
        """Read the tags of these kinds anew when they are asked for next."""
        with self.lock:
            self.kept = {key: each for key, each in self.kept.items() if key[0] not in kinds}


def observe(
    cloud: Cloud,
    catalog: Catalog,
    kinds: Iterable[str],
    pool: ThreadPoolExecutor,
    look: Look,
    known: Inventory | None = None,
) -> Inventory:
    """List these kinds side by side, those within others after them. A listing that fails leaves its kind unknown.

    `known` is what was listed before; the rest of it stays. Raises `Refused` or `Unreachable` when not even the
    account can be told.
    """
    kinds = set(kinds)
    found = known or Inventory(cloud.account(), cloud.region, {})
    asked = {name: kind for name, kind in catalog.items() if kind.searches and (name in kinds or known is None)}
    found = replace(found, searched={**found.searched, **dict(_searched(cloud, asked, pool, look))})
    for level in _levels(catalog, kinds):
        found = _with(found, cloud, catalog, level, pool, look)
    return found


def _levels(catalog: Catalog, kinds: Iterable[str]) -> Iterator[list[str]]:
    """The kinds in the order in which they can be listed: what is listed by its parents comes after those."""
    parents = {name: set(parent_kinds(catalog[name])) & {*kinds} for name in kinds}
    sorter = TopologicalSorter(parents)
    sorter.prepare()
    while sorter.is_active():
        level = sorter.get_ready()
        yield sorted(level)
        sorter.done(*level)


def _with(
    found: Inventory, cloud: Cloud, catalog: Catalog, kinds: list[str], pool: ThreadPoolExecutor, look: Look
) -> Inventory:
    """The inventory with these kinds listed too."""
    live = {**found.live}
    failed = {name: why for name, why in found.failed.items() if name not in kinds}
    futures = {}
    for name in kinds:
        lost = next((found.failed[parent] for parent in parent_kinds(catalog[name]) if parent in found.failed), "")
        if lost:
            failed[name] = lost
        else:
            futures[name] = pool.submit(_list, catalog, name, cloud, found, look)
    for name, future in futures.items():
        try:
            live[name] = future.result()
        except HoldfastError as error:
            failed[name] = str(error)
    return replace(found, live=live, failed=failed)


def _list(catalog: Catalog, name: str, cloud: Cloud, found: Inventory, look: Look) -> tuple[Live, ...]:
    with blaming("listing every", name):
        return tuple(catalog[name].observe(cloud, scope_of(catalog, catalog[name], found, look)))


def _searched(
    cloud: Cloud, catalog: Catalog, pool: ThreadPoolExecutor, look: Look
) -> Iterator[tuple[tuple[str, Query], tuple[Live, ...]]]:
    """What the look-ups of kinds that are asked for them find. One that fails finds nothing, and is told as such."""
    wanted = {
        (kind, lookup.query)
        for stack in look.stacks
        for kind, named in stack.elsewhere.items()
        for lookup in named
        if isinstance(lookup, Lookup) and kind in catalog
    }
    futures = {key: pool.submit(_search, catalog[key[0]], cloud, dict(key[1])) for key in sorted(wanted)}
    for key, future in futures.items():
        try:
            yield key, future.result()
        except HoldfastError:
            yield key, ()


def _search(kind: Kind, cloud: Cloud, query: Mapping[str, str | bool | int]) -> tuple[Live, ...]:
    with blaming("looking up a", kind.name):
        return tuple(kind.search(cloud, query))


class Details:
    """The slower tier of one account and region, with what it remembers. Safe to use from many threads."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float]) -> None:
        self.catalog, self.clock = catalog, clock
        self.marked = Marked(clock)
        self.kept: dict[tuple[Thing, str], tuple[object, float]] = {}
        """Values by live thing and field or attribute, with the time they were read at."""
        self.lock = threading.Lock()

    def fill(
        self,
        cloud: Cloud,
        stack: Stack,
        match: Match,
        pool: ThreadPoolExecutor,
        fresh: Iterable[Address] = (),
    ) -> dict[Address, str]:
        """Put the details that the document speaks of into the matched live things.

        `fresh` nodes are read anew. Returns the nodes whose details could not be read, with the reason.
        """
        fresh = set(fresh)
        self.forget()
        wanted, unread = self.wanted(stack, match)
        futures: dict[tuple[Address, str], Future[object]] = {}
        for address, names in wanted.items():
            live = match.live[address]
            for name in names:
                if address in fresh or self.stale(live, name) or self.catalog[address.kind].momentary(name):
                    futures[address, name] = pool.submit(self.read, cloud, self.catalog[address.kind], live, name)
        unread |= self.gather(futures, match)
        for address, names in wanted.items():
            with noting(unread, "reading", address):
                match.live[address] = self.merged(match.live[address], names)
        match.orphans = [(address, self.whole(cloud, live)) for address, live in match.orphans]
        match.surplus = [(address, self.whole(cloud, live)) for address, live in match.surplus]
        return unread

    def whole(self, cloud: Cloud, live: Live) -> Live:
        """What is left over, with what its deletion needs to know; unread, AWS says what is missing."""
        kind = self.catalog[live.kind]
        try:
            with blaming("reading", f"the {live.kind} {live.id}"):
                names = [name for name in kind.detailed(()) if not kind.momentary(name)]
                return kind.completed(live, kind.details(cloud, live, names)) if names else live
        except HoldfastError:
            return live

    def wanted(self, stack: Stack, match: Match) -> tuple[dict[Address, list[str]], dict[Address, str]]:
        """The fields and attributes that the document speaks of and no listing shows, by node; and of which nodes
        that cannot be told."""
        asked = attributes_asked(stack)
        wanted, unread = dict[Address, list[str]](), dict[Address, str]()
        for address in match.live:
            kind = self.catalog[address.kind]
            with noting(unread, "reading", address):
                names = [*kind.detailed(stack.nodes[address].fields), *kind.unlisted(asked.get(address, ()))]
                wanted |= {address: sorted(names)} if names else {}
        return wanted, unread

    def cached(self, stack: Stack, match: Match, addresses: Iterable[Address]) -> bool:
        """Whether anything of these nodes was not read just now."""
        asked = set(addresses)
        return bool(asked) and any(
            address in asked and not all(self.catalog[address.kind].momentary(name) for name in names)
            for address, names in self.wanted(stack, match)[0].items()
        )

    def stale(self, live: Live, name: str) -> bool:
        kept = self.kept.get((live.thing, name))
        return kept is None or self.clock() - kept[1] > DETAIL_SECONDS * _share(live.id)

    def read(self, cloud: Cloud, kind: Kind, live: Live, name: str) -> object:
        with blaming(f"reading {name} of", f"the {live.kind} {live.id}"):
            if name in kind.exports:
                return kind.attribute(cloud, live, name)
            return kind.details(cloud, live, (name,)).get(name)

    def forget(self) -> None:
        """Drop what was last read so long ago that nobody can want it any more."""
        oldest = self.clock() - 2 * DETAIL_SECONDS
        with self.lock:
            self.kept = {key: (value, at) for key, (value, at) in self.kept.items() if at > oldest}

    def gather(self, futures: Mapping[tuple[Address, str], Future[object]], match: Match) -> dict[Address, str]:
        unread = {}
        for (address, name), future in futures.items():
            key = (match.live[address].thing, name)
            try:
                read = future.result()
            except HoldfastError as error:
                unread[address] = str(error)
                with self.lock:
                    self.kept.pop(key, None)
            else:
                with self.lock:
                    self.kept[key] = (read, self.clock())
        return unread

    def merged(self, live: Live, names: Iterable[str]) -> Live:
        with self.lock:
            found = {name: self.kept[live.thing, name][0] for name in names if (live.thing, name) in self.kept}
        return self.catalog[live.kind].completed(live, found)


def _share(id: str) -> float:
    """Between a half and one, the same for each id: what was read together is not all read again together."""
    return 1 - crc32(id.encode()) % 50 / 100


def attributes_asked(stack: Stack) -> dict[Address, set[str]]:
    """The attributes of nodes that other nodes speak of."""
    asked: dict[Address, set[str]] = {}
    for node in stack.nodes.values():
        for expression in expressions_in(node.fields):
            if isinstance(expression, Placeholder) and expression.attribute != "id":
                asked.setdefault(expression.address, set()).add(expression.attribute)
    return asked
