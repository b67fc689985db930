"""The guard: what it takes to be allowed to write."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core.model.call import Call, Change
from controller.core.model.live import Live
from controller.core.model.node import Lifecycle
from controller.core.model.ownership import OWNER_NAME, OWNER_RETAIN, OWNER_STACK
from controller.core.model.stack import Allow, Mode, Stack
from controller.core.planning.guard import (
    CHECKS,
    MASS_LEAST,
    REASONS,
    REPEAT_LIMIT,
    GuardContext,
    fingerprint_of,
    judge,
)
from controller.core.planning.step import Action, State, Step
from tests.core.account import ACCOUNT, NOW, Account, acting, at, changed, network, stack_of, step, without

DOOR = at("SecurityGroup/door")
OURS = {OWNER_STACK: "web", OWNER_NAME: "door"}


def live(**tags: str) -> Live:
    """A live group with these owner tags, underscores for slashes."""
    return Live("SecurityGroup", "sg-1", {}, {key.replace("_", "/", 1): value for key, value in tags.items()})


def group(action: Action, state: State = State.DRIFTED, tags: dict[str, str] | None = None, **more: Any) -> Step:
    """A step on the group `door`."""
    found = Live("SecurityGroup", "sg-1", {}, OURS if tags is None else tags)
    return Step(DOOR, state, action, None if action is Action.CREATE else found, **more)


def one(lifecycle: Lifecycle | None = None, **more: Any) -> Stack:
    """A stack of one group."""
    spec = {"vpc": {"id": "vpc-1"}, "lifecycle": lifecycle or Lifecycle()}
    return stack_of({"SecurityGroup": {"door": spec}}, **more)


def situation(stack: Stack | None = None, **more: Any) -> GuardContext:
    """A situation in which nothing is wrong."""
    return GuardContext(**{"stack": stack or one(), "account": ACCOUNT, "now": NOW, **more})


def reason(step: Step, stack: Stack | None = None, **more: Any) -> str | None:
    """The check that blocks a step, or None."""
    verdict = judge(situation(stack, **more), step)
    return verdict.by if verdict else None


ACTIONS = [Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE, Action.ADOPT]


@pytest.mark.parametrize("action", ACTIONS)
def test_where_nothing_is_wrong_everything_allowed_goes_ahead(action: Action) -> None:
    """The guard blocks for a reason or not at all."""
    assert reason(group(action)) is None


def test_what_does_nothing_is_never_blocked() -> None:
    """A step without action has nothing to be held back from."""
    assert reason(Step(DOOR, State.IN_SYNC), one(mode=Mode.OBSERVE)) is None
    assert reason(Step(DOOR, State.UNKNOWN)) is None


@pytest.mark.parametrize("action", ACTIONS)
def test_another_account_is_never_written_to(action: Action) -> None:
    """Not the account of the document: nothing, before any other question."""
    assert reason(group(action), one(account_id="999999999999", mode=Mode.OBSERVE)) == "account"
    assert reason(group(action), one(account_id=ACCOUNT)) is None


@pytest.mark.parametrize("action", ACTIONS)
def test_observe_mode_writes_nothing(action: Action) -> None:
    """Observe detects and reports."""
    assert reason(group(action), one(mode=Mode.OBSERVE)) == "mode"


def test_what_could_not_be_read_is_not_written() -> None:
    """Unknown is no ground for a write."""
    assert reason(group(Action.UPDATE, State.UNKNOWN)) == "unknown"


def test_a_conflict_is_reported_with_the_way_out() -> None:
    """Never overwritten, never duplicated: the words say how to adopt it, or whose it is."""
    verdict = judge(situation(), group(Action.ADOPT, State.CONFLICT, tags={}))
    assert verdict is not None
    assert verdict.by == "conflict"
    assert "lifecycle: {adopt: {id: sg-1}}" in verdict.why
    foreign = {OWNER_STACK: "other", OWNER_NAME: "x"}
    verdict = judge(situation(), group(Action.ADOPT, State.CONFLICT, tags=foreign))
    assert verdict is not None
    assert "stack other" in verdict.why
    assert "adopt" not in verdict.why


def test_the_way_out_of_a_conflict_is_told_in_every_mode() -> None:
    """Who only observes wants to know what a takeover needs, before anything is written."""
    verdict = judge(situation(one(mode=Mode.OBSERVE)), group(Action.ADOPT, State.CONFLICT, tags={}))
    assert verdict is not None
    assert ("conflict", True) == (verdict.by, "lifecycle: {adopt: {id: sg-1}}" in verdict.why)


@pytest.mark.parametrize("action", [Action.UPDATE, Action.REPLACE, Action.DELETE])
def test_what_another_stack_owns_is_never_touched(action: Action) -> None:
    """Invariant 3, a second time: whatever the matching said."""
    assert reason(group(action, tags={OWNER_STACK: "other", OWNER_NAME: "x"})) == "ownership"


def test_a_hold_lasts_until_its_time() -> None:
    """Held, differences are still planned, with by whom, why and until when; then it ends by itself."""
    until = (NOW + timedelta(hours=1)).isoformat()
    stack = one(Lifecycle(hold_until=until, hold_by="ana", hold_why="migration"))
    verdict = judge(situation(stack), group(Action.UPDATE))
    assert verdict is not None
    assert verdict.by == "hold"
    assert verdict.why == f"held by ana until {until}: migration"
    assert reason(group(Action.UPDATE), stack, now=NOW + timedelta(minutes=59)) == "hold"
    assert reason(group(Action.UPDATE), stack, now=NOW + timedelta(hours=1)) is None


def test_what_the_document_retains_is_not_deleted() -> None:
    """Neither by a destroy nor by a replacement; all else goes on."""
    stack = one(Lifecycle(retain=True))
    assert reason(group(Action.DELETE), stack) == "retain"
    assert reason(group(Action.REPLACE), stack) == "retain"
    assert reason(group(Action.UPDATE), stack) is None


def test_an_orphan_is_retained_by_its_tag() -> None:
    """Retention outlives the node: the mark on the live thing says it when the document is silent."""
    empty = stack_of({})
    assert reason(group(Action.DELETE, tags={**OURS, OWNER_RETAIN: "true"}), empty) == "retain"
    assert reason(group(Action.DELETE, tags={**OURS, OWNER_RETAIN: "false"}), empty) is None
    assert reason(group(Action.DELETE), empty) is None


@pytest.mark.parametrize(
    ("action", "needed"),
    [
        (Action.CREATE, Allow.CREATE),
        (Action.UPDATE, Allow.UPDATE),
        (Action.ADOPT, Allow.UPDATE),
        (Action.REPLACE, Allow.REPLACE),
        (Action.DELETE, Allow.DELETE),
    ],
)
def test_each_action_has_to_be_allowed(action: Action, needed: Allow) -> None:
    """`allow` is exact: all others together do not stand for the one that is missing."""
    assert reason(group(action), one(allow=frozenset(Allow) - {needed})) == "allow"
    assert reason(group(action), one(allow=frozenset({needed}))) is None


def test_the_rest_of_a_replacement_goes_with_it() -> None:
    """What a crash left over is deleted where Replace is allowed; the node itself is not."""
    stack = one(allow=frozenset({Allow.REPLACE}))
    assert reason(group(Action.DELETE, State.ORPHANED), stack) is None
    assert reason(group(Action.DELETE, State.IN_SYNC), stack) == "allow"
    assert reason(group(Action.DELETE, State.ORPHANED), stack_of({}, allow=stack.allow)) == "allow"


@pytest.mark.parametrize(
    ("gone", "seen", "believed"),
    [
        (MASS_LEAST, 2 * MASS_LEAST, True),
        (MASS_LEAST, 2 * MASS_LEAST - 1, False),
        (MASS_LEAST - 1, MASS_LEAST, True),
        (MASS_LEAST - 1, MASS_LEAST - 1, False),
        (1, 1, False),
        (0, 0, True),
        (MASS_LEAST, MASS_LEAST, False),
        (51, 100, False),
        (50, 100, True),
    ],
)
def test_a_mass_disappearance_is_not_believed(gone: int, seen: int, believed: bool) -> None:
    """More than half of what was seen, and at least five nodes: nothing at all is written."""
    for action in ACTIONS:
        expected = None if believed else "mass-disappearance"
        assert reason(group(action), gone=gone, seen=seen) == expected
        assert reason(group(action), gone=gone, seen=seen, believe=True) is None


def test_the_same_difference_is_corrected_three_times() -> None:
    """Then it stops and says so; another difference, or another value, is another matter."""
    drift = Change("description", "change", "a", "b")
    drifted = group(Action.UPDATE, changes=(drift,))
    repeats = {DOOR: (fingerprint_of(drifted), REPEAT_LIMIT)}
    assert REPEAT_LIMIT == 3
    assert reason(drifted, repeats=repeats) == "repeat"
    assert reason(drifted, repeats={DOOR: (fingerprint_of(drifted), REPEAT_LIMIT - 1)}) is None
    other = group(Action.UPDATE, changes=(Change("description", "change", "a", "c"),))
    assert reason(other, repeats=repeats) is None


def test_what_was_corrected_a_moment_ago_is_not_corrected_again() -> None:
    """AWS may show the old value for a moment; only the very same difference waits for it."""
    drifted = group(Action.UPDATE, changes=(Change("description", "change", "a", "b"),))
    other = group(Action.UPDATE, changes=(Change("description", "change", "a", "c"),))
    recent = {DOOR: fingerprint_of(drifted)}
    assert reason(drifted, recent=recent) == "settling"
    assert reason(other, recent=recent) is None
    made = replace(drifted, action=Action.CREATE)
    assert reason(made, recent={DOOR: fingerprint_of(made)}) is None


def test_a_fingerprint_does_not_depend_on_order() -> None:
    """The same changes in another order are the same difference; another action is another one."""
    changes = (Change("a", "add", 1, None), Change("b", "remove", None, 2))
    assert fingerprint_of(group(Action.UPDATE, changes=changes)) == fingerprint_of(
        group(Action.UPDATE, changes=changes[::-1])
    )
    assert fingerprint_of(group(Action.UPDATE)) != fingerprint_of(group(Action.REPLACE))


def test_a_node_that_backs_off_waits_alone() -> None:
    """Its last error lasts; the message and when it is tried again are shown."""
    verdict = judge(situation(waiting={DOOR: "denied; next in 5 s"}), group(Action.UPDATE))
    assert verdict is not None
    assert (verdict.by, verdict.why) == ("backoff", "denied; next in 5 s")
    assert reason(group(Action.UPDATE), waiting={at("SecurityGroup/other"): "denied"}) is None


def test_the_checks_stand_in_their_order() -> None:
    """The first verdict wins, the graver before the lesser: where to write, what, whether, when. How a conflict is
    settled is of more use than that nothing is written anyway.
    """
    assert [name for name, _ in CHECKS] == [
        "account",
        "conflict",
        "mode",
        "unknown",
        "ownership",
        "hold",
        "retain",
        "protection",
        "allow",
        "refused",
        "mass-disappearance",
        "writer",
        "settling",
        "repeat",
        "backoff",
    ]


def test_reasons_are_a_closed_set() -> None:
    """Every reason is a label of a metric, so the set is known beforehand."""
    assert REASONS == (*(name for name, _ in CHECKS), "reference", "name", "confirm", "copy", "partial")
    assert len(set(REASONS)) == len(REASONS)


# --- as the planner asks it ---


def test_the_planner_asks_for_every_step() -> None:
    """Creations, updates, replacements and deletions of one plan are all judged."""
    stack = stack_of(network(), allow=frozenset())
    account = Account(stack)
    account.lose("NatGateway/a")
    account.set("Vpc/main", enableDnsHostnames=False)
    account.set("Subnet/private", availabilityZone="us-east-1b")
    smaller = stack_of(without(network(), "SecurityGroup/app"), allow=frozenset())
    plan = account.plan(smaller)
    assert acting(plan) == {}
    blocked = {str(s.address): s.blocked.by for s in plan.steps if s.blocked}
    expected = ("NatGateway/a", "Vpc/main", "Subnet/private", "SecurityGroup/app")
    assert {blocked[address] for address in expected} == {"allow"}


def test_retention_is_marked_kept_and_taken_back() -> None:
    """`retain` is written onto the live thing, keeps the orphan, and is taken back with the document."""
    plain, retained = network(), changed(network(), "SecurityGroup/app", lifecycle=Lifecycle(retain=True))
    account = Account(stack_of(plain))
    marking = step(account.plan(stack_of(retained)), "SecurityGroup/app")
    assert [change.path for change in marking.changes] == [f"tags[{OWNER_RETAIN}]"]
    account = Account(stack_of(retained))
    orphan = step(account.plan(stack_of(without(plain, "SecurityGroup/app"))), "SecurityGroup/app")
    assert orphan.blocked is not None
    assert orphan.blocked.by == "retain"
    back = step(account.plan(stack_of(plain)), "SecurityGroup/app")
    assert [(change.path, change.desired) for change in back.changes] == [(f"tags[{OWNER_RETAIN}]", "false")]


@pytest.mark.parametrize("action", [Action.DELETE, Action.REPLACE])
def test_what_aws_protects_is_not_deleted(action: Action) -> None:
    """A protection that somebody set is not lifted on the way to a deletion; the words say how to lift it."""
    found = group(action)
    assert found.live is not None
    why = "deletionProtection is set; set it to false in the document and apply that first"
    guarded = replace(found, live=replace(found.live, protection=why))
    verdict = judge(situation(), guarded)
    assert verdict is not None
    assert ("protection", f"sg-1: {why}") == (verdict.by, verdict.why)


def test_what_aws_protects_is_corrected() -> None:
    """Lifting the protection is itself an update."""
    found = group(Action.UPDATE)
    assert found.live is not None
    assert reason(replace(found, live=replace(found.live, protection="deletionProtection"))) is None


def test_what_aws_cannot_change_is_not_asked_for() -> None:
    """A step of which nothing is left to call says why; one with a call goes ahead all the same."""
    note = "AWS keeps it until the window"
    assert reason(group(Action.UPDATE, note=note)) == "refused"
    assert reason(group(Action.UPDATE, note=note, calls=(Call("ec2", "Change", {}),))) is None
