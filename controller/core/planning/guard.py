"""The guard: an ordered list of pure checks that allow or block a step. The list reads as the specification.

A check says nothing (None) or gives its verdict; the first verdict wins. To add one: write the function, put it
into `CHECKS` where it belongs, and its reason is at once a label of `holdfast_steps_blocked`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from controller.core.model.node import Node
from controller.core.model.ownership import OWNER_RETAIN
from controller.core.model.reference import Address
from controller.core.model.stack import Allow, Identity, Mode, Stack
from controller.core.model.wording import quantity
from controller.core.planning.step import Action, State, Step, Verdict

REPEAT_LIMIT = 3
"""So many corrections of one and the same difference, then somebody else is correcting it back."""
MASS_SHARE, MASS_LEAST, MASS_STACKS = 0.5, 5, 3
"""More than this share of what was seen, and at least so many nodes, gone at once is not believed; nor that so many
stacks of a region, and more than this share of them, have lost something at once; nor that a stack has lost all."""


class Region(NamedTuple):
    """How the stacks of a region fare that are looked at together."""

    losing: int = 0
    """How many have lost something since their last passes."""
    had: int = 0
    """How many had something."""
    standing: int = 0
    """How many still have something of what they had: as long as one has, it is the same account and region."""


NO_REGION = Region()
"""Nothing is known of other stacks."""


@dataclass(frozen=True)
class GuardContext:
    """All that the checks may look at beside the step."""

    stack: Stack
    account: str
    now: datetime
    gone: int = 0
    """How many nodes that the last pass saw this one does not."""
    seen: int = 0
    """How many nodes the last pass saw."""
    region: Region = NO_REGION
    """How the other stacks of the region fare."""
    believe: bool = False
    """The operator says that a mass disappearance is real."""
    rival: str = ""
    """Why somebody else seems to write this stack, or nothing."""
    waiting: Mapping[Address, str] = field(default_factory=dict)
    """Nodes whose last write failed for good, with AWS's message and when the next try is due."""
    recent: Mapping[Address, str] = field(default_factory=dict)
    """The difference that was corrected a moment ago, by its fingerprint; AWS may not show it yet."""
    without_owner_tags: Collection[Address] = ()
    """Nodes whose live thing does not carry our owner tags."""
    repeats: Mapping[Address, tuple[str, int]] = field(default_factory=dict)
    """The difference that was corrected last, by its fingerprint, and how many times."""

    def node(self, step: Step) -> Node | None:
        """The node of a step; None for what is no longer in the document."""
        return self.stack.nodes.get(step.address)


Check = Callable[[GuardContext, Step], str | None]


def other_account(at: GuardContext, step: Step) -> str | None:
    """The credentials belong to another account than the document's."""
    if not at.stack.account_id or at.stack.account_id == at.account:
        return None
    return f"the document is for account {at.stack.account_id}, but the credentials are for {at.account}"


def observe_mode(at: GuardContext, step: Step) -> str | None:
    """The document asks to detect and report only."""
    return "spec.mode is Observe: differences are reported, not corrected" if at.stack.mode is Mode.OBSERVE else None


def unknown(at: GuardContext, step: Step) -> str | None:
    """What could not be read is never written."""
    return (step.note or "it could not be read") if step.state is State.UNKNOWN else None


def conflict(at: GuardContext, step: Step) -> str | None:
    """Something live has the node's place or its owner tags, and may be another's."""
    if step.state is not State.CONFLICT:
        return None
    if step.note:
        return step.note
    owner = step.live.owner if step.live else None
    identity = Identity(owner.stack, owner.origin) if owner else None
    if identity and identity not in at.stack.identities:
        moved = (
            f"{{name: {identity.stack}, origin: {identity.origin}}}"
            if identity.origin
            else f"{{name: {identity.stack}}}"
        )
        return (
            f"{step.id} already exists in its place and belongs to {identity}, which must release it first; "
            f"to take over everything with those owner tags, set spec.movedFrom: {moved}"
        )
    return (
        f"{step.id} already exists in its place and {_whose(step)}; "
        f"to adopt it, set lifecycle: {{adopt: {{id: {step.id}}}}}; otherwise change what the two have in common"
    )


