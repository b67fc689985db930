"""Owner tags that no memory confirms. Anybody can set tags: beside them stands what AWS itself shows of the things.

A thing stands in others for good, and holds what nothing else can hold at the same time: what disagrees with the
owner tags there puts them in doubt, and what cannot be seen there leaves them unproven.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations
from typing import Any

from controller.core.model.call import Change
from controller.core.model.cloud import blaming
from controller.core.model.kind import Catalog
from controller.core.model.live import Live
from controller.core.model.reference import Address, replace_expressions
from controller.core.model.stack import Stack
from controller.core.planning.diff import diff
from controller.core.planning.evidence import Evidence, Said
from controller.core.planning.inventory import COMPARING, Inventory


class UnprovenOwnerTags:
    """Those of the nodes `unsure`, each of which is live by its owner tags alone."""

    def __init__(
        self, stack: Stack, catalog: Catalog, inventory: Inventory, evidence: Evidence, unsure: Sequence[Address]
    ) -> None:
        self.stack, self.catalog, self.inventory, self.evidence = stack, catalog, inventory, evidence
        self.unsure, self.live = unsure, evidence.live
        self.held = self._held()

    # --- in doubt ---

    def swapped(self) -> list[Address]:
        """The nodes whose owner tags are in doubt: each of two has what is the other's, or stands in such a one.

        What belongs to a node is told by what cannot be re-pointed to it, and by what it alone can hold. That may
        name several things, as a list of subnets does: a node that is among those has what is its own.
        """
        hints = {address: self.evidence.proven[address] | self.held.get(address, set()) for address in self.unsure}
        astray = [address for address in self.unsure if self.live[address].id not in hints[address]]
        at = {self.live[address].thing: address for address in astray}
        doubted = list(self._exchanged())
        for address in astray:
            others = [at[thing] for id in hints[address] if (thing := self.live[address].thing._replace(id=id)) in at]
            crossed = [other for other in others if self.live[address].id in hints[other]]
            free = [other for other in crossed if not {address, other} & {*doubted}]
            doubted += next(([address, other] for other in free if self._have_each_others(address, other)), [])
        return [*doubted, *self._standing_in({address: self.live[address].id for address in doubted})]

    def _exchanged(self) -> Iterator[Address]:
        """Pairs of a kind of which each is for good what the other is to be, and cannot become what it is to be."""
        paired: set[Address] = set()
        unfit: dict[str, list[Address]] = defaultdict(list)
        for address in self.unsure:
            if any(change.because is None for change in self._lasting_changes(self.live[address], address)):
                unfit[address.kind].append(address)
        for one, other in chain.from_iterable(combinations(alike, 2) for alike in unfit.values()):
            pairs = ((one, other), (other, one))
            if not {one, other} & paired and not any(self._lasting_changes(self.live[a], b) for a, b in pairs):
                paired |= {one, other}
                yield from (one, other)

    def _lasting_changes(self, live: Live, address: Address) -> list[Change]:
        """In what that nothing can change a live thing differs from a node."""
        shape = self.catalog[address.kind].shape
        fields = self.stack.nodes[address].fields
        lasting = {name: value for name, value in fields.items() if shape.fields[name].immutable}
        with blaming(COMPARING, address.kind):
            return diff(shape, lasting, live.fields, self.evidence.resolve).changes

    def _have_each_others(self, one: Address, other: Address) -> bool:
        """Whether two nodes that have what belongs to the other have each other's owner tags.

        What stands in something does so for good. Parts, such as the subnets of a table, may be moved at will: then
        the owner tags are doubted where the `Name` is not that of the node either, or where one of the two is in all
        else what the other is to be.
        """
        pairs = ((one, other), (other, one))
        standing = all(self.live[a].id in self.evidence.proven[b] or self._misnamed(b) for a, b in pairs)
        return standing or any(self._just_like(self.live[a], b) for a, b in pairs)

    def _misnamed(self, address: Address) -> bool:
        """Whether what carries a node's owner tags has another `Name` than the node."""
        wanted = self.stack.nodes[address].tags.get("Name")
        return wanted is not None and self.live[address].tags.get("Name") != wanted

    def _just_like(self, live: Live, address: Address) -> bool:
        """Whether a live thing is, but for its tags, as the document wants a node."""
        wanted, shape = self.stack.nodes[address].fields, self.catalog[address.kind].shape
        with blaming(COMPARING, address.kind):
            return not diff(shape, wanted, live.fields, self.evidence.resolve).changes

    def _standing_in(self, doubted: Mapping[Address, str]) -> Iterator[Address]:
        """What stands in another thing than its node does, the owner tags of which are in doubt for that.

        Its own are the wrong ones as likely. Those in doubt are given with the id of what bears their owner tags.
        """
        for address in self.unsure if doubted else ():
            said = [
                statement
                for statement in self.evidence.said(address)
                if statement.proof and statement.target in doubted
            ]
            if address not in doubted and any(doubted[statement.target] not in statement.shown for statement in said):
                yield address

    def _held(self) -> dict[Address, set[str]]:
        """The things that hold now what only one can hold, by the node that is to hold it."""
        held: dict[Address, set[str]] = defaultdict(set)
        for name, nodes in self.stack.by_kind.items():
            for part in (part.name for part in self.catalog[name].shape.fields.values() if part.sole):
                lives = [self.live[node.address] for node in nodes if node.address in self.live]
                holders = {value: live.id for live in lives for value in _texts(live.fields.get(part))}
                for node in nodes:
                    wanted = _texts(replace_expressions(node.fields.get(part), self.evidence.value))
                    held[node.address].update(holders[value] for value in wanted if value in holders)
        return held

    # --- not proven ---

    def unproven(self) -> dict[Address, str]:
        """The nodes whose owner tags are not believed, and why: what they stand in, or alone hold, is not to be seen.

        A listing that fails, or leaves that out, could have told that the owner tags are another's.
        """
        reasons = {}
        for address in (address for address in self.unsure if address in self.live):
            telling = [said for said in self.evidence.said(address) if said.shown and (said.proof or said.sole)]
            why = next(filter(None, map(self._unlisted, telling)), "")
            if why:
                reasons[address] = why
        return reasons

    def _unlisted(self, said: Said) -> str:
        """Why nobody can say what a thing stands in, or alone holds, where the document says that it is a node."""
        if said.target.kind in self.inventory.failed:
            return self.inventory.failed[said.target.kind]
        seen = said.target in self.live or self.evidence.listed(said.target.kind).issuperset(said.shown)
        return "" if seen else f"no listing returns {said.shown[0]}, which it {'is in' if said.proof else 'holds'}"


def _texts(values: Any) -> list[str]:
    """Those elements of a list that are plain texts."""
    return [value for value in values or () if isinstance(value, str)]
