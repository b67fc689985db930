"""What one stack's passes remember of one another, while the program runs. None of it is needed to be right.

A restart forgets it all: then identity comes from owner tags and evidence alone, and counting begins anew.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from controller.core.cloud import Meaning
from controller.core.guard import fingerprint_of
from controller.core.inventory import Inventory
from controller.core.matching import Match
from controller.core.reference import Address
from controller.core.step import Plan, State, Step

Clock = Callable[[], float]

SETTLING_SECONDS = 60.0
"""So long a listing may lag behind a create call before the new thing counts as gone."""
SHOWN_SECONDS = 5.0
"""So long AWS may go on showing what was before a write."""
FORGET_REPEATS_SECONDS = 3600.0
"""A node that stays in sync for so long is no longer suspected of being changed back."""
FIRST_BACKOFF, LONGEST_BACKOFF = 5.0, 600.0
FREE_TRIES = 3
"""So often an error that may pass is met again without waiting for longer than the next pass."""
LASTING = frozenset({Meaning.INVALID, Meaning.DENIED, Meaning.LIMIT, Meaning.CREDENTIALS})
"""Errors that the next try will meet again."""


@dataclass
class _Repeat:
    fingerprint: str
    count: int
    at: float


@dataclass
class _Failure:
    times: int
    due: float
    message: str
    lasting: bool


@dataclass
class Memory:
    """One stack's. Times are seconds of a monotonic clock."""

    clock: Clock
    ids: dict[Address, str] = field(default_factory=dict)
    """The id that each node had when it was last seen."""
    seen: frozenset[Address] = frozenset()
    """The nodes that the last believed pass saw."""
    made: dict[Address, tuple[str, float]] = field(default_factory=dict)
    repeats_of: dict[Address, _Repeat] = field(default_factory=dict)
    failures: dict[Address, _Failure] = field(default_factory=dict)

    # --- before a plan ---

    def settling(self, match: Match, inventory: Inventory) -> dict[Address, str]:
        """Nodes made a moment ago that no listing shows yet."""
        now = self.clock()
        kinds = {address.kind for address in self.made}
        listed = {live.id for kind in kinds for live in inventory.of(kind)}
        for address, (id, at) in list(self.made.items()):
            if id in listed or address in match.live or now - at > SETTLING_SECONDS:
                del self.made[address]
        return {address: id for address, (id, _) in self.made.items() if address.kind not in inventory.failed}

    def gone(self, match: Match, nodes: Iterable[Address]) -> int:
        """How many nodes that were seen before, and are still wanted, this pass does not see."""
        missing = self.seen & set(nodes)
        return sum(a not in match.live and a not in match.unknown and a not in match.leaving for a in missing)

    def repeats(self) -> dict[Address, tuple[str, int]]:
        """The difference last corrected on each node, and how often in a row."""
        return {address: (repeat.fingerprint, repeat.count) for address, repeat in self.repeats_of.items()}

    def recent(self) -> dict[Address, str]:
        """The differences that were corrected a moment ago, by their fingerprints."""
        now = self.clock()
        return {a: repeat.fingerprint for a, repeat in self.repeats_of.items() if now - repeat.at < SHOWN_SECONDS}

    def waiting(self) -> dict[Address, str]:
        """Nodes that are not tried again yet, with the reason."""
        now = self.clock()
        return {
            address: f"{failure.message}; tried {failure.times} times, next in {failure.due - now:.0f} s"
            for address, failure in self.failures.items()
            if failure.due > now
        }

    def retrying(self) -> bool:
        """Whether a write is yet to be tried again that may succeed by itself."""
        return any(failure.due > self.clock() and not failure.lasting for failure in self.failures.values())

    def recall(self, seen: Iterable[Address]) -> None:
        """An earlier program saw these, so that their disappearance is noticed though nothing else is remembered."""
        self.seen = self.seen or frozenset(seen)

    # --- after a pass ---

    def believe(self, match: Match) -> None:
        """Remember what a believed pass saw."""
        self.ids.update({address: live.id for address, live in match.live.items()})
        self.seen = frozenset(match.live)

    def quiet(self, plan: Plan) -> None:
        """Forget the failures of nodes that are in sync, and the suspicion of those that have stayed so for long."""
        now = self.clock()
        for step in plan.steps:
            if step.settled:
                self.failures.pop(step.address, None)
            repeat = self.repeats_of.get(step.address)
            if repeat and step.state is State.IN_SYNC and now - repeat.at > FORGET_REPEATS_SECONDS:
                del self.repeats_of[step.address]

    def corrected(self, step: Step) -> None:
        """Every call of a step has succeeded."""
        fingerprint, last = fingerprint_of(step), self.repeats_of.get(step.address)
        count = last.count + 1 if last and last.fingerprint == fingerprint else 1
        self.repeats_of[step.address] = _Repeat(fingerprint, count, self.clock())
        self.failures.pop(step.address, None)

    def pardon(self) -> None:
        """Somebody wants another try: of what failed, and of what was corrected again and again."""
        self.failures.clear()
        self.repeats_of.clear()

    def removed(self, address: Address) -> None:
        """It was deleted on purpose: its absence is no disappearance."""
        self.seen -= {address}
        self.ids.pop(address, None)

    def born(self, ids: Mapping[Address, str]) -> None:
        """These nodes were made just now."""
        now = self.clock()
        self.made.update({address: (id, now) for address, id in ids.items()})
        self.ids.update(ids)

    def failed(self, address: Address, meaning: Meaning, message: str) -> None:
        """A write failed: it is tried again after a growing time, and a few times at once if that may help."""
        last = self.failures.get(address)
        times = last.times + 1 if last else 1
        patient = times if meaning in LASTING else times - FREE_TRIES
        wait = min(FIRST_BACKOFF * 2 ** (patient - 1), LONGEST_BACKOFF) if patient > 0 else 0.0
        self.failures[address] = _Failure(times, self.clock() + wait, message, meaning in LASTING)
