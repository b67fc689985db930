"""Which live thing is which node. Identity comes from AWS itself; memory is only a witness.

Matching has an order: owner tags, where nothing speaks against them (`owned.py`); what the document adopts; ids seen
in earlier passes; what AWS made together with a parent of ours; evidence (what our own tagged things refer to). What
is left and has the natural key of a node, but is not ours, is a conflict; so is what carries the owner tags in doubt.
"""

from collections.abc import Iterator

from controller.core.model.cloud import Bug
from controller.core.model.facts import Facts
from controller.core.model.kind import Catalog
from controller.core.model.live import Live
from controller.core.model.naming import OpenName
from controller.core.model.node import Node
from controller.core.model.reference import Address, Placeholder, replace_expressions
from controller.core.model.stack import Stack
from controller.core.planning.candidates import NOTHING_REMEMBERED, Candidates, Remembered
from controller.core.planning.claims import latest
from controller.core.planning.evidence import Elsewhere, Evidence
from controller.core.planning.inventory import Inventory
from controller.core.planning.match import Match
from controller.core.planning.owned import OwnedNodes, why_doubted
from controller.core.planning.regions import matched
from controller.core.planning.untagged import Untagged


def match(
    stack: Stack,
    catalog: Catalog,
    inventory: Inventory,
    remembered: Remembered = NOTHING_REMEMBERED,
) -> Match:
    """Say which live thing is which node.

    Of a kind whose own code cannot compare what AWS shows, every node is unknown.
    """
    try:
        return matched(stack, catalog, inventory, remembered, _one_region)
    except Bug as bug:
        if not any(bug.what in there.live for there in inventory.regions.values()):
            raise
        return match(stack, catalog, inventory.without(bug.what, str(bug)), remembered)


def _one_region(
    stack: Stack, catalog: Catalog, inventory: Inventory, remembered: Remembered, elsewhere: Elsewhere
) -> Match:
    return _Matching(Candidates(stack, catalog, inventory, remembered, Match()), elsewhere).run()


