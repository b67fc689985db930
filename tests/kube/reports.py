"""What there may be to tell of a Stack, with what its conditions say of it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from controller.core.model.call import Change
from controller.core.model.live import Health, Phase
from controller.core.planning.step import Action, Plan, State, Step, Verdict
from controller.kube.api import Object
from controller.kube.conditions import Doing, Report, StackFailure
from controller.kube.status import status_of
from tests.report.samples import (
    BUCKET_STEP,
    DATABASE_STEP,
    GROUP_STEP,
    ILL_STEP,
    IN_SYNC,
    NAT_STEP,
    ORPHAN_STEP,
    PENDING_STEP,
    REMEMBERED,
    UNKNOWN_STEP,
    live,
    plan,
    step,
)

NOW = datetime(2026, 1, 31, 18, 0, 0, tzinfo=UTC)
TYPES = ["Ready", "Synced", "Drifted", "Healthy", "Stalled"]
QUIET = step("Subnet/a", State.IN_SYNC, id="subnet-a")
WELL = replace(QUIET, live=replace(live("Subnet", "subnet-a"), health=Health(True, "", 2, 2)))


def report(found: Plan | None = None, **more: Any) -> Report:
    """What a pass over this plan has to tell."""
    return Report(**{"generation": 3, "now": NOW, "plan": found, "seconds": 1.5 if found else None, **more})


def told(found: Report, before: Object | None = None) -> dict[str, tuple[str, str]]:
    """The conditions, as status and reason."""
    conditions = status_of(before or {}, found)["conditions"]
    assert TYPES == [each["type"] for each in conditions]
    return {each["type"]: (each["status"], each["reason"]) for each in conditions}


def condition(status: Object, type: str) -> Object:
    """One condition of a status."""
    (found,) = [each for each in status["conditions"] if each["type"] == type]
    return dict(found)


def blocked(by: str, address: str = "Vpc/main", why: str = "so it is", **more: Any) -> Step:
    """A node that is to be changed, and something is in the way."""
    change = Change("enableDnsSupport", "change", True, False)
    return step(address, State.DRIFTED, Action.UPDATE, "vpc-1", changes=(change,), blocked=Verdict(by, why), **more)


YES, NO, DUNNO = "True", "False", "Unknown"
IN_DENIAL = StackFailure("AccessDenied", "sts:GetCallerIdentity AccessDenied: no", lasting=True)
PASSING = StackFailure("AwsUnreachable", "ec2:DescribeVpcs: no answer")
BLIND = StackFailure("NodesUnknown", "1 node unknown: Role/web")
LEAVING = step("Vpc/main", State.LEAVING, id="vpc-1", note="AWS is still deleting vpc-1")
GOING = step("Subnet/a", State.IN_SYNC, Action.DELETE, "subnet-a")
ASKED = replace(live("Subscription", "s-1"), phase=Phase.PENDING, awaits="confirm the subscription")
UNCONFIRMED = replace(step("Subscription/mail", State.PENDING), live=ASKED)
KEPT = replace(GOING, blocked=Verdict("retain", "lifecycle.retain keeps subnet-a"))

TABLE: dict[str, tuple[Report, dict[str, tuple[str, str]]]] = {
    "in sync": (
        report(IN_SYNC),
        {
            "Ready": (YES, "InSync"),
            "Synced": (YES, "InSync"),
            "Drifted": (NO, "NoDrift"),
            "Healthy": (DUNNO, "NotTold"),
            "Stalled": (NO, "NotStalled"),
        },
    ),
    "in sync and healthy": (report(plan(WELL)), {"Ready": (YES, "InSync"), "Healthy": (YES, "Healthy")}),
    "in sync, as far as is remembered": (report(REMEMBERED), {"Ready": (YES, "InSync"), "Synced": (YES, "InSync")}),
    "in sync and unhealthy": (
        report(plan(ILL_STEP, WELL)),
        {
            "Ready": (YES, "InSync"),
            "Synced": (YES, "InSync"),
            "Healthy": (NO, "Unhealthy"),
            "Stalled": (NO, "NotStalled"),
        },
    ),
    "being made": (
        report(plan(NAT_STEP, QUIET), waits=True),
        {"Ready": (NO, "Progressing"), "Synced": (NO, "Differs"), "Stalled": (NO, "NotStalled")},
    ),
    "on its way": (
        report(plan(PENDING_STEP), waits=True),
        {"Ready": (NO, "Progressing"), "Synced": (NO, "Differs"), "Drifted": (NO, "NoDrift")},
    ),
    "drifted and being corrected": (
        report(plan(GROUP_STEP), waits=True),
        {
            "Ready": (NO, "Progressing"),
            "Synced": (NO, "Differs"),
            "Drifted": (YES, "Drift"),
            "Stalled": (NO, "NotStalled"),
        },
    ),
    "blocked": (
        report(plan(DATABASE_STEP, QUIET)),
        {"Ready": (NO, "Blocked"), "Synced": (NO, "Differs"), "Drifted": (YES, "Drift"), "Stalled": (YES, "Blocked")},
    ),
    "waiting for a person": (
        report(plan(UNCONFIRMED, DATABASE_STEP)),
        {"Ready": (NO, "ActionRequired"), "Synced": (NO, "Differs"), "Stalled": (YES, "ActionRequired")},
    ),
    "waiting for a person, and others on their way": (
        report(plan(UNCONFIRMED, PENDING_STEP), waits=True),
        {"Ready": (NO, "Progressing"), "Stalled": (NO, "NotStalled")},
    ),
    "blocked, and others on their way": (
        report(plan(DATABASE_STEP, PENDING_STEP), waits=True),
        {"Ready": (NO, "Progressing"), "Stalled": (NO, "NotStalled")},
    ),
    "in conflict": (
        report(plan(replace(BUCKET_STEP, action=Action.CREATE, blocked=Verdict("conflict", "adopt it")))),
        {"Ready": (NO, "Blocked"), "Drifted": (YES, "Drift"), "Stalled": (YES, "Blocked")},
    ),
    "Observe": (
        report(plan(blocked("mode"), blocked("mode", "Vpc/b"))),
        {
            "Ready": (NO, "Observing"),
            "Synced": (NO, "Differs"),
            "Drifted": (YES, "Drift"),
            "Stalled": (NO, "NotStalled"),
        },
    ),
    "held": (
        report(plan(blocked("hold"), QUIET)),
        {"Ready": (NO, "Held"), "Drifted": (YES, "Drift"), "Stalled": (NO, "NotStalled")},
    ),
    "held, and another blocked": (
        report(plan(blocked("hold"), blocked("allow", "Vpc/b"))),
        {"Ready": (NO, "Blocked"), "Stalled": (YES, "Blocked")},
    ),
    "tried again later": (
        report(plan(blocked("backoff"))),
        {"Ready": (NO, "Blocked"), "Stalled": (NO, "NotStalled")},
    ),
    "unknown": (
        report(plan(UNKNOWN_STEP, WELL), trouble=BLIND),
        {
            "Ready": (NO, "NodesUnknown"),
            "Synced": (NO, "NodesUnknown"),
            "Drifted": (DUNNO, "NodesUnknown"),
            "Healthy": (DUNNO, "NodesUnknown"),
            "Stalled": (NO, "NotStalled"),
        },
    ),
    "unknown, and others drifted and ill": (
        report(plan(UNKNOWN_STEP, GROUP_STEP, ILL_STEP), trouble=BLIND),
        {"Ready": (NO, "NodesUnknown"), "Drifted": (YES, "Drift"), "Healthy": (NO, "Unhealthy")},
    ),
    "an orphan left over": (
        report(plan(QUIET, replace(ORPHAN_STEP, blocked=Verdict("allow", "spec.allow does not include Delete")))),
        {
            "Ready": (YES, "InSync"),
            "Synced": (NO, "Differs"),
            "Drifted": (YES, "Drift"),
            "Stalled": (NO, "NotStalled"),
        },
    ),
    "an orphan being deleted": (
        report(plan(QUIET, ORPHAN_STEP), waits=True),
        {"Ready": (NO, "Progressing"), "Synced": (NO, "Differs")},
    ),
    "a pass that failed": (
        report(plan(NAT_STEP), trouble=StackFailure("AccessDenied", "1 node failed: NatGateway/a")),
        {"Ready": (NO, "AccessDenied"), "Synced": (NO, "AccessDenied"), "Stalled": (NO, "NotStalled")},
    ),
    "no account": (
        report(trouble=IN_DENIAL),
        {
            "Ready": (NO, "AccessDenied"),
            "Synced": (DUNNO, "AccessDenied"),
            "Drifted": (DUNNO, "AccessDenied"),
            "Healthy": (DUNNO, "AccessDenied"),
            "Stalled": (YES, "AccessDenied"),
        },
    ),
    "AWS away": (
        report(trouble=PASSING, seconds=30.0),
        {"Ready": (NO, "AwsUnreachable"), "Synced": (DUNNO, "AwsUnreachable"), "Stalled": (NO, "NotStalled")},
    ),
    "an invalid document": (
        report(trouble=StackFailure("InvalidDocument", "spec.resources.Vpc.main: no", lasting=True)),
        {"Ready": (NO, "InvalidDocument"), "Synced": (DUNNO, "InvalidDocument"), "Stalled": (YES, "InvalidDocument")},
    ),
    "paused": (
        report(doing=Doing.PAUSED),
        {**dict.fromkeys(TYPES[:4], (DUNNO, "Paused")), "Stalled": (NO, "Paused")},
    ),
    "being deleted": (
        report(plan(GOING, LEAVING), doing=Doing.DELETING, waits=True),
        {
            "Ready": (NO, "Deleting"),
            "Synced": (NO, "Differs"),
            "Drifted": (NO, "NoDrift"),
            "Stalled": (NO, "NotStalled"),
        },
    ),
    "not to be deleted": (
        report(plan(KEPT), doing=Doing.DELETING),
        {"Ready": (NO, "Deleting"), "Stalled": (YES, "Blocked")},
    ),
    "being deleted, and not to be seen": (
        report(plan(incomplete=("Vpc: ec2:DescribeVpcs: no",)), doing=Doing.DELETING),
        {"Ready": (NO, "Deleting"), "Synced": (DUNNO, "NotListed")},
    ),
    "being deleted, and AWS away": (
        report(trouble=PASSING, doing=Doing.DELETING),
        {"Ready": (NO, "AwsUnreachable"), "Synced": (DUNNO, "AwsUnreachable")},
    ),
}
