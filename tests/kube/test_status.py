"""The status: what people and machines read there is true, small whatever the stack is like, and taken by the API."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.core.model.live import Health, Phase
from controller.core.model.reference import Address
from controller.core.planning.guard import REASONS
from controller.core.planning.step import Action, State, Step, Verdict
from controller.kube.api import Object
from controller.kube.conditions import Doing, Report, StackFailure
from controller.kube.status import LONGEST_TEXT, MOST_NODES, status_of
from tests.core import account as core
from tests.kube.reports import (
    BLIND,
    DUNNO,
    GOING,
    IN_DENIAL,
    KEPT,
    LEAVING,
    NO,
    NOW,
    PASSING,
    QUIET,
    TABLE,
    YES,
    blocked,
    condition,
    report,
    told,
)
from tests.report.samples import (
    ADOPT_STEP,
    DATABASE_STEP,
    EVERYTHING,
    GROUP_STEP,
    ILL_STEP,
    IN_SYNC,
    NAT_STEP,
    NOTICED_STEP,
    PENDING_STEP,
    REMEMBERED,
    UNKNOWN_STEP,
    plan,
    step,
)

# --- conditions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLE)
def test_conditions(name: str) -> None:
    """What each condition says of each thing that can happen, in one word that programs can go by."""
    found, expected = TABLE[name]
    assert expected == {type: each for type, each in told(found).items() if type in expected}


@pytest.mark.parametrize("reason", REASONS)
def test_every_check_of_the_guard(reason: str) -> None:
    """What the guard holds back is not ready; and stalled, unless it lifts by itself or somebody wants it so."""
    found = told(report(plan(blocked(reason))))
    lifts = reason in ("mode", "hold", "unknown", "backoff", "settling")
    assert (NO, NO if lifts else YES) == (found["Ready"][0], found["Stalled"][0])
    assert found["Ready"][1] in ("Blocked", "Held", "Observing")


@pytest.mark.parametrize("reason", ["mode", "hold"])
def test_what_somebody_wants_kept_is_in_the_way_of_a_deletion(reason: str) -> None:
    """Whoever deletes a Stack waits for it, so it says what holds it up."""
    found = status_of({}, report(plan(blocked(reason)), doing=Doing.DELETING))
    assert (YES, "Blocked") == (condition(found, "Stalled")["status"], condition(found, "Stalled")["reason"])
    assert f"Vpc/main: blocked by {reason}: so it is" == condition(found, "Ready")["message"]


def test_a_whole_plan_of_the_core() -> None:
    """From the planner itself: in sync, drifted by hand, unknown."""
    stack = core.stack_of(core.network())
    world = core.Account(stack)
    assert (YES, "InSync") == told(report(world.plan(stack)))["Ready"]
    world.set("Vpc/main", enableDnsHostnames=False)
    found = status_of({}, report(world.plan(stack)))
    assert "Vpc/main: drifted (enableDnsHostnames)" == condition(found, "Drifted")["message"]
    assert [("Vpc/main", "drifted", "update")] == [
        (each["address"], each["state"], each["action"]) for each in found["notInSync"]
    ]
    world.failed["Vpc"] = "ec2:DescribeVpcs: no answer"
    found = status_of({}, report(world.plan(stack), trouble=BLIND))
    assert found["counts"]["unknown"] > 0
    assert (DUNNO, NO) == (condition(found, "Drifted")["status"], condition(found, "Ready")["status"])


def test_messages_name_the_nodes() -> None:
    """The first few, each with what is wrong and what is done about it, and how many more there are."""
    many = [blocked("allow", f"Vpc/v{number}", "spec.allow does not include Update") for number in range(5)]
    status = status_of({}, report(plan(*many)))
    assert (
        "Vpc/v0: blocked by allow: spec.allow does not include Update; "
        "Vpc/v1: blocked by allow: spec.allow does not include Update; "
        "Vpc/v2: blocked by allow: spec.allow does not include Update; and 2 more"
    ) == condition(status, "Stalled")["message"]
    assert condition(status, "Drifted")["message"].startswith("Vpc/v0: drifted (enableDnsSupport); ")
    ill = condition(status_of({}, report(plan(ILL_STEP))), "Healthy")
    assert "TargetGroup/web: unhealthy 1 of 2: Target.Timeout: Request timed out" == ill["message"]
    assert "24 nodes in sync" == condition(status_of({}, report(IN_SYNC)), "Ready")["message"]


def test_what_could_not_be_searched_for_is_said() -> None:
    """Where a kind cannot be listed that the document does not name, nobody knows what is left over."""
    status = status_of({}, report(plan(QUIET, incomplete=("Vpc: no", "Role: no"))))
    message = "nothing differs from the document; it is not known whether anything is left over: Vpc: no; and 1 more"
    assert message == condition(status, "Synced")["message"]


# --- what is carried on -----------------------------------------------------------------------------------


def test_a_transition_keeps_its_time() -> None:
    """As long as the status of a condition stays, whatever becomes of its reason; then it is now."""
    first = status_of({}, report(plan(NAT_STEP), waits=True))
    later = NOW + timedelta(minutes=5)
    second = status_of(first, report(plan(DATABASE_STEP), now=later, generation=4))
    third = status_of(second, report(IN_SYNC, now=later + timedelta(minutes=5)))
    times = [condition(each, "Ready")["lastTransitionTime"] for each in (first, second, third)]
    assert ["2026-01-31T18:00:00Z", "2026-01-31T18:00:00Z", "2026-01-31T18:10:00Z"] == times
    assert ["Progressing", "Blocked", "InSync"] == [
        condition(each, "Ready")["reason"] for each in (first, second, third)
    ]
    assert "2026-01-31T18:05:00Z" == condition(second, "Stalled")["lastTransitionTime"]
    assert [3, 4, 3] == [condition(each, "Ready")["observedGeneration"] for each in (first, second, third)]


def test_a_status_that_somebody_mangled() -> None:
    """Conditions without their times, or with more than ours, are no reason to fail."""
    before = {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "True"}]}
    assert "2026-01-31T18:00:00Z" == condition(status_of(before, report(IN_SYNC)), "Ready")["lastTransitionTime"]


def test_since_is_when_a_node_was_first_listed() -> None:
    """However it changes as long as it is listed; and anew when it comes back."""
    first = status_of({}, report(plan(GROUP_STEP, NAT_STEP)))
    later = NOW + timedelta(hours=1)
    second = status_of(first, report(plan(replace(GROUP_STEP, blocked=Verdict("hold", "")), QUIET), now=later))
    assert [("SecurityGroup/db", "2026-01-31T18:00:00Z")] == since(second)
    third = status_of(second, report(plan(QUIET), now=later))
    assert [] == since(third)
    fourth = status_of(third, report(plan(GROUP_STEP), now=later))
    assert [("SecurityGroup/db", "2026-01-31T19:00:00Z")] == since(fourth)


def since(status: Object) -> list[tuple[str, str]]:
    """Since when each listed node has been listed."""
    return [(each["address"], each["since"]) for each in status["notInSync"]]


def test_without_a_plan_the_last_counts_stay() -> None:
    """Nobody knows better; that they are old is in the conditions and in the time of the last pass."""
    before = status_of({}, report(EVERYTHING))
    after = status_of(before, report(trouble=PASSING, now=NOW + timedelta(minutes=1)))
    for name in ("counts", "notInSync", "notInSyncOmitted", "account", "lastPass"):
        assert before[name] == after[name]
    failed = status_of(before, report(trouble=PASSING, seconds=30.0))
    assert {
        "time": "2026-01-31T18:00:00Z",
        "outcome": "Failed",
        "seconds": 30.0,
        "message": PASSING.message,
    } == failed["lastPass"]


def test_what_is_over_is_taken_away() -> None:
    """No next pass while nothing happens by itself, no deletion but while it lasts."""
    before = status_of({}, report(plan(GOING), doing=Doing.DELETING, again=30.0, reconciled="x"))
    assert {"nextPass", "deletion", "lastHandledReconcile"} <= before.keys()
    after = status_of(before, report(doing=Doing.PAUSED))
    assert set() == {"nextPass", "deletion", "lastHandledReconcile"} & after.keys()


def test_times_and_the_annotation() -> None:
    """When the last pass ended, when the next is due, and which wish was heard."""
    status = status_of({}, report(IN_SYNC, again=30.0, reconciled="now", seconds=1.23456))
    assert {"time": "2026-01-31T18:00:00Z", "outcome": "Succeeded", "seconds": 1.235, "message": ""} == status[
        "lastPass"
    ]
    assert ("2026-01-31T18:00:30Z", "now", 3) == (
        status["nextPass"],
        status["lastHandledReconcile"],
        status["observedGeneration"],
    )


def test_what_is_believed_is_told() -> None:
    """The oldest of it, when it was read, for a status may be read later; gone as soon as all was read."""
    before = status_of({}, report(REMEMBERED))
    assert {"time": "2026-01-31T17:53:07Z", "address": "Bucket/images", "what": "versioning"} == before["oldestRead"]
    assert before["oldestRead"] == status_of(before, report(trouble=PASSING))["oldestRead"]
    assert "oldestRead" not in status_of(before, report(IN_SYNC))


# --- counts and nodes -------------------------------------------------------------------------------------


def test_counts() -> None:
    """Every node is counted where it belongs; an orphan is no node of the document."""
    status = status_of({}, report(EVERYTHING))
    counts = {
        "nodes": 14,
        "inSync": 4,
        "drifted": 8,
        "pending": 1,
        "blocked": 1,
        "unknown": 1,
        "unhealthy": 1,
        "orphaned": 1,
    }
    assert counts == status["counts"]
    assert len(EVERYTHING.steps) == counts["nodes"] + counts["orphaned"]
    assert "123456789012" == status["account"]


def test_nodes_that_are_listed() -> None:
    """Each with what differs, what is done about it, and what is in the way."""
    steps = (DATABASE_STEP, ILL_STEP, PENDING_STEP, UNKNOWN_STEP, ADOPT_STEP, QUIET)
    listed = {each["address"]: each for each in status_of({}, report(plan(*steps)))["notInSync"]}
    assert {str(each.address) for each in steps[:-1]} == listed.keys()
    database = listed["DbInstance/db"]
    assert (["storageEncrypted"], "replace", "allow") == (
        database["changes"],
        database["action"],
        database["blocked"]["by"],
    )
    assert "unhealthy 1 of 2: Target.Timeout: Request timed out" == listed["TargetGroup/web"]["message"]
    assert "provisioning" == listed["LoadBalancer/web"]["message"]
    assert not any("calls" in each or "desired" in each for each in listed.values())


def test_a_node_with_a_notice_is_listed() -> None:
    """It is in sync, and somebody has to act: parameters that wait for a reboot, an instance that is retired."""
    (entry,) = status_of({}, report(plan(NOTICED_STEP)))["notInSync"]
    assert ("DbInstance/main", "in-sync", "restart it") == (entry["address"], entry["state"], entry["message"])


def test_the_worst_come_first() -> None:
    """Where not all can be listed, what only is on its way is left out before what drifted."""
    steps = [PENDING_STEP] * MOST_NODES + [UNKNOWN_STEP, GROUP_STEP]
    found = status_of({}, report(plan(*steps)))
    assert ["SecurityGroup/db", "Role/web"] == [each["address"] for each in found["notInSync"]][:2]
    assert (MOST_NODES, 2) == (len(found["notInSync"]), found["notInSyncOmitted"])


def test_a_node_of_ours_and_one_left_over_of_the_same_name() -> None:
    """After a replacement that was cut short: both are told of."""
    left = replace(step("Vpc/main", State.ORPHANED, Action.DELETE, "vpc-2"), note="left over")
    status = status_of({}, report(plan(step("Vpc/main", State.IN_SYNC, id="vpc-1"), left)))
    assert (1, 1, 1) == tuple(status["counts"][name] for name in ("nodes", "inSync", "orphaned"))
    assert ["Vpc/main"] == [each["address"] for each in status["notInSync"]]


def test_deletion() -> None:
    """How many are left, what is done with them, and what is in the way, which comes first."""
    going = status_of({}, report(plan(GOING, LEAVING), doing=Doing.DELETING))["deletion"]
    assert {
        "remaining": 2,
        "message": "Subnet/a: in-sync, to delete; Vpc/main: leaving: AWS is still deleting vpc-1",
    } == going
    kept = status_of({}, report(plan(GOING, replace(KEPT, address=Address("Subnet", "b"))), doing=Doing.DELETING))[
        "deletion"
    ]
    assert {"remaining": 2, "message": "Subnet/b: blocked by retain: lifecycle.retain keeps subnet-a"} == kept
    nothing = status_of({}, report(plan(), doing=Doing.DELETING))["deletion"]
    assert {"remaining": 0, "message": "nothing is left"} == nothing
    blind = status_of({}, report(plan(incomplete=("Vpc: no",)), doing=Doing.DELETING))["deletion"]
    assert "it is not known whether anything is left over: Vpc: no" == blind["message"]


# --- unknown is never in sync -----------------------------------------------------------------------------

ADDRESSES = [f"{kind}/{name}" for kind in ("Vpc", "Subnet", "Role") for name in "abc"]


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """A step as a planner could make it, and some that it could not."""
    address, state = draw(st.sampled_from(ADDRESSES)), draw(st.sampled_from(State))
    unseen = state in (State.UNKNOWN, State.MISSING)
    action = Action.NONE if state is State.UNKNOWN else draw(st.sampled_from(Action))
    verdict = draw(st.none() | st.builds(Verdict, st.sampled_from(REASONS), st.text(max_size=9)))
    health = draw(st.none() | st.builds(Health, st.booleans(), st.text(max_size=9)))
    found = step(
        address, state, action, "" if unseen else "id-1", blocked=verdict if action is not Action.NONE else None
    )
    if found.live:
        return replace(found, live=replace(found.live, health=health, phase=draw(st.sampled_from(Phase))))
    return found


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """A report as the operator makes it: where nodes are unknown, there is a trouble that says so."""
    found = draw(st.none() | st.builds(lambda each: plan(*each), st.lists(steps(), max_size=6)))
    doing = draw(st.sampled_from(Doing))
    found = None if doing is Doing.PAUSED else found
    unknown = found is not None and any(each.state is State.UNKNOWN for each in found.steps)
    trouble = BLIND if unknown else draw(st.sampled_from([None, PASSING, IN_DENIAL]))
    return report(found, doing=doing, trouble=trouble, waits=draw(st.booleans()))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(found=reports())
def test_unknown_is_never_shown_as_in_sync(found: Report) -> None:
    """Whatever else there is: what nobody has seen is not ready, not in sync, not free of drift, not healthy."""
    conditions = {type: status for type, (status, _) in told(found).items()}
    seen = found.plan is not None and all(each.state is not State.UNKNOWN for each in found.plan.steps)
    if not seen:
        assert YES not in (conditions["Ready"], conditions["Synced"], conditions["Healthy"])
        assert NO != conditions["Drifted"]
    if YES in (conditions["Synced"], conditions["Ready"]):
        assert seen
        assert found.plan
        assert all(each.state is not State.DRIFTED for each in found.plan.steps)
    if found.plan:
        counts = status_of({}, found)["counts"]
        assert counts["inSync"] + counts["unknown"] + counts["pending"] + counts["orphaned"] <= len(found.plan.steps)
        assert counts["inSync"] == sum(each.settled for each in found.plan.steps)


def test_a_secret_is_taken_out_before_a_text_is_cut() -> None:
    """No beginning of a secret is left where a text ends."""
    said = "x" * (LONGEST_TEXT - 5) + "hunter2"
    told = StackFailure("PassFailed", said)
    status = status_of({}, report(trouble=told, seconds=1.0), lambda text: text.replace("hunter2", "(secret)"))
    assert "hunt" not in json.dumps(status)
    assert status["lastPass"]["message"].endswith("x(sec…")
