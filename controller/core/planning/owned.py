"""The nodes that owner tags tell: these decide where nothing speaks against them; else witnesses do, or nobody."""

from collections.abc import Iterable, Mapping

from controller.core.model.live import Live
from controller.core.model.reference import Address
from controller.core.model.shape import Tree
from controller.core.model.stack import Identity, parents_first
from controller.core.planning.candidates import Candidates
from controller.core.planning.claims import Witnesses, elected, left_over, misfits, same
from controller.core.planning.evidence import Evidence
from controller.core.planning.inventory import natural_key
from controller.core.planning.unproven import UnprovenOwnerTags


class OwnedNodes:
    """What carries the owner tags of a stack, as the nodes that it is, or as what no node is."""

    def __init__(self, candidates: Candidates, evidence: Evidence) -> None:
        self.candidates, self.evidence = candidates, evidence
        self.stack, self.catalog, self.inventory = candidates.stack, candidates.catalog, candidates.inventory
        self.remembered, self.match, self.owned = candidates.remembered.ids, candidates.match, candidates.owned

    def run(self) -> None:
        """Nodes first, then what carries the owner tags of nodes that are no more."""
        self.by_tags()
        self.orphaned()

    def by_tags(self) -> None:
        """The owner tags decide where nothing speaks against them; else the witnesses do, or nobody."""
        open_questions = []
        for address in self.in_order():
            candidates = self.owned[address]
            if len(candidates) == 1 and self.undoubted(address, candidates[0]):
                self.take(address, candidates[0])
            else:
                open_questions.append(address)
        unsure = [address for address in self.match.live if address not in self.remembered]
        if open_questions or unsure:
            for address in [*self.match.live]:
                self.evidence.follow(address)
        if unsure:
            owner_tags = UnprovenOwnerTags(self.stack, self.catalog, self.inventory, self.evidence, unsure)
            self.doubt(owner_tags.swapped())
            self.disbelieve(owner_tags.unproven())
        for address in open_questions:
            self.decide(address, self.owned[address])

    def doubt(self, swapped: Iterable[Address]) -> None:
        """The owner tags of these nodes may be those of each other."""
        for address in swapped:
            live = self.match.live.pop(address)
            self.match.conflicts[address] = live
            self.match.doubts[address] = why_doubted(address, self.remembered.get(address), [live])

    def disbelieve(self, unproven: Mapping[Address, str]) -> None:
        """Of these nodes nobody can say what they are, and why."""
        for address, why in unproven.items():
            del self.match.live[address]
            self.match.unknown[address] = f"only its tags identify it, which is not enough: {why}"

    def in_order(self) -> list[Address]:
        """The tagged nodes; those in which others stand first, where a natural key may be asked for."""
        if all(self.remembered.get(a) == lives[0].id and len(lives) == 1 for a, lives in self.owned.items()):
            return [address for address in self.owned if address in self.stack.nodes]
        return [address for address in parents_first(self.stack, self.catalog) if address in self.owned]

    def undoubted(self, address: Address, live: Live) -> bool:
        """Whether memory agrees with the owner tags; without memory, whether the natural key does not disagree."""
        remembered = self.remembered.get(address)
        if remembered is not None:
            return remembered == live.id
        settled = self.evidence.settled(address)
        return natural_key(self.catalog[address.kind], settled) is None or self.has_key(settled, live)

    def take(self, address: Address, live: Live) -> None:
        """This is the node."""
        self.match.live[address] = live
        owner = live.owner
        if owner and Identity(owner.stack, owner.origin) != self.stack.identity:  # it is taken over
            self.match.adopted.add(address)

    def decide(self, address: Address, candidates: list[Live]) -> None:
        """Which of those that carry the owner tags of a node is it; where nobody can say, none of them is."""
        adopt = self.stack.nodes[address].lifecycle.adopt
        chosen = next((live for live in candidates if live.id == adopt), None)
        chosen = chosen or elected(candidates, self.witnesses(address))
        if chosen is None:
            self.match.conflicts[address] = candidates[0]
            self.match.doubts[address] = why_doubted(address, self.remembered.get(address), candidates)
            return
        self.take(address, chosen)
        self.evidence.follow(address)
        self.candidates.leave_over(address, [live for live in candidates if live is not chosen])

    def witnesses(self, address: Address) -> Witnesses:
        """What speaks for and against the things that carry a node's owner tags."""
        kind, settled = self.catalog[address.kind], self.evidence.settled(address)
        known = natural_key(kind, settled) is not None and not kind.shares_key
        alike = [live for live in self.inventory.of(kind.name) if self.has_key(settled, live)] if known else []
        ours = {live.id for live in self.owned[address]}
        elsewhere = {live.id for a, lives in self.owned.items() if a.kind == kind.name for live in lives} - ours
        keyed = {live.id for live in alike}
        node = self.stack.nodes[address]
        fitting = {live.id for live in self.owned[address] if not misfits(kind, node, live, self.evidence.resolve)}
        remembered, referred = self.remembered.get(address), self.evidence.proven[address]
        return Witnesses(remembered, referred, keyed & ours, keyed & elsewhere, fitting)

    def has_key(self, settled: Tree, live: Live) -> bool:
        """Whether a live thing has the natural key of these fields, or a variant that a replacement made of it."""
        kind = self.catalog[live.kind]
        return same(kind, kind.natural_key, settled, live)

    def orphaned(self) -> None:
        """What carries our owner tags, and no node has its name any more."""
        for address, lives in self.owned.items():
            if address in self.stack.nodes:
                continue
            remembered = self.remembered.get(address)
            sure = elected(lives, Witnesses(remembered))
            for live in lives:
                certain = live is sure or left_over(live)
                (self.match.orphans if certain else self.match.copies).append((address, live))
                self.candidates.index(live)


def why_doubted(address: Address, remembered: str | None, candidates: list[Live]) -> str:
    """Why nobody can say which thing a node is, and how to settle it."""
    ids = " and ".join(sorted(live.id for live in candidates))
    settle = (
        f"choose it with lifecycle: {{adopt: {{id: …}}}} on {address}, "
        "or remove the owner tags from whatever it is not"
    )
    if len(candidates) > 1:
        return f"{ids} all carry the owner tags of {address}, and nothing proves which one it is; {settle}"
    if remembered is not None:
        return f"{ids} carries the owner tags of {address}, but {address} was {remembered} when last seen; {settle}"
    return f"{ids} carries the owner tags of {address}, but another resource of this stack is in its place; {settle}"