class _Matching:
    """First what carries the owner tags of the stack, then what does not."""

    def __init__(self, candidates: Candidates, elsewhere: Elsewhere) -> None:
        self.candidates, self.remembered = candidates, candidates.remembered
        self.stack, self.catalog, self.inventory = candidates.stack, candidates.catalog, candidates.inventory
        self.match, self.unowned = candidates.match, candidates.unowned
        self.evidence = Evidence(candidates, elsewhere)

    def run(self) -> Match:
        OwnedNodes(self.candidates, self.evidence).run()
        self.directly()
        self.by_evidence()
        self.by_parents()
        self.conflicts()
        self.unseen()
        self.without_owner_tags()
        self.untagged()
        return self.match

    def directly(self) -> None:
        """What the document adopts, and ids seen before, where nobody else's owner tags are on them."""
        for address, node in self.candidates.missing():
            unowned = self.unowned[address.kind]
            adopt = node.lifecycle.adopt
            remembered = self.remembered.ids.get(address)
            renamed = [pair for pair in (*self.match.orphans, *self.match.copies) if pair[1].id == adopt]
            if adopt and renamed:
                self.rename(address, renamed[0])
            elif adopt in unowned:
                self.adopt(address, unowned.pop(adopt))
            elif adopt and not any(live.id == adopt for live in self.inventory.of(address.kind)):
                self.match.unknown[address] = (
                    f"lifecycle.adopt names {adopt}, which does not exist; "
                    "correct the id, or remove it to have one created"
                )
            elif remembered in unowned and self.proves(address):
                self.match.live[address] = unowned.pop(remembered)

    def proves(self, address: Address) -> bool:
        """Whether the id that is remembered of a node tells what it is: this program saw it, and no other has it."""
        return address not in self.remembered.recalled and not self.catalog[address.kind].id_recurs

    def rename(self, address: Address, renamed: tuple[Address, Live]) -> None:
        """What was another node, or its copy, is this one from now on."""
        for place in (self.match.orphans, self.match.copies):
            if renamed in place:
                place.remove(renamed)
        self.adopt(address, renamed[1])

    def adopt(self, address: Address, live: Live) -> None:
        self.match.live[address] = live
        if self.catalog[address.kind].tagged:  # else nothing can tag it, and the document goes on saying so
            self.match.adopted.add(address)

    def by_evidence(self) -> None:
        """Follow what our own things refer to until nothing new is found."""
        missing = dict(self.candidates.missing())
        fresh = list(self.match.live)
        while missing and fresh:
            for address in fresh:
                self.evidence.follow(address)
            fresh = [address for address, node in missing.items() if self.prove(address, node)]
            for address in fresh:
                del missing[address]

    def prove(self, address: Address, node: Node) -> bool:
        unowned = self.unowned[address.kind]
        proven = [unowned[id] for id in sorted(self.evidence.proven[address]) if id in unowned]
        alike = [live for live in self.with_key_of(node) if live.id in unowned]
        proven += [live for live in alike if live.id in self.evidence.named[address] or self.implied(node)]
        if not proven:
            return False
        self.match.live[address] = unowned.pop(proven[0].id)
        return True

    def by_parents(self) -> None:
        """What takes no tags is ours where its parent is, or where a name that the document leaves open says so."""
        for address, node in self.candidates.missing():
            kind = self.catalog[address.kind]
            alike = self.with_key_of(node) if not kind.tagged else []
            if alike and (self.parent_is_ours(kind, node) or owned_by_name(kind, node)):
                self.settle(address, node, alike)

    def settle(self, address: Address, node: Node, alike: list[Live]) -> None:
        """Of several that a node's open name fits, the one that replaced the others; where none did, nobody knows."""
        node_is = latest(alike, node)
        if node_is is None:
            self.match.conflicts[address] = alike[0]
            self.match.doubts[address] = why_doubted(address, self.remembered.ids.get(address), alike)
        else:
            self.match.live[address] = node_is
            self.match.surplus += [(address, live) for live in alike if live is not node_is]

    def parent_is_ours(self, kind: Facts, node: Node) -> bool:
        """Whether the node behind the reference to the parent is one of the stack that is live."""
        parent = node.fields.get(kind.parent)
        return isinstance(parent, Placeholder) and parent.address in self.match.live

    def implied(self, node: Node) -> bool:
        """Whether AWS made it together with something that is ours."""
        return node.alias is not None and node.alias.address in self.match.live

    def without_owner_tags(self) -> None:
        """What is ours by proof alone: without owner tags of its own, or within something that is."""
        untagged = [address for address in self.match.live if not self.catalog[address.kind].tagged]
        self.match.without_owner_tags.update(
            address
            for address, live in self.match.live.items()
            if live.owner is None and self.catalog[address.kind].tagged
        )
        self.match.without_owner_tags.update(address for address in untagged if not self.owned_by_place(address))

    def untagged(self) -> None:
        """What takes no tags, and no node is."""
        matched, doubted = self.match, {*self.match.conflicts, *self.match.unknown}
        left_over = (live for _, live in (*matched.surplus, *matched.orphans))
        ours = {live.thing for live in (*matched.live.values(), *left_over)}
        taken = ours | {live.thing for live in matched.conflicts.values()}
        untagged = Untagged(self.stack, self.catalog, self.remembered.ids, ours, taken, doubted)
        for left in untagged.left(self.inventory):
            (matched.orphans if left.owned else matched.former).append((left.address, left.live))

    def owned_by_place(self, address: Address) -> bool:
        """Whether what takes no tags has our open name, or is within something that carries our owner tags."""
        kind, node = self.catalog[address.kind], self.stack.nodes[address]
        parent = node.fields.get(kind.parent)
        if not isinstance(parent, Placeholder):
            return owned_by_name(kind, node)
        return parent.address in self.match.live and parent.address not in self.match.without_owner_tags

    def with_key_of(self, node: Node) -> list[Live]:
        """What has the natural key of a node, as far as that is known."""
        settled = replace_expressions(node.fields, self.evidence.value)
        return self.candidates.with_key(self.catalog[node.address.kind], settled)

    def conflicts(self) -> None:
        taken = {live.thing for live in self.match.live.values()}
        for address, node in self.candidates.missing():
            adopting = [live for live in self.inventory.of(address.kind) if live.id == node.lifecycle.adopt]
            alike = [] if self.catalog[address.kind].shares_key else self.with_key_of(node)
            rivals = [live for live in (*adopting, *alike, *self.once(address)) if live.thing not in taken]
            if rivals:
                self.match.conflicts[address] = rivals[0]

    def once(self, address: Address) -> Iterator[Live]:
        """What may be the node all the same.

        What is tagged as this node of a stack kept elsewhere, what was it when it was last seen, and a copy of it:
        somebody may have made that the node meanwhile.
        """
        if address in self.candidates.others:
            yield self.candidates.others[address]
        yield from (live for copied, live in self.match.copies if copied == address)
        remembered = self.remembered.ids.get(address)
        if remembered is not None and not self.catalog[address.kind].id_recurs:
            yield from (live for live in self.inventory.of(address.kind) if live.id == remembered)

    def unseen(self) -> None:
        """A thing of ours cannot be without what it stands in: a listing that leaves that out is not believed."""
        for address, _ in self.candidates.missing():
            proven = self.evidence.proven[address]
            lost = sorted(proven - self.evidence.listed(address.kind)) if proven else []
            if lost and address not in self.match.conflicts:
                self.match.unknown[address] = f"resources of this stack are in {lost[0]}, which no listing returns"


def owned_by_name(kind: Facts, node: Node) -> bool:
    """Whether the name of a node's thing, which the document leaves open, tells whose it is."""
    return any(isinstance(node.fields.get(name), OpenName) for name in kind.natural_key)
