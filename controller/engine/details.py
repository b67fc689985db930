"""Details: what no listing shows, read for matched nodes only, and cached for a while.

They are read again when the listing shows something else than when they were read, before anything is written to
their node, and after that. What comes from the cache is reported with its age.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from zlib import crc32

from controller.core.model.cloud import Bug, Cloud, HoldfastError, blaming, noting
from controller.core.model.kind import Catalog
from controller.core.model.live import Live, Placed, Thing
from controller.core.model.reader import Reader, TagsByTarget
from controller.core.model.reference import Address, Placeholder, expressions_in
from controller.core.model.stack import Stack
from controller.core.planning.match import Match
from controller.core.planning.step import Believed

DETAIL_SECONDS = 600.0
"""How long a detail is believed at most when nothing hints at a change."""
GUARD_SECONDS = 60.0
"""The same for what guards a thing: two passes at the interval that is usual."""
OLD_SECONDS = 10.0
"""What was read so recently counts as read now: a listing that several stacks share may be as old."""


@dataclass
class TagCache:
    """Tags that no listing shows, remembered for as long as details are. A kind of another region than the stacks'
    is named with that.

    Safe to use from many threads: several kinds, and several stacks, are looked at at the same time.
    """

    clock: Callable[[], float]
    kept: dict[tuple[str, str], tuple[Mapping[str, str], float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def recall(
        self, kind: str, targets: Sequence[str], read: Callable[[Sequence[str]], TagsByTarget]
    ) -> TagsByTarget:
        """The tags of these things, read where nothing, or nothing young enough, is remembered."""
        with self.lock:
            self.prune()
            young = {
                target: self.kept[kind, target][0]
                for target in targets
                if self.age(kind, target) < DETAIL_SECONDS * _share(target)
            }
        old = [target for target in targets if target not in young]
        read_now = self.anew(kind, old, read) if old else {}
        return {target: tags for target in targets if (tags := young.get(target, read_now.get(target))) is not None}

    def anew(self, kind: str, targets: Sequence[str], read: Callable[[Sequence[str]], TagsByTarget]) -> TagsByTarget:
        """The tags of these things, read whatever is remembered."""
        started, tags = self.clock(), read(targets)
        with self.lock:
            for target in targets:
                self.kept.pop((kind, target), None)
            self.kept.update({(kind, target): (shown, started) for target, shown in tags.items()})
        return tags

    def age(self, kind: str, target: str) -> float:
        """How long ago the tags were read."""
        kept = self.kept.get((kind, target))
        return self.clock() - kept[1] if kept else float("inf")

    def prune(self) -> None:
        """Drop what was read so long ago that nobody can want it any more."""
        now = self.clock()
        self.kept = {key: entry for key, entry in self.kept.items() if now - entry[1] <= 2 * DETAIL_SECONDS}

    def drop(self, kind: str, target: str) -> None:
        """Believe nothing of a thing's tags any more."""
        with self.lock:
            self.kept.pop((kind, target), None)


class Filled(NamedTuple):
    """What came of filling in details, by node."""

    unread: dict[Address, str]
    """Why details could not be read."""
    believed: dict[Address, Believed]
    """What was remembered and not read."""


@dataclass
class _Known:
    """What is remembered of one live thing."""

    listed: Live
    """How its listing showed it when that was read."""
    values: dict[str, tuple[object, float]] = field(default_factory=dict)
    """By field or attribute, with the time they were asked for at."""
    whole: Live | None = None
    """The thing as it was listed last, with what is remembered put in."""

    def doubts(self, live: Live) -> bool:
        """Whether the listing shows it otherwise now, so that what it does not show may be other too."""
        return live is not self.whole and _shown(live) != _shown(self.listed)


def _shown(live: Live) -> tuple[object, ...]:
    return live.stamp, live.phase, live.fields, live.attributes, live.members


