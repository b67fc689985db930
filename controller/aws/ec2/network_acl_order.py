"""In which order the entries of a network ACL change places.

AWS changes one entry a call, and the first that matches decides. Between two calls no packet is to be allowed, or
denied, that neither the old nor the new entries would allow, or deny.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from controller.core.model.equality import network
from controller.core.model.shape import Tree

Entries = Mapping[int, Tree]
"""Entries by their rule numbers."""

_TRIES = 2000
"""So many lists are looked at in search of an order."""
_IPV6, _END = 1 << 32, (1 << 32) + (1 << 128)
"""Where the IPv6 addresses begin and end in the one row of all addresses."""
_PORTS, _CODES = 1 << 16, 1 << 8
_EVERY = "-1"


@dataclass(frozen=True)
class Order:
    """The rule numbers in the order in which they are changed, and what no order avoids for a moment."""

    numbers: tuple[int, ...]
    denies: bool = False
    """Packets that the old and the new entries allow are denied meanwhile."""
    allows: bool = False
    """Packets that the old and the new entries deny are allowed meanwhile."""


def order_of(before: Entries, after: Entries) -> Order:
    """The order in which the entries that differ are changed. Rather is a packet denied for a moment than let in."""
    numbers = [number for number in {**before, **after} if before.get(number) != after.get(number)]
    if not all(isinstance(number, int) for number in numbers):
        return Order(tuple(numbers))  # one of them is known only later
    numbers.sort()
    change = _Change(before, after)
    for denies in (False, True):
        found = change.search(numbers, denies)
        if found is not None:
            return Order(found, denies)
    return change.least(numbers)


class _Change:
    def __init__(self, before: Entries, after: Entries) -> None:
        self.before, self.after = before, after
        self.packets = _Packets([*before.values(), *after.values()])
        self.old, self.new = self.packets.allowed(before), self.packets.allowed(after)

    def wrong(self, changed: frozenset[int]) -> tuple[int, int]:
        """The packets let in, and those kept out, that neither list would while so much of it is changed."""
        kept = {number: entry for number, entry in self.before.items() if number not in changed}
        put = {number: entry for number, entry in self.after.items() if number in changed}
        between = self.packets.allowed({**kept, **put})
        return between & ~(self.old | self.new), self.old & self.new & ~between

    def search(self, numbers: list[int], denies: bool) -> tuple[int, ...] | None:
        """An order in which no packet is wrongly let in, nor kept out unless `denies`; None where none is found."""
        seen: set[frozenset[int]] = set()
        open_: list[tuple[int, ...]] = [()]
        while open_ and len(seen) < _TRIES:
            done = open_.pop()
            if len(done) == len(numbers):
                return done
            if frozenset(done) in seen:
                continue
            for number in reversed(numbers):
                changed = frozenset((*done, number))
                if number not in done and changed not in seen:
                    let_in, kept_out = self.wrong(changed)
                    if not let_in and (denies or not kept_out):
                        open_.append((*done, number))
                    else:
                        seen.add(changed)
            seen.add(frozenset(done))
        return None

    def least(self, numbers: list[int]) -> Order:
        """The order that lets in the least, step by step."""
        done: tuple[int, ...] = ()
        allows = denies = False
        while len(done) < len(numbers):
            rest = [number for number in numbers if number not in done]
            wrongs = {number: self.wrong(frozenset((*done, number))) for number in rest}
            best = min(rest, key=lambda number: [packets.bit_count() for packets in wrongs[number]])
            allows, denies = allows or bool(wrongs[best][0]), denies or bool(wrongs[best][1])
            done = (*done, best)
        return Order(done, denies, allows)


class _Packets:
    """All packets that some entry tells from others, one bit for each sort, so that sets of them are numbers."""

    def __init__(self, entries: Iterable[Tree]) -> None:
        entries = list(entries)
        self.protocols = [*sorted({_protocol(entry) for entry in entries} - {_EVERY}), _EVERY]
        self.addresses = _cuts((0, _IPV6, _END), map(_range, entries))
        self.ports = _cuts((0, _PORTS), (_first(entry) for entry in entries))
        self.codes = _cuts((0, _CODES), (_second(entry) for entry in entries))
        self.matches = {id(entry): self.matched(entry) for entry in entries}

    def allowed(self, entries: Entries) -> int:
        """The packets that these entries allow."""
        allowed = decided = 0
        for number in sorted(entries):
            matched = self.matches[id(entries[number])] & ~decided
            decided |= matched
            allowed |= matched if entries[number]["ruleAction"] == "allow" else 0
        return allowed

    def matched(self, entry: Tree) -> int:
        """The packets that an entry matches."""
        protocol, several = _protocol(entry), len(self.protocols)
        place = self.protocols.index(protocol)
        protocols = (0, several) if protocol == _EVERY else (place, place + 1)
        matched, width = 1, 1
        for cuts, span in ((self.codes, _second(entry)), (self.ports, _first(entry))):
            matched *= _bits(cuts[span[0]], cuts[span[1]], width)
            width *= len(cuts) - 1
        matched *= _bits(*protocols, width)
        first, end = _range(entry)
        return matched * _bits(self.addresses[first], self.addresses[end], width * several)


def _cuts(ends: tuple[int, ...], spans: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Where a row is cut, so that no span has a part of a piece, each with its number."""
    return {cut: number for number, cut in enumerate(sorted({*ends, *(end for span in spans for end in span)}))}


def _bits(first: int, end: int, width: int) -> int:
    """One bit in each of these places of a width."""
    return sum(1 << (place * width) for place in range(first, end))


def _protocol(entry: Tree) -> str:
    """The protocol; every one where nobody knows it yet."""
    return entry["protocol"] if isinstance(entry["protocol"], str) else _EVERY


def _range(entry: Tree) -> tuple[int, int]:
    """The addresses; all where nobody knows the range yet."""
    cidr = entry.get("cidr")
    parsed = network(cidr) if isinstance(cidr, str) else None
    if parsed is None:
        return 0, _END
    first = int(parsed.network_address) + (_IPV6 if parsed.version == 6 else 0)
    return first, first + parsed.num_addresses


def _first(entry: Tree) -> tuple[int, int]:
    """The ports, or the ICMP types."""
    if _protocol(entry) == _EVERY:
        return 0, _PORTS
    if isinstance(entry.get("icmpType"), int) and entry["icmpType"] >= 0:
        return entry["icmpType"], entry["icmpType"] + 1
    first, last = entry.get("fromPort"), entry.get("toPort")
    return (first, last + 1) if isinstance(first, int) and isinstance(last, int) else (0, _PORTS)


def _second(entry: Tree) -> tuple[int, int]:
    """The ICMP codes."""
    code: Any = entry.get("icmpCode")
    return (code, code + 1) if isinstance(code, int) and code >= 0 and _protocol(entry) != _EVERY else (0, _CODES)
