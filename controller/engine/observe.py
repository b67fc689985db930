"""Observing: one bulk listing per account, region and kind, and the few details that no listing shows.

Listings are read anew in every pass. Details are a second, slower tier: read for matched nodes only, kept for
ten minutes, and read anew before anything is written to their node.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from zlib import crc32

from controller.core.cloud import Cloud, HoldfastError
from controller.core.inventory import Inventory, Match
from controller.core.kind import Catalog, Kind, Live
from controller.core.reference import Address, Foreign, Lookup, Placeholder, expressions_in
from controller.core.stack import Stack

DETAIL_SECONDS = 600.0
"""How long a detail is believed at most when nothing hints at a change."""


def kinds_of(stacks: Iterable[Stack]) -> set[str]:
    """The kinds that some documents name, by their nodes or by what they look up."""
    found = set()
    for stack in stacks:
        for address, node in stack.nodes.items():
            found.add(address.kind)
            for expression in expressions_in(node.fields):
                if isinstance(expression, Lookup):
                    found.add(expression.kind)
                elif isinstance(expression, Foreign):
                    found.add(expression.address.kind)
    return found


def observe(cloud: Cloud, catalog: Catalog, kinds: Iterable[str], pool: ThreadPoolExecutor) -> Inventory:
    """List these kinds side by side. A listing that fails leaves its kind unknown, never empty.

    Raises `Refused` or `Unreachable` when not even the account can be told.
    """
    account = cloud.account()
    futures = {kind: pool.submit(_list, catalog[kind], cloud) for kind in sorted(kinds)}
    live, failed = {}, {}
    for kind, future in futures.items():
        try:
            live[kind] = future.result()
        except HoldfastError as error:
            failed[kind] = str(error)
    return Inventory(account, cloud.region, live, failed)


def _list(kind: Kind, cloud: Cloud) -> tuple[Live, ...]:
    return tuple(kind.observe(cloud))


class Details:
    """The slower tier of one account and region, with what it remembers."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float]) -> None:
        self.catalog, self.clock = catalog, clock
        self.kept: dict[tuple[str, str], tuple[object, float]] = {}
        """Values by live id and field or attribute, with the time they were read at."""

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
        wanted = dict(self.wanted(stack, match))
        futures: dict[tuple[Address, str], Future[object]] = {}
        for address, names in wanted.items():
            live = match.live[address]
            for name in names:
                if address in fresh or self.stale(live, name):
                    futures[address, name] = pool.submit(self.read, cloud, self.catalog[address.kind], live, name)
        unread = self.gather(futures, match)
        for address, names in wanted.items():
            match.live[address] = self.merged(match.live[address], names)
        return unread

    def wanted(self, stack: Stack, match: Match) -> Iterator[tuple[Address, list[str]]]:
        """The fields and attributes that the document speaks of and no listing shows, by node."""
        asked = attributes_asked(stack)
        for address in match.live:
            kind = self.catalog[address.kind]
            names = [*kind.detailed(stack.nodes[address].fields), *kind.unlisted(asked.get(address, ()))]
            if names:
                yield address, sorted(names)

    def cached(self, stack: Stack, match: Match, addresses: Iterable[Address]) -> bool:
        """Whether anything of these nodes was not read just now."""
        asked = set(addresses)
        return bool(asked) and any(address in asked for address, _ in self.wanted(stack, match))

    def stale(self, live: Live, name: str) -> bool:
        kept = self.kept.get((live.id, name))
        return kept is None or self.clock() - kept[1] > DETAIL_SECONDS * _share(live.id)

    def read(self, cloud: Cloud, kind: Kind, live: Live, name: str) -> object:
        if name in kind.exports:
            return kind.attribute(cloud, live, name)
        return kind.details(cloud, live, (name,))[name]

    def forget(self) -> None:
        """Drop what was last read so long ago that nobody can want it any more."""
        oldest = self.clock() - 2 * DETAIL_SECONDS
        self.kept = {key: (value, at) for key, (value, at) in self.kept.items() if at > oldest}

    def gather(self, futures: Mapping[tuple[Address, str], Future[object]], match: Match) -> dict[Address, str]:
        unread = {}
        for (address, name), future in futures.items():
            key = (match.live[address].id, name)
            try:
                self.kept[key] = (future.result(), self.clock())
            except HoldfastError as error:
                self.kept.pop(key, None)
                unread[address] = str(error)
        return unread

    def merged(self, live: Live, names: Iterable[str]) -> Live:
        found = {name: self.kept[live.id, name][0] for name in names if (live.id, name) in self.kept}
        exports = self.catalog[live.kind].exports
        fields = {name: value for name, value in found.items() if name not in exports}
        attributes = {name: value for name, value in found.items() if name in exports and value is not None}
        return replace(live, fields={**live.fields, **fields}, attributes={**live.attributes, **attributes})


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
