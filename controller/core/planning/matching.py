"""Which live thing is which node. Identity comes from AWS itself; memory is only a witness.

Matching has an order: owner tags, where nothing speaks against them (`claims.py`); what the document adopts; ids
seen in earlier passes; what AWS made together with a parent of ours; evidence (what our own marked things refer
to). What is left and has the natural key of a node, but is not ours, is a conflict; so is what carries the marks in
doubt.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from controller.core.model.cloud import Bug
from controller.core.model.facts import Facts
from controller.core.model.kind import Catalog
from controller.core.model.live import Live, Phase
from controller.core.model.naming import OpenName, stem
from controller.core.model.node import Node
from controller.core.model.ownership import Owner
from controller.core.model.reference import Address, Placeholder, replace_expressions
from controller.core.model.shape import Tree
from controller.core.model.stack import Identity, Stack, parents_first
from controller.core.planning.claims import Witnesses, elected, latest, left_over, misfits, same
from controller.core.planning.evidence import Evidence
from controller.core.planning.inventory import Inventory, natural_key
from controller.core.planning.unproven import UnprovenMarks
from controller.core.planning.untagged import Untagged


@dataclass
class Match:
    """Which live thing is which node of one stack."""

    live: dict[Address, Live] = field(default_factory=dict)
    leaving: dict[Address, Live] = field(default_factory=dict)
    """Ours, being deleted by AWS; the node itself is missing."""
    surplus: list[tuple[Address, Live]] = field(default_factory=list)
    """What a replacement of ours that was cut short has left over, as the mark on it proves."""
    copies: list[tuple[Address, Live]] = field(default_factory=list)
    """Marked as a node that another live thing is, and nothing proves that we made it: not ours to touch."""
    orphans: list[tuple[Address, Live]] = field(default_factory=list)
    """Ours by their tags, or by their names where they take none; no longer in the document."""
    former: list[tuple[Address, Live]] = field(default_factory=list)
    """Nodes when they were last seen, no longer in the document; nothing but memory says that they are ours."""
    conflicts: dict[Address, Live] = field(default_factory=dict)
    doubts: dict[Address, str] = field(default_factory=dict)
    """Why a node is in conflict, where the owner of the other thing does not say it."""
    unknown: dict[Address, str] = field(default_factory=dict)
    adopted: set[Address] = field(default_factory=set)
    """Taken over because the document says so, not yet marked."""
    unmarked: set[Address] = field(default_factory=set)
    """Ours as far as can be told, without our marks: corrected, and never deleted."""

    @property
    def empty(self) -> bool:
        """Whether nothing at all of the stack is there, nor anything that may be of it."""
        ours = (self.live, self.leaving, self.surplus, self.orphans)
        return not any((*ours, self.copies, self.former, self.conflicts, self.unknown))


def match(
    stack: Stack,
    catalog: Catalog,
    inventory: Inventory,
    remembered: Mapping[Address, str] | None = None,
    recalled: Collection[Address] = (),
    copies: Mapping[Address, Collection[str]] | None = None,
) -> Match:
    """Say which live thing is which node. `remembered` are ids of nodes from earlier passes.

    Those of `recalled` nodes were not seen by this program itself: they bear witness, and prove nothing alone.
    `copies` are ids of what carried the marks of a node when another thing was the node. Of a kind whose own
    code cannot compare what AWS shows, every node is unknown.
    """
    try:
        return _Matching(stack, catalog, inventory, remembered or {}, recalled, copies or {}).run()
    except Bug as bug:
        if bug.what not in inventory.live:
            raise
        return match(stack, catalog, inventory.without(bug.what, str(bug)), remembered, recalled, copies)


class _Matching:
    def __init__(
        self,
        stack: Stack,
        catalog: Catalog,
        inventory: Inventory,
        remembered: Mapping[Address, str],
        recalled: Collection[Address],
        copies: Mapping[Address, Collection[str]],
    ) -> None:
        self.stack, self.catalog, self.inventory = stack, catalog, inventory
        self.remembered, self.recalled, self.known_copies = remembered, recalled, copies
        self.found = Match()
        self.unowned: dict[str, dict[str, Live]] = defaultdict(dict)
        self.by_key: dict[tuple[str, Hashable], list[Live]] = defaultdict(list)
        self.marked: dict[Address, list[Live]] = defaultdict(list)
        """What carries our marks, by the node that they name."""
        self.others: dict[Address, Live] = {}
        """What carries the marks of a stack of our name that is kept elsewhere."""
        self.evidence = Evidence(stack, catalog, inventory, self.found.live)

    def run(self) -> Match:
        self.sort_out()
        self.by_tags()
        self.orphaned()
        self.directly()
        self.by_evidence()
        self.by_parents()
        self.conflicts()
        self.unseen()
        self.unmarked()
        self.untagged()
        return self.found

    def sort_out(self) -> None:
        """What carries our marks, and what does not."""
        identities, name = self.stack.identities, self.stack.name
        for kind, lives in self.inventory.live.items():
            for live in lives:
                owner = live.owner
                if owner is None or (owner.stack != name and (owner.stack, owner.origin) not in identities):
                    self.index(live)
                else:
                    self.sort(Address(kind, owner.name), owner, live)
        for address in self.stack.nodes:
            if address.kind in self.inventory.failed:
                self.found.unknown[address] = self.inventory.failed[address.kind]

    def sort(self, address: Address, owner: Owner, live: Live) -> None:
        """One thing with the name of our stack in its marks, or of what we take over."""
        if (owner.stack, owner.origin) not in self.stack.identities:
            self.others[address] = live
            self.index(live)
        elif live.phase is Phase.LEAVING:
            self.found.leaving[address] = live
        elif address not in self.remembered and live.id in self.known_copies.get(address, ()):
            self.leave_over(address, [live])  # the node has gone, and its copy does not take its place
        else:
            self.marked[address].append(live)

    def index(self, live: Live) -> None:
        if live.phase is Phase.LEAVING:
            return
        if live.owner is None:
            self.unowned[live.kind][live.id] = live
        kind = self.catalog[live.kind]
        key = natural_key(kind, live.fields)
        for each in {key} if kind.tagged else {key, stem(key)}:
            if each is not None:
                self.by_key[live.kind, each].append(live)

    # --- what carries our marks ---

    def by_tags(self) -> None:
        """The marks decide where nothing speaks against them; else the witnesses do, or nobody."""
        open_questions = []
        for address in self.in_order():
            candidates = self.marked[address]
            if len(candidates) == 1 and self.undoubted(address, candidates[0]):
                self.take(address, candidates[0])
            else:
                open_questions.append(address)
        unsure = [address for address in self.found.live if address not in self.remembered]
        if open_questions or unsure:
            for address in [*self.found.live]:
                self.evidence.follow(address)
        if unsure:
            marks = UnprovenMarks(self.stack, self.catalog, self.inventory, self.evidence, unsure)
            self.doubt(marks.swapped())
            self.disbelieve(marks.unproven())
        for address in open_questions:
            self.decide(address, self.marked[address])

    def doubt(self, swapped: Iterable[Address]) -> None:
        """The marks of these nodes may be those of each other."""
        for address in swapped:
            live = self.found.live.pop(address)
            self.found.conflicts[address] = live
            self.found.doubts[address] = self.why_doubted(address, [live])

    def disbelieve(self, unproven: Mapping[Address, str]) -> None:
        """Of these nodes nobody can say what they are, and why."""
        for address, why in unproven.items():
            del self.found.live[address]
            self.found.unknown[address] = f"nothing but its tags tells what it is: {why}"

    def in_order(self) -> list[Address]:
        """The marked nodes; those in which others stand first, where a natural key may be asked for."""
        if all(self.remembered.get(a) == lives[0].id and len(lives) == 1 for a, lives in self.marked.items()):
            return [address for address in self.marked if address in self.stack.nodes]
        return [address for address in parents_first(self.stack, self.catalog) if address in self.marked]

    def undoubted(self, address: Address, live: Live) -> bool:
        """Whether memory agrees with the marks; without memory, whether the natural key does not disagree."""
        remembered = self.remembered.get(address)
        if remembered is not None:
            return remembered == live.id
        settled = self.evidence.settled(address)
        return natural_key(self.catalog[address.kind], settled) is None or self.has_key(settled, live)

    def take(self, address: Address, live: Live) -> None:
        """This is the node."""
        self.found.live[address] = live
        owner = live.owner
        if owner and Identity(owner.stack, owner.origin) != self.stack.identity:  # it is taken over
            self.found.adopted.add(address)

    def decide(self, address: Address, candidates: list[Live]) -> None:
        """Which of those that carry the marks of a node is it; where nobody can say, none of them is."""
        adopt = self.stack.nodes[address].lifecycle.adopt
        chosen = next((live for live in candidates if live.id == adopt), None)
        chosen = chosen or elected(candidates, self.witnesses(address))
        if chosen is None:
            self.found.conflicts[address] = candidates[0]
            self.found.doubts[address] = self.why_doubted(address, candidates)
            return
        self.take(address, chosen)
        self.evidence.follow(address)
        self.leave_over(address, [live for live in candidates if live is not chosen])

    def leave_over(self, address: Address, lives: Iterable[Live]) -> None:
        """What carries the marks of a node that is another thing."""
        for live in lives:
            (self.found.surplus if left_over(live) else self.found.copies).append((address, live))
            self.index(live)

    def witnesses(self, address: Address) -> Witnesses:
        """What speaks for and against the things that carry a node's marks."""
        kind, settled = self.catalog[address.kind], self.evidence.settled(address)
        known = natural_key(kind, settled) is not None and not kind.shares_key
        alike = [live for live in self.inventory.of(kind.name) if self.has_key(settled, live)] if known else []
        ours = {live.id for live in self.marked[address]}
        elsewhere = {live.id for a, lives in self.marked.items() if a.kind == kind.name for live in lives} - ours
        keyed = {live.id for live in alike}
        node = self.stack.nodes[address]
        fitting = {live.id for live in self.marked[address] if not misfits(kind, node, live, self.evidence.resolve)}
        remembered, referred = self.remembered.get(address), self.evidence.proven[address]
        return Witnesses(remembered, referred, keyed & ours, keyed & elsewhere, fitting)

    def has_key(self, settled: Tree, live: Live) -> bool:
        """Whether a live thing has the natural key of these fields, or a variant that a replacement made of it."""
        kind = self.catalog[live.kind]
        return same(kind, kind.natural_key, settled, live)

    def why_doubted(self, address: Address, candidates: list[Live]) -> str:
        """Why nobody can say which thing a node is, and how to settle it."""
        ids, remembered = " and ".join(sorted(live.id for live in candidates)), self.remembered.get(address)
        settle = f"name it in lifecycle: {{adopt: {{id: …}}}} of {address}, or take the owner tags off what is not it"
        if len(candidates) > 1:
            return f"{ids} all carry the marks of {address}, and nothing proves which of them it is; {settle}"
        if remembered is not None:
            return f"{ids} carries the marks of {address}, which was {remembered} when it was last seen; {settle}"
        return f"{ids} carries the marks of {address}, and another thing of this stack has its place; {settle}"

    def orphaned(self) -> None:
        """What carries our marks, and no node has its name any more."""
        for address, lives in self.marked.items():
            if address in self.stack.nodes:
                continue
            remembered = self.remembered.get(address)
            sure = elected(lives, Witnesses(remembered))
            for live in lives:
                certain = live is sure or left_over(live)
                (self.found.orphans if certain else self.found.copies).append((address, live))
                self.index(live)

    # --- what does not ---

    def directly(self) -> None:
        """What the document adopts, and ids seen before, where nobody else's mark is on them."""
        for address, node in self.missing():
            unowned = self.unowned[address.kind]
            adopt = node.lifecycle.adopt
            remembered = self.remembered.get(address)
            renamed = [pair for pair in (*self.found.orphans, *self.found.copies) if pair[1].id == adopt]
            if adopt and renamed:
                self.rename(address, renamed[0])
            elif adopt in unowned:
                self.adopt(address, unowned.pop(adopt))
            elif adopt and not any(live.id == adopt for live in self.inventory.of(address.kind)):
                self.found.unknown[address] = (
                    f"lifecycle.adopt names {adopt}, which is not live; correct it, or take it out to have one made"
                )
            elif remembered in unowned and address not in self.recalled and not self.catalog[address.kind].id_recurs:
                self.found.live[address] = unowned.pop(remembered)

    def rename(self, address: Address, renamed: tuple[Address, Live]) -> None:
        """What was another node, or its copy, is this one from now on."""
        for place in (self.found.orphans, self.found.copies):
            if renamed in place:
                place.remove(renamed)
        self.adopt(address, renamed[1])

    def adopt(self, address: Address, live: Live) -> None:
        self.found.live[address] = live
        if self.catalog[address.kind].tagged:  # else nothing can mark it, and the document goes on saying so
            self.found.adopted.add(address)

    def missing(self) -> list[tuple[Address, Node]]:
        known = (self.found.live, self.found.unknown, self.found.conflicts)
        return [(a, node) for a, node in self.stack.nodes.items() if not any(a in place for place in known)]

    def by_evidence(self) -> None:
        """Follow what our own things refer to until nothing new is found."""
        missing = dict(self.missing())
        fresh = list(self.found.live)
        while missing and fresh:
            for address in fresh:
                self.evidence.follow(address)
            fresh = [address for address, node in missing.items() if self.prove(address, node)]
            for address in fresh:
                del missing[address]

    def prove(self, address: Address, node: Node) -> bool:
        unowned = self.unowned[address.kind]
        proven = [unowned[id] for id in sorted(self.evidence.proven[address]) if id in unowned]
        alike = [live for live in self.with_key_of(address, node) if live.id in unowned]
        proven += [live for live in alike if live.id in self.evidence.named[address] or self.implied(node)]
        if not proven:
            return False
        self.found.live[address] = unowned.pop(proven[0].id)
        return True

    def by_parents(self) -> None:
        """What takes no tags is ours where its parent is, or where a name that the document leaves open says so."""
        for address, node in self.missing():
            kind = self.catalog[address.kind]
            alike = self.with_key_of(address, node) if not kind.tagged else []
            if alike and (self.parent_is_ours(kind, node) or marked_by_name(kind, node)):
                self.settle(address, node, alike)

    def settle(self, address: Address, node: Node, alike: list[Live]) -> None:
        """Of several that a node's open name fits, the one that replaced the others; where none did, nobody knows."""
        node_is = latest(alike, node)
        if node_is is None:
            self.found.conflicts[address] = alike[0]
            self.found.doubts[address] = self.why_doubted(address, alike)
        else:
            self.found.live[address] = node_is
            self.found.surplus += [(address, live) for live in alike if live is not node_is]

    def parent_is_ours(self, kind: Facts, node: Node) -> bool:
        """Whether the node behind the reference to the parent is one of the stack that is live."""
        parent = node.fields.get(kind.parent)
        return isinstance(parent, Placeholder) and parent.address in self.found.live

    def implied(self, node: Node) -> bool:
        """Whether AWS made it together with something that is ours."""
        return node.alias is not None and node.alias.address in self.found.live

    def unmarked(self) -> None:
        """What is ours by proof alone: without marks of its own, or within something that is."""
        untagged = [address for address in self.found.live if not self.catalog[address.kind].tagged]
        self.found.unmarked.update(
            address
            for address, live in self.found.live.items()
            if live.owner is None and self.catalog[address.kind].tagged
        )
        self.found.unmarked.update(address for address in untagged if not self.marked_by_place(address))

    def untagged(self) -> None:
        """What takes no tags, and no node is."""
        found, doubted = self.found, {*self.found.conflicts, *self.found.unknown}
        left_over = (live for _, live in (*found.surplus, *found.orphans))
        ours = {live.thing for live in (*found.live.values(), *left_over)}
        taken = ours | {live.thing for live in found.conflicts.values()}
        for left in Untagged(self.stack, self.catalog, self.remembered, ours, taken, doubted).left(self.inventory):
            (found.orphans if left.marked else found.former).append((left.address, left.live))

    def marked_by_place(self, address: Address) -> bool:
        """Whether what takes no tags has our open name, or is within something that carries our marks."""
        kind, node = self.catalog[address.kind], self.stack.nodes[address]
        parent = node.fields.get(kind.parent)
        if not isinstance(parent, Placeholder):
            return marked_by_name(kind, node)
        return parent.address in self.found.live and parent.address not in self.found.unmarked

    def with_key_of(self, address: Address, node: Node) -> list[Live]:
        kind, settled = self.catalog[address.kind], replace_expressions(node.fields, self.evidence.value)
        alike = self.by_key.get((kind.name, natural_key(kind, settled)), [])
        named = [name for name in kind.natural_key if kind.shape.fields[name].named]
        return [live for live in alike if same(kind, named, settled, live)]

    def conflicts(self) -> None:
        taken = {live.thing for live in self.found.live.values()}
        for address, node in self.missing():
            adopting = [live for live in self.inventory.of(address.kind) if live.id == node.lifecycle.adopt]
            alike = [] if self.catalog[address.kind].shares_key else self.with_key_of(address, node)
            rivals = [live for live in (*adopting, *alike, *self.once(address)) if live.thing not in taken]
            if rivals:
                self.found.conflicts[address] = rivals[0]

    def once(self, address: Address) -> Iterator[Live]:
        """What may be the node all the same.

        What is marked as this node of a stack kept elsewhere, what was it when it was last seen, and a copy of it:
        somebody may have made that the node meanwhile.
        """
        if address in self.others:
            yield self.others[address]
        yield from (live for copied, live in self.found.copies if copied == address)
        remembered = self.remembered.get(address)
        if remembered is not None and not self.catalog[address.kind].id_recurs:
            yield from (live for live in self.inventory.of(address.kind) if live.id == remembered)

    def unseen(self) -> None:
        """A thing of ours cannot be without what it stands in: a listing that leaves that out is not believed."""
        for address, _ in self.missing():
            proven = self.evidence.proven[address]
            lost = sorted(proven - self.evidence.listed(address.kind)) if proven else []
            if lost and address not in self.found.conflicts:
                self.found.unknown[address] = f"things of ours are in {lost[0]}, which no listing shows"


def marked_by_name(kind: Facts, node: Node) -> bool:
    """Whether the name of a node's thing, which the document leaves open, tells whose it is."""
    return any(isinstance(node.fields.get(name), OpenName) for name in kind.natural_key)
