"""The words of a plan: what is to be done to each node, why, and by which calls."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from controller.core.model.call import Call, Change
from controller.core.model.live import Health, Live, Phase
from controller.core.model.reference import Address, Placeholder


class State(StrEnum):
    """How a node stands to its document."""

    IN_SYNC = "in-sync"
    MISSING = "missing"
    DRIFTED = "drifted"
    ORPHANED = "orphaned"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"
    PENDING = "pending"
    LEAVING = "leaving"


_SEEN = frozenset({State.IN_SYNC, State.DRIFTED, State.PENDING})
"""The states in which what is live is the node itself, and stays."""


_OTHERS = frozenset({State.MISSING, State.ORPHANED, State.CONFLICT})
"""The states that are a difference by themselves."""


class Action(StrEnum):
    """What the difference asks for."""

    NONE = "none"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"

    @property
    def done(self) -> str:
        """What a node is after it: `created`; empty after nothing."""
        return "" if self is Action.NONE else f"{self.removesuffix('e')}ed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a step is not done: `by` is the guard's check from a closed set, `why` a sentence with the way out."""

    by: str
    why: str


@dataclass(frozen=True)
class Step:
    """What is to be done to one node. `calls` make it so; `removal` deletes what a replacement leaves behind."""

    address: Address
    state: State
    action: Action = Action.NONE
    live: Live | None = None
    changes: tuple[Change, ...] = ()
    calls: tuple[Call, ...] = ()
    removal: tuple[Call, ...] = ()
    """The delete calls of a replacement, an orphan or a destroy, in order; kept apart because they run last."""
    deletes_first: bool = False
    """The replacement keeps a value that must be unique, so the old one goes before the new one comes."""
    blocked: Verdict | None = None
    uncompared: tuple[str, ...] = ()
    """Paths that were not compared, each with the reason: `routes[0.0.0.0/0]: NatGateway/a is unknown`."""
    kept: tuple[str, ...] = ()
    """Unmanaged elements of collections that the document declared additive."""
    interruptions: tuple[str, ...] = ()
    """What of its work a correction interrupts: `instanceType: it is stopped and started …`."""
    note: str = ""
    """Why the node is in this state, where the state alone does not say it."""
    region: str = ""
    """Where it is, or is to be, if not in the stack's own region."""

    def placed(self, region: str) -> "Step":
        """The same, where the calls for the node are made in its region, and a removal where the thing is."""
        there = self.live.region if self.live else region
        if not (region or there):
            return self
        calls = tuple(call if call.region is not None else replace(call, region=region) for call in self.calls)
        removal = tuple(replace(call, region=there) for call in self.removal)
        at = region if self.action is Action.REPLACE else there
        return replace(self, calls=calls, removal=removal, region=at)

    @property
    def id(self) -> str:
        """The live id, empty while there is none."""
        return self.live.id if self.live else ""

    @property
    def drift(self) -> tuple[Change, ...]:
        """The changes that are drift of the node's own, consequences left out."""
        return tuple(change for change in self.changes if change.because is None)

    @property
    def drifts(self) -> bool:
        """Whether the node itself differs from the document; what only follows from other steps is no drift."""
        if self.state is State.DRIFTED:
            return bool(self.drift) or not self.changes
        if self.state in (State.PENDING, State.LEAVING):
            return bool(self.drift)
        return self.state in _OTHERS

    @property
    def pending(self) -> bool:
        """Whether AWS is still at work on it."""
        return self.live is not None and self.live.phase in (Phase.PENDING, Phase.USABLE, Phase.LEAVING)

    @property
    def health(self) -> Health | None:
        """Whether the node does its work; None where nobody knows, and for what goes or is not the node's."""
        return self.live.health if self.live and self.state in _SEEN else None

    @property
    def unhealthy(self) -> bool:
        """Whether AWS says that the node does not do its work, however well it is in sync."""
        return self.health is not None and not self.health.healthy

    @property
    def progress(self) -> str:
        """What AWS says it is at work on; empty while it says nothing."""
        return self.live.progress if self.live else ""

    @property
    def awaits(self) -> str:
        """What a person has to do before AWS goes on; empty where nobody has to."""
        return self.live.awaits if self.live else ""

    @property
    def notice(self) -> str:
        """What somebody should know of the node whether it is in sync or not; empty where there is nothing."""
        return self.live.notice if self.live and self.state in _SEEN else ""

    @property
    def acts(self) -> bool:
        """Whether applying the plan does something here."""
        return self.action is not Action.NONE and self.blocked is None

    @property
    def goes_along(self) -> bool:
        """Whether no call can delete it: AWS takes it away with what it belongs to, which need not wait for it."""
        return self.acts and self.action is Action.DELETE and not self.removal

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do or to wait for."""
        return self.state is State.IN_SYNC and self.action is Action.NONE


@dataclass(frozen=True, slots=True)
class Believed:
    """What of a node was not read for this plan but remembered, the oldest first, and how old that one is."""

    seconds: float
    what: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """All steps of one stack, creations in the order of the graph, removals behind them."""

    stack: str
    account: str
    region: str
    steps: tuple[Step, ...]
    incomplete: tuple[str, ...] = field(default=())
    """Kinds that could not be listed, one sentence each. Their nodes are unknown, their orphans not searched for."""
    known: Mapping[Placeholder, Any] = field(default_factory=dict)
    """The placeholders of its calls that already have a value. A call keeps the placeholder, and with it the gate
    on its target; a report prints the value."""
    since: Mapping[Address, datetime] = field(default_factory=dict)
    """Since when nodes differ that differed before this look."""
    believed: Mapping[Address, Believed] = field(default_factory=dict)
    """The nodes of which something was remembered, not read for this plan."""
    unsearched: tuple[str, ...] = field(default=())
    """Kinds whose orphans were not searched for, because AWS does not let us, one sentence a reason."""

    @property
    def oldest_read(self) -> tuple[Address, Believed] | None:
        """The oldest of what was remembered and its node; None where everything was read for this plan."""
        return max(self.believed.items(), key=lambda item: item[1].seconds, default=None)

    @property
    def in_sync(self) -> bool:
        """Whether every node was seen and is as the document says, and nothing is left over."""
        return all(step.settled for step in self.steps)

    @property
    def ready(self) -> bool:
        """Whether every node of the document is as it should end up, whatever is left over beside them."""
        return all(step.settled for step in self.steps if step.state is not State.ORPHANED or step.acts)

    @property
    def health(self) -> dict[Address, Health]:
        """The health of each node, where it is known."""
        return {step.address: step.health for step in self.steps if step.health}

    @property
    def unhealthy(self) -> tuple[Step, ...]:
        """The nodes that do not do their work, as AWS sees it. It keeps no plan from being in sync or ready."""
        return tuple(step for step in self.steps if step.unhealthy)

    @property
    def empty(self) -> bool:
        """Whether the difference asks for nothing (a blocked step is a difference all the same)."""
        return all(step.action is Action.NONE for step in self.steps)

    def summary(self) -> dict[str, int]:
        """Steps by action, then how many are blocked and how many nodes are unknown."""
        actions = Counter(step.action for step in self.steps)
        counts = {str(action): actions[action] for action in _SUMMARY}
        counts["blocked"] = sum(step.blocked is not None for step in self.steps)
        counts["unknown"] = sum(step.state is State.UNKNOWN for step in self.steps)
        return counts

    def acting(self) -> Iterable[Step]:
        """The steps that apply will perform."""
        return (step for step in self.steps if step.acts)


_SUMMARY = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE, Action.ADOPT, Action.NONE)