class Details:
    """The slower tier of one account, with what it remembers. Safe to use from many threads."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float]) -> None:
        self.catalog, self.clock = catalog, clock
        self.tag_cache = TagCache(clock)
        self.kept: dict[Thing, _Known] = {}
        self.lock = threading.Lock()

    def fill(
        self,
        cloud: Cloud,
        stack: Stack,
        match: Match,
        pool: ThreadPoolExecutor,
        fresh: Iterable[Address] = (),
        removing: Collection[Address] = (),
    ) -> Filled:
        """Put the details that the document speaks of into the matched live things; `fresh` nodes are read anew.

        Of the nodes in `removing` it is read too what may keep them from being deleted.
        """
        fresh = set(fresh)
        wanted, unread = self.wanted(stack, match, removing)
        self.forget(match.live[address] for address in wanted)
        futures: dict[tuple[Address, str], Future[tuple[object, float]]] = {}
        for address, names in wanted.items():
            live = match.live[address]
            for name in names:
                if address in fresh or self.stale(live, name):
                    futures[address, name] = pool.submit(self.read, cloud, live, name)
        unread |= self.gather(futures, match)
        believed = dict(self.believed(match, wanted, futures))
        for address, names in wanted.items():
            with noting(unread, "reading", address):
                match.live[address] = self.merged(match.live[address], names)
        match.orphans = [(address, self.whole(cloud, live)) for address, live in match.orphans]
        match.surplus = [(address, self.whole(cloud, live)) for address, live in match.surplus]
        return Filled(unread, believed)

    def whole(self, cloud: Cloud, live: Live) -> Live:
        """What is left over, with what its deletion needs to know.

        Unread, AWS says what is missing; but what may keep it has to be known before its children go.
        """
        kind, cloud = self.catalog[live.kind], cloud.at(live.region)
        try:
            with blaming("reading", f"the {live.kind} {live.id}"):
                names = [
                    name
                    for name in kind.detailed(dict.fromkeys(kind.read_before_removal))
                    if not kind.momentary(name)
                ]
                return kind.completed(live, kind.details(cloud, live, names)) if names else live
        except Bug as bug:
            return replace(live, unread=str(bug))
        except HoldfastError as error:
            return replace(live, unread=str(error)) if kind.read_before_removal else live

    def wanted(
        self, stack: Stack, match: Match, removing: Collection[Address] = ()
    ) -> tuple[dict[Address, list[str]], dict[Address, str]]:
        """The fields and attributes that the document speaks of and no listing shows, by node; and of which nodes
        that cannot be told."""
        attributes = attributes_wanted(stack)
        wanted, unread = dict[Address, list[str]](), dict[Address, str]()
        for address in match.live:
            kind = self.catalog[address.kind]
            with noting(unread, "reading", address):
                keeping = dict.fromkeys(kind.read_before_removal) if address in removing else {}
                fields = {**keeping, **stack.nodes[address].fields}
                names = [*kind.detailed(fields), *kind.unlisted(attributes.get(address, ()))]
                wanted |= {address: sorted(names)} if names else {}
        return wanted, unread

    def cached(self, stack: Stack, match: Match, addresses: Iterable[Address]) -> bool:
        """Whether anything of these nodes was not read just now."""
        wanted = set(addresses)
        return bool(wanted) and any(
            address in wanted and not all(self.catalog[address.kind].momentary(name) for name in names)
            for address, names in self.wanted(stack, match)[0].items()
        )

    def stale(self, live: Live, name: str) -> bool:
        """Whether a detail has to be read."""
        age = self.age(live, name)
        return age is None or age >= self.patience(self.catalog[live.kind], name) * _share(live.id)

    def age(self, live: Live, name: str) -> float | None:
        """How long ago a detail was read; None where nothing is remembered."""
        known = self.kept.get(live.thing)
        value = known.values.get(name) if known else None
        return self.clock() - value[1] if value else None

    def patience(self, kind: Reader, name: str) -> float:
        """How long a detail is believed at most."""
        if kind.momentary(name):
            return 0.0
        return GUARD_SECONDS if kind.guards(name) else DETAIL_SECONDS

    def read(self, cloud: Cloud, live: Live, name: str) -> tuple[object, float]:
        """A detail, and when it was asked for: what changes while the answer is on its way may not be in it."""
        kind, cloud, started = self.catalog[live.kind], cloud.at(live.region), self.clock()
        with blaming(f"reading {name} of", f"the {live.kind} {live.id}"):
            if name in kind.exports:
                return kind.attribute(cloud, live, name), started
            return kind.details(cloud, live, (name,)).get(name), started

    def forget(self, lives: Iterable[Live]) -> None:
        """Drop what these things contradict, and what was read so long ago that nobody can want it any more."""
        oldest = self.clock() - 2 * DETAIL_SECONDS
        with self.lock:
            doubted = [live.thing for live in lives if live.thing in self.kept and self.kept[live.thing].doubts(live)]
            for thing in doubted:
                del self.kept[thing]
            self.kept = {
                thing: known
                for thing, known in self.kept.items()
                if any(started > oldest for _, started in known.values.values())
            }

    def drop(self, lives: Iterable[Live], bearers: Iterable[tuple[str, str]]) -> None:
        """Believe nothing of these any more, for something was written to them; `bearers` are those of their tags."""
        with self.lock:
            for live in lives:
                self.kept.pop(live.thing, None)
        for kind, target in bearers:
            self.tag_cache.drop(kind, target)

    def unsure(self, lives: Iterable[Live]) -> set[Placed]:
        """The kinds of those whose tags were read too long ago for a write to rest on them."""
        return {
            Placed.parse(kind)
            for kind, target in self.bearers(lives)
            if self.tag_cache.age(kind, target) > GUARD_SECONDS
        }

    def bearers(self, lives: Iterable[Live]) -> Iterator[tuple[str, str]]:
        """Kind and target of those whose tags no listing shows."""
        kinds = ((live, self.catalog[live.kind]) for live in lives)
        return ((str(live.placed), kind.target(live)) for live, kind in kinds if kind.tags_unlisted)

    def gather(
        self, futures: Mapping[tuple[Address, str], Future[tuple[object, float]]], match: Match
    ) -> dict[Address, str]:
        """Remember what was read. Returns the nodes whose details could not be read, with the reason."""
        unread = {}
        for (address, name), future in futures.items():
            live = match.live[address]
            try:
                read = future.result()
            except HoldfastError as error:
                unread[address] = str(error)
                with self.lock:
                    self.kept.setdefault(live.thing, _Known(live)).values.pop(name, None)
            else:
                with self.lock:
                    self.kept.setdefault(live.thing, _Known(live)).values[name] = read
        return unread

    def believed(
        self, match: Match, wanted: Mapping[Address, Iterable[str]], read: Collection[tuple[Address, str]]
    ) -> Iterator[tuple[Address, Believed]]:
        """What is remembered of each node and was neither read now nor a moment ago, the oldest first."""
        for address, live in match.live.items():
            kind = self.catalog[address.kind]
            ages = {
                name: age
                for name in wanted.get(address, ())
                if (address, name) not in read and (age := self.age(live, name)) is not None
            }
            if kind.tags_unlisted:
                ages["tags"] = self.tag_cache.age(str(live.placed), kind.target(live))
            old = {name: age for name, age in ages.items() if OLD_SECONDS < age < float("inf")}
            if old:
                yield address, Believed(max(old.values()), tuple(sorted(old, key=old.__getitem__, reverse=True)))

    def merged(self, live: Live, names: Iterable[str]) -> Live:
        """The live thing with what is remembered of it."""
        with self.lock:
            known = self.kept.setdefault(live.thing, _Known(live))
            remembered = {name: known.values[name][0] for name in names if name in known.values}
            known.whole = self.catalog[live.kind].completed(live, remembered)
            return known.whole


def _share(id: str) -> float:
    """Between a half and one, the same for each id: what was read together is not all read again together."""
    return 1 - crc32(id.encode()) % 50 / 100


def attributes_wanted(stack: Stack) -> dict[Address, set[str]]:
    """The attributes of nodes that other nodes speak of."""
    wanted: dict[Address, set[str]] = {}
    for node in stack.nodes.values():
        for expression in expressions_in(node.fields):
            if isinstance(expression, Placeholder) and expression.attribute != "id":
                wanted.setdefault(expression.address, set()).add(expression.attribute)
    return wanted
