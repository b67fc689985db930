"""What one stack's passes remember of one another. It is memory, never truth: none of it is needed to be right.

Lost, stale or foreign, nothing unsafe follows. `engine/record.py` makes it outlive the program.
"""

import math
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from controller.core.model.cloud import LASTING, Bug, Refused, Unreachable, noting
from controller.core.model.kind import Catalog
from controller.core.model.live import Placed, Thing
from controller.core.model.reference import Address
from controller.core.model.stack import Stack
from controller.core.model.wording import quantity
from controller.core.planning.candidates import Remembered
from controller.core.planning.guard import fingerprint_of
from controller.core.planning.inventory import Inventory
from controller.core.planning.match import Match
from controller.core.planning.step import Action, Plan, State, Step
from controller.engine.incidents import Failure, Made, Repeat
from controller.engine.places import Places, Where, at_home
from controller.engine.rejections import Rejection

Clock = Callable[[], float]

SECOND_LOOK_SECONDS = 2.0
"""So much later something that was there, or has neighbours, is looked for again before it counts as gone."""
FORGET_REPEATS_SECONDS = 3600.0
"""A node that stays in sync for so long is no longer suspected of being changed back."""
FIRST_BACKOFF, LONGEST_BACKOFF = 5.0, 600.0
FREE_TRIES = 3
"""So often an error that may pass is met again without waiting for longer than the next pass."""
NEW_SECONDS = 3600.0
"""So long it is remembered when something was made."""
RIVAL_SECONDS = 300.0
"""So long after the last sign of another writer nothing is written."""
UNDONE_LEAST = 2
"""So many nodes whose correction was undone within that time are such a sign."""


def _refusal(message: str) -> str:
    """What was refused, and the code: that another error came between makes it a new one."""
    return message.partition(": ")[0]