def _whose(step: Step) -> str:
    """What the owner tags of something in a node's place say, where they do not name another stack."""
    owner = step.live.owner if step.live else None
    if owner is None:
        return "has no owner tags"
    node = Address(step.address.kind, owner.name)
    return (
        "carries its owner tags, but was only a copy when last seen"
        if node == step.address
        else f"is {node} of this stack"
    )


def not_owned(at: GuardContext, step: Step) -> str | None:
    """What is not ours is never changed, and what does not carry our owner tags is never deleted."""
    if step.live is None or step.state is State.CONFLICT or step.action is Action.ADOPT:
        return None
    owner = step.live.owner
    identity = Identity(owner.stack, owner.origin) if owner else None
    if identity and identity not in at.stack.identities:
        return f"{step.id} belongs to {identity}"
    if identity is None and step.address in at.without_owner_tags and step.action in (Action.DELETE, Action.REPLACE):
        return f"{step.id} does not carry the owner tags of this stack; an apply that does not delete it sets them"
    return None


def held(at: GuardContext, step: Step) -> str | None:
    """The document holds the node until a time."""
    node = at.node(step)
    if node is None or not node.lifecycle.hold_until:
        return None
    until = datetime.fromisoformat(node.lifecycle.hold_until)
    by = f" by {node.lifecycle.hold_by}" if node.lifecycle.hold_by else ""
    why = f": {node.lifecycle.hold_why}" if node.lifecycle.hold_why else ""
    return f"held{by} until {node.lifecycle.hold_until}{why}" if at.now < until else None


def retained(at: GuardContext, step: Step) -> str | None:
    """What the document retains, or retained when it was last in it, is not deleted."""
    node = at.node(step)
    was_retained = step.live is not None and step.live.tags.get(OWNER_RETAIN) == "true"
    if step.action not in (Action.DELETE, Action.REPLACE) or not (node.lifecycle.retain if node else was_retained):
        return None
    return f"lifecycle.retain keeps {step.id}; remove that setting first, or delete it by hand"


def protected(at: GuardContext, step: Step) -> str | None:
    """AWS itself is told not to let it go; that is not undone on the way."""
    if step.action not in (Action.DELETE, Action.REPLACE) or not (step.live and step.live.protection):
        return None
    return f"{step.id}: {step.live.protection}"


def not_allowed(at: GuardContext, step: Step) -> str | None:
    """The action is not among `spec.allow`."""
    needed = _NEEDS.get(step.action)
    if needed is None or needed in at.stack.allow or (step.action is Action.DELETE and surplus(at, step)):
        return None
    return f"spec.allow does not include {needed}; add it to allow this"


def surplus(at: GuardContext, step: Step) -> bool:
    """Whether a deletion only ends an allowed replacement that was cut short."""
    left_over = step.state is State.ORPHANED and step.address in at.stack.nodes
    return left_over and Allow.REPLACE in at.stack.allow


_NEEDS = {
    Action.CREATE: Allow.CREATE,
    Action.UPDATE: Allow.UPDATE,
    Action.ADOPT: Allow.UPDATE,
    Action.REPLACE: Allow.REPLACE,
    Action.DELETE: Allow.DELETE,
}


def refused(at: GuardContext, step: Step) -> str | None:
    """AWS could not make the change, or cannot for now: it is not asked for it again and again."""
    return (step.note or None) if step.action is Action.UPDATE and not step.calls else None