@dataclass
class Memory:
    """One stack's. Times are seconds of a monotonic clock."""

    clock: Clock
    ids: dict[Address, str] = field(default_factory=dict)
    """The id that each node had when it was last seen."""
    places: Places = field(default_factory=Places)
    """In which regions those were."""
    recalled: set[Address] = field(default_factory=set)
    """Nodes whose id another program remembered, and no pass of this one has seen."""
    copies: dict[Address, frozenset[str]] = field(default_factory=dict)
    """Ids of what carried the owner tags of each node when another thing was the node."""
    seen: frozenset[Address] = frozenset()
    """The nodes that were there when they were last looked at, and have not been deleted on purpose."""
    made: dict[Address, Made] = field(default_factory=dict)
    """What was made a moment ago, and may still be missing from a listing."""
    intents: dict[Address, float] = field(default_factory=dict)
    """What AWS was to make, where nobody knows whether it did, and when it was asked last."""
    presumed: dict[Address, float] = field(default_factory=dict)
    """What may have been made just before this program, remembering nothing, saw others of the stack, and when."""
    departing: set[Address] = field(default_factory=set)
    """What is being deleted on purpose, so that a start after a kill does not take its absence for an accident."""
    since: dict[Address, float] = field(default_factory=dict)
    """Since when each node differs."""
    searched: float | None = None
    """When everything was searched last for what is ours and no document names."""
    left: frozenset[Placed] = frozenset()
    """The kinds of what that search found."""
    repeats_of: dict[Address, Repeat] = field(default_factory=dict)
    failures: dict[Address, Failure] = field(default_factory=dict)
    rejections: dict[Address, Rejection] = field(default_factory=dict)
    looked: dict[Address, tuple[str, float]] = field(default_factory=dict)
    """What the last look of this program wanted of each node, by its fingerprint, and since when looks agree."""
    mine: set[str] = field(default_factory=set)
    """Ids of what this program has made."""
    corrections: dict[Address, tuple[str, float]] = field(default_factory=dict)
    """What this program has corrected last, by its fingerprint."""
    undone: dict[Address, float] = field(default_factory=dict)
    """When this program had to correct again what it had corrected."""
    just_made: frozenset[Address] = frozenset()
    """The nodes that it made in its last pass."""
    births: dict[Address, float] = field(default_factory=dict)
    """When this program made what it has made lately."""
    rival: tuple[str, float] = ("", 0.0)
    """The last sign of another writer, and until when it counts."""
    twins: set[str] = field(default_factory=set)
    """Ids of what another writer has made beside ours, as far as it was told."""

    # --- before a plan ---

    @property
    def remembered(self) -> Remembered:
        """What matching may know of earlier passes."""
        return Remembered(self.ids, self.recalled, self.copies, self.places.of_nodes)

    def moved(self, stack: Stack) -> dict[Address, str]:
        """The nodes that the document has moved to another region since they were last seen, with where they were."""
        return self.places.moved(stack, self.ids)

    def presume(self, missing: Iterable[Address], match: Match) -> None:
        """Nothing is remembered, and others of the stack are there: these may be too, and not be listed yet.

        They are of kinds that AWS itself does not keep from being made twice.
        """
        if not (self.ids or match.empty):
            now = self.clock()
            self.presumed = {address: self.presumed.get(address, now) for address in missing}

    def settling(
        self,
        match: Match,
        inventory: Inventory,
        catalog: Catalog,
        making: bool = True,
        where: Where = at_home,
    ) -> dict[Address, str]:
        """Nodes that are made, or may be, and that no listing shows as they are yet, with the reason.

        What is only presumed to be made is no reason to plan nothing for it, unless the pass is `making` things.
        """
        now = self.clock()
        then = {
            a: min(now, inventory.at(at(a)).requested_at.get(a.kind, now))
            for at, addresses in ((self.places.of, self.made), (where, {**self.intents, **self.presumed}))
            for a in addresses
        }
        self.made = {a: made for a, made in self.made.items() if made.young(then[a], catalog[a.kind].delays.listed)}
        for address in (self.intents.keys() | self.presumed.keys()) & match.live.keys():
            at = self.presumed.pop(address, now)  # it was made, and may be left out of a listing again
            self.made[address] = Made(match.live[address].id, self.intents.pop(address, at))
        self.intents = {a: at for a, at in self.intents.items() if then[a] - at <= catalog[a.kind].delays.listed}
        presumed = {a: at for a, at in self.presumed.items() if then[a] - at <= catalog[a.kind].delays.listed}
        if self.ids:  # else those that were waited for would be presumed again
            self.presumed = presumed
        self.sight(match)
        awaited = {
            address: "there is no memory of this stack, and another process may have created it a moment ago: "
            f"looking for it for another {max(1, math.ceil(at + catalog[address.kind].delays.listed - now))} s"
            for address, at in presumed.items()
            if making
        }
        unsure = {
            address: f"it was requested {now - at:.0f} s ago, the response was lost, and it may not be listed yet"
            for address, at in self.intents.items()
        }
        looked = {(a.kind, self.places.of(a)) for a in self.made}
        listed = {live.thing: live for kind, region in looked for live in inventory.at(region).of(kind)}
        shown = {a: listed.get(Thing(a.kind, id, self.places.of(a))) for a, (id, *_) in self.made.items()}
        made = {
            address: f"{self.made[address].id} exists, but {'its tags are' if live else 'it is'} not listed yet"
            for address, live in shown.items()
            if live is None or (catalog[address.kind].tagged and not live.owner)
        }
        told = {**awaited, **unsure, **made}
        regions = {**{a: where(a) for a in told}, **{a: self.places.of(a) for a in made}}
        return {a: why for a, why in told.items() if a.kind not in inventory.at(regions[a]).failed}

    def sight(self, match: Match) -> None:
        """Note when what was made is there for the first time."""
        for address, made in self.made.items():
            live = match.live.get(address)
            seen = live is not None and live.id == made.id and address not in match.without_owner_tags
            if seen and made.sighted is None:
                self.made[address] = made._replace(sighted=self.clock())

    def gone(self, match: Match, nodes: Iterable[Address]) -> int:
        """How many nodes that were seen before, and are still wanted, this pass does not see."""
        accounted = (match.live, match.unknown, match.leaving, match.conflicts, self.departing)
        return sum(not any(a in place for place in accounted) for a in self.seen.intersection(nodes))

    def standing_in(self, listed: Mapping[Placed, Collection[str]]) -> tuple[int, int]:
        """How many of those that were seen are listed now, of how many; kinds that were not listed say nothing."""
        seen = ((address, Placed(address.kind, self.places.of(address))) for address in self.seen)
        known = [(self.ids[a], placed) for a, placed in seen if placed in listed and a in self.ids]
        return sum(id in listed[placed] for id, placed in known), len(known)

    def repeats(self) -> dict[Address, tuple[str, int]]:
        """The difference last corrected on each node, and how often in a row."""
        return {address: (repeat.fingerprint, repeat.count) for address, repeat in self.repeats_of.items()}

    def recent(self, catalog: Catalog) -> dict[Address, str]:
        """The differences that were corrected so lately that AWS may not show it yet, by their fingerprints."""
        now, lately = self.clock(), dict[Address, str]()
        for address, (fingerprint, at) in self.corrections.items():
            if address.kind in catalog and now - at < catalog[address.kind].delays.shown:
                lately[address] = fingerprint
        return lately

    def left_behind(self, nodes: Container[Address], catalog: Catalog) -> dict[Address, Thing]:
        """What was a node, is none any more, and takes no tags: nothing else may tell that it is still there."""
        gone = {address: id for address, id in dict(self.ids).items() if address not in nodes}
        untagged, untold = set[str](), dict[str, str]()
        for name in {address.kind for address in gone} & catalog.keys():
            with noting(untold, "remembering", name):  # a pass that has to do with the kind says so
                untagged |= set() if catalog[name].tagged else {name}
        return {a: Thing(a.kind, id, self.places.of(a)) for a, id in gone.items() if a.kind in untagged}

    def searched_for(self, nodes: Container[Address], catalog: Catalog, inventory: Inventory) -> None:
        """A search was made: forget what it did not find of that."""
        for address, thing in self.left_behind(nodes, catalog).items():
            there = inventory.at(thing.region)
            if thing.kind in there.live and all(live.id != thing.id for live in there.of(thing.kind)):
                self.ids.pop(address, None)

    def waiting(self) -> dict[Address, str]:
        """Nodes that are not tried again yet, with the reason."""
        now = self.clock()
        return {
            address: f"{failure.message}; failed {quantity(failure.times, 'time')}, "
            f"next try in {failure.due - now:.0f} s"
            for address, failure in self.failures.items()
            if failure.due > now
        }

    def retrying(self, failed: Container[Address] = ()) -> bool:
        """Whether a write is yet to be tried again that may succeed by itself; those that `failed` just now are."""
        passing = {address: failure.due for address, failure in self.failures.items() if not failure.lasting}
        return any(due > self.clock() or address in failed for address, due in passing.items())

    def recall(self, seen: Iterable[Address]) -> None:
        """An earlier program saw these, so that their disappearance is noticed though nothing else is remembered."""
        self.seen = self.seen or frozenset(seen)

    def other_writer(self, match: Match) -> str:
        """Why somebody else seems to write this stack now; empty where nobody does."""
        now = self.clock()
        for address, live in match.copies:
            if self.ids.get(address) in self.mine and live.id not in self.twins:
                self.meet(address, live.id)
        undone = [address for address, at in self.undone.items() if now - at < RIVAL_SECONDS]
        if len(undone) >= UNDONE_LEAST:
            told = ", ".join(map(str, sorted(undone)[:UNDONE_LEAST]))
            self.rival = f"its corrections were undone: {told}", now + RIVAL_SECONDS
        why, until = self.rival
        if not why or until <= now:
            return ""
        return (
            f"another process seems to be writing to this stack: {why}; stop it. "
            f"This process resumes in {until - now:.0f} s"
        )

    def meet(self, address: Address, id: str) -> None:
        """Something that this program did not make is tagged as what it has just made."""
        self.twins.add(id)
        self.rival = (
            f"{id} has the owner tags of {address}, like the one that this process created",
            self.clock() + RIVAL_SECONDS,
        )

    def standing(self, plan: Plan, now: datetime) -> dict[Address, datetime]:
        """Since when the nodes of a plan differ, of those that differed before."""
        ago = self.clock()
        differing = [step.address for step in plan.steps if step.drifts and step.address in self.since]
        return {address: now - timedelta(seconds=ago - self.since[address]) for address in differing}

    # --- looks ---

    def agrees(self, step: Step) -> bool:
        """Whether an earlier look of this program wanted the same, and, of what was there, some time ago."""
        fingerprint, at = self.looked.get(step.address, ("", 0.0))
        known = step.action is Action.CREATE and step.address in self.ids
        return fingerprint == fingerprint_of(step) and (not known or self.clock() - at >= SECOND_LOOK_SECONDS)

    def completes(self, step: Step) -> bool:
        """Whether a step only gives what is just made what it lacks: then two looks agree that it is not there.

        The look that it was made after saw nothing of it at all.
        """
        just_made = step.address in self.just_made and step.id == self.ids.get(step.address)
        return just_made and step.action is Action.UPDATE and all(change.observed is None for change in step.changes)

    def look(self, plan: Plan) -> None:
        """Remember what this look wants, for the next one to agree with."""
        now, before = self.clock(), self.looked
        wanted = {step.address: fingerprint_of(step) for step in plan.steps if step.action is not Action.NONE}
        last = {address: before.get(address, ("", now)) for address in wanted}
        self.looked = {a: (new, last[a][1] if last[a][0] == new else now) for a, new in wanted.items()}

    # --- after a pass ---

    def intend(self, addresses: Iterable[Address]) -> None:
        """AWS is about to be asked for these, and nothing but this note keeps them from being made twice."""
        self.intents.update(dict.fromkeys(addresses, self.clock()))

    def departs(self, addresses: set[Address]) -> None:
        """These are about to be deleted, as what an earlier program began to delete and nobody has missed since."""
        self.departing = addresses | (self.departing & self.seen)

    def close_intents(self, intended: Iterable[Address], unsure: Iterable[Address]) -> None:
        """The calls are over: of all that was intended, only the outcome of the `unsure` is not known."""
        for address in set(intended) - set(unsure):
            self.intents.pop(address, None)
        self.intents.update({address: self.clock() for address in unsure if address in self.intents})

    def believe(self, match: Match) -> None:
        """Remember what a believed pass saw. What it could not see is as it was."""
        self.ids.update({address: live.id for address, live in match.live.items()})
        self.places.believe(match)
        for address, live in match.copies:
            if address in self.ids:  # else nobody knows which of those that carry the owner tags is the copy
                self.copies[address] = self.copies.get(address, frozenset()) | {live.id}
        unseen = {a for a in self.seen if a in match.unknown or a in match.conflicts}
        self.seen = frozenset(match.live) | unseen
        self.departing -= match.live.keys()
        self.recalled -= match.live.keys() - match.without_owner_tags

    def quiet(self, plan: Plan) -> None:
        """Forget the failures of nodes that are in sync, and the suspicion of those that have stayed so for long."""
        now = self.clock()
        differing = {step.address for step in plan.steps if step.drifts}
        self.since = {address: self.since.get(address, now) for address in differing}
        for step in plan.steps:
            if step.settled:
                self.failures.pop(step.address, None)
                self.rejections.pop(step.address, None)
            repeat = self.repeats_of.get(step.address)
            if repeat and step.state is State.IN_SYNC and now - repeat.at > FORGET_REPEATS_SECONDS:
                del self.repeats_of[step.address]

    def corrected(self, step: Step) -> None:
        """Every call of a step has succeeded."""
        fingerprint, last = fingerprint_of(step), self.repeats_of.get(step.address)
        count = last.count + 1 if last and last.fingerprint == fingerprint else 1
        self.repeats_of[step.address] = Repeat(fingerprint, count, self.clock())
        if step.action is Action.UPDATE and self.corrections.get(step.address, ("",))[0] == fingerprint:
            self.undone[step.address] = self.clock()
        self.corrections[step.address] = fingerprint, self.clock()
        self.failures.pop(step.address, None)

    def reset_failures(self) -> None:
        """Somebody wants another try: of what failed, and of what was corrected again and again."""
        for suspected in (self.failures, self.rejections, self.repeats_of, self.corrections, self.undone):
            suspected.clear()
        self.rival = "", 0.0

    def removed(self, address: Address, id: str) -> None:
        """It was deleted on purpose: its absence is no disappearance."""
        if address in self.made and self.made[address].id == id:
            del self.made[address]
        if self.ids.get(address) == id:
            del self.ids[address]
            self.places.of_nodes.pop(address, None)
            self.seen -= {address}

    def born(self, ids: Mapping[Address, str], where: Where = at_home) -> None:
        """These nodes were made just now."""
        self.places.born(ids, where)
        now = self.clock()
        self.made.update({address: Made(id, now) for address, id in ids.items()})
        self.ids.update(ids)
        self.mine.update(ids.values())
        self.just_made = frozenset(ids)
        lately = {address: at for address, at in self.births.items() if now - at <= NEW_SECONDS}
        self.births = lately | dict.fromkeys(ids, now)
        self.recalled.difference_update(ids)

    def failed(self, address: Address, error: Refused | Unreachable | Bug, early: bool = False) -> None:
        """A write failed: it is tried again after a growing time, and a few times at once if that may help.

        `early`: what it needs was made just now, so that not even a lasting refusal is the last word yet. One that
        passes within a time that is known lasts where it is met for longer.
        """
        now, last = self.clock(), self.failures.get(address)
        times = last.times + 1 if last else 1
        since = last.since if last and _refusal(last.message) == _refusal(str(error)) else now
        patient = times if error.meaning in LASTING else times - FREE_TRIES
        wait = min(FIRST_BACKOFF * 2 ** (patient - 1), LONGEST_BACKOFF) if patient > 0 else 0.0
        lasting = error.meaning in LASTING if error.within is None else now - since > error.within
        self.failures[address] = Failure(times, now + wait, str(error), lasting and not early, since)

    def is_new(self, address: Address, delay: float) -> bool:
        """Whether it was made so lately that others may not know it yet."""
        return address in self.births and self.clock() - self.births[address] <= delay