def disappearance(at: GuardContext) -> str | None:
    """Why what is gone is not believed to be; None where it is, or nothing is gone."""
    losing, had, standing = at.region
    everywhere = at.gone > 0 and losing >= MASS_STACKS and losing > had * MASS_SHARE
    much = at.gone >= MASS_LEAST and at.gone > at.seen * MASS_SHARE
    everything = 0 < at.gone == at.seen and not standing
    if at.believe or not (much or everywhere or everything):
        return None
    others = f", and {losing} of {quantity(had, 'stack')} in the region lost something" if everywhere else ""
    return (
        f"{at.gone} of {quantity(at.seen, 'node')} disappeared at once{others}; nothing is written until "
        "they are seen again or --accept-disappearance confirms that they are gone"
    )


def mass_disappearance(at: GuardContext, step: Step) -> str | None:
    """So much cannot be gone at once: rather AWS, the region or the credentials are not what they were."""
    return disappearance(at)


def another_writer(at: GuardContext, step: Step) -> str | None:
    """Two programs that keep one stack make everything twice, or undo each other's work."""
    return at.rival or None


def settling(at: GuardContext, step: Step) -> str | None:
    """AWS shows a write a moment after it was made; until then the old difference is no new one.

    Of what was made the listing decides, which a new thing may be missing from.
    """
    if (
        step.action is Action.CREATE
        or step.address not in at.recent
        or at.recent[step.address] != fingerprint_of(step)
    ):
        return None
    return "corrected a moment ago; AWS may not return the change yet"


def same_again(at: GuardContext, step: Step) -> str | None:
    """The same difference was corrected again and again; somebody else wants it otherwise."""
    fingerprint, count = at.repeats.get(step.address, ("", 0))
    if count < REPEAT_LIMIT or fingerprint != fingerprint_of(step):
        return None
    return f"this difference came back after being corrected {count} times; find out who keeps changing it"


def backing_off(at: GuardContext, step: Step) -> str | None:
    """The last try failed in a way that trying again at once does not mend."""
    return at.waiting.get(step.address)


OWNERSHIP = "ownership"
"""The check that what is written is ours."""
SETTLING = "settling"
"""The one check that lifts by itself within seconds: a pass that it blocks is followed by another soon."""
CHECKS: tuple[tuple[str, Check], ...] = (
    ("account", other_account),
    ("conflict", conflict),
    ("mode", observe_mode),
    ("unknown", unknown),
    (OWNERSHIP, not_owned),
    ("hold", held),
    ("retain", retained),
    ("protection", protected),
    ("allow", not_allowed),
    ("refused", refused),
    ("mass-disappearance", mass_disappearance),
    ("writer", another_writer),
    (SETTLING, settling),
    ("repeat", same_again),
    ("backoff", backing_off),
)
REFERENCE = "reference"
"""The planner's own verdict: the step needs a node that is itself blocked, unknown or in conflict."""
NAME = "name"
"""The planner's own verdict: a replacement would need a name that the old one still has."""
CONFIRM = "confirm"
"""The engine's own verdict: a second look did not show the same difference."""
COPY = "copy"
"""The planner's own verdict: it carries a node's owner tags, and is not the node."""
PARTIAL = "partial"
"""The planner's own verdict: not all that is to be destroyed can go, so nothing does."""
PASSING: tuple[str, ...] = (SETTLING, CONFIRM, "writer", "repeat", "backoff")
"""The checks that lift by themselves."""
REASONS: tuple[str, ...] = (*(name for name, _ in CHECKS), REFERENCE, NAME, CONFIRM, COPY, PARTIAL)


def judge(at: GuardContext, step: Step) -> Verdict | None:
    """The first verdict against a step that would do something; None when it may go ahead."""
    if step.action is Action.NONE:
        return None
    for name, check in CHECKS:
        why = check(at, step)
        if why is not None:
            return Verdict(name, why)
    return None


def fingerprint_of(step: Step) -> str:
    """What makes one difference the same as another: the action, and each change's path and both its values."""
    parts = [f"{change.path} {change.op} {change.desired!r} {change.observed!r}" for change in step.changes]
    return sha256("\n".join([str(step.action), *sorted(parts)]).encode()).hexdigest()[:16]
