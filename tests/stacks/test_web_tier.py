"""The web tier where everything is done at once: made in two passes, then in sync, whatever drifts or moves."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from benchmarks.steady import listings, look_ups, momentary
from controller.engine.observe import kinds_of
from tests.clock import Clock
from tests.emulated import empty
from tests.stacks.documents import tree_of
from tests.stacks.drifting import drifting
from tests.stacks.held import Held, check_alone
from tests.stacks.world import CATALOG, Recording, World

NAME = "ha-web-tier"


@pytest.fixture(scope="module")
def tier(emulator_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    """The stack, made once for all tests here."""
    empty()
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("AWS_ENDPOINT_URL", emulator_url)
        yield Held(NAME, tmp_path_factory.mktemp("documents"))


def test_two_passes_make_everything(tier: Held) -> None:
    """From the empty account to ready: no call is refused, none is made twice, and the last pass writes nothing.

    The second pass is for the one thing that AWS tells in a listing only: the ARN of a parameter.
    """
    first, second, last = tier.made
    assert {"ok"} == {write.outcome for each in tier.made for write in each.writes}
    assert {
        "Role/app",
        "InstanceProfile/app",
        "LaunchTemplate/app",
        "AutoScalingGroup/app",
        "Listener/https",
        "ScalingPolicy/cpu",
    } == {str(write.address) for write in second.writes}
    assert set(tier.stack.nodes) == {write.address for each in (first, second) for write in each.writes}
    assert [] == last.wrote
    assert last.plan.in_sync, last.told


def test_a_pass_in_sync_makes_the_calls_of_the_formula(tier: Held) -> None:
    """Listings of the document's kinds, what changes by itself, and what is looked up; nothing else."""
    tier.restore()
    cloud = Recording()
    world = World(Clock(), cloud, tier.stack.by_kind)
    world.turn(tier.stack)
    cloud.calls.clear()
    passed = world.turn(tier.stack)
    assert passed.plan.in_sync, passed.told
    found = Counter(operation for _, operation in cloud.calls)
    found["DescribeParameters"] -= public_pages(tier)
    bulk = listings([tier.stack], CATALOG, {kind for kind, _ in kinds_of([tier.stack])})
    assert Counter() == bulk - found
    assert bulk.total() + momentary(tier.stack, CATALOG) + look_ups(tier.stack, CATALOG) == found.total()


def public_pages(tier: Held) -> int:
    """The pages of AWS's public parameters, which the emulator lists among ours and AWS does not."""
    pages = tier.client("ssm").get_paginator("describe_parameters").paginate(PaginationConfig={"PageSize": 50})
    return len([*pages]) - 1


Noise = Callable[[Callable[[str], Any]], None]


def minor_upgrade(client: Callable[[str], Any]) -> None:
    """AWS upgrades the database within its series."""
    client("rds").modify_db_instance(DBInstanceIdentifier="ha-web-db", EngineVersion="16.9", ApplyImmediately=True)


def scaling(client: Callable[[str], Any]) -> None:
    """A policy makes the group larger."""
    client("autoscaling").set_desired_capacity(AutoScalingGroupName="ha-web-app", DesiredCapacity=3)


def other_words(client: Callable[[str], Any]) -> None:
    """The same policy in another form: other order, lists for single texts."""
    policy = json.loads(json.dumps(ASSUMED, sort_keys=True, indent=2))
    policy["Statement"][0]["Action"] = ["sts:AssumeRole"]
    policy["Statement"] = policy["Statement"][0]
    client("iam").update_assume_role_policy(RoleName="ha-web-app", PolicyDocument=json.dumps(policy))


def other_order(client: Callable[[str], Any]) -> None:
    """The rules of a group, the last one first."""
    ec2 = client("ec2")
    (group,) = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["ha-web-alb"]}])[
        "SecurityGroups"
    ]
    rules = group["IpPermissions"]
    ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=rules)
    ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=rules[::-1])


def tags_of_aws(client: Callable[[str], Any]) -> None:
    """AWS and others put tags of their own on things."""
    arn = client("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    tags = [{"Key": "aws:cloudformation:stack-name", "Value": "x"}, {"Key": "Cost", "Value": "y"}]
    client("elbv2").add_tags(ResourceArns=[arn], Tags=tags)


ASSUMED = tree_of(NAME)["spec"]["resources"]["Role"]["app"]["assumeRolePolicyDocument"]


@pytest.mark.parametrize("noise", [minor_upgrade, scaling, other_words, other_order, tags_of_aws])
def test_noise_is_no_difference(tier: Held, noise: Noise) -> None:
    """What AWS moves, or says in other words, is no drift, and nothing is written."""
    tier.restore()
    noise(tier.client)
    tier.cloud.forget()
    found = tier.turn(tier.stack)
    assert found.plan.in_sync, found.told
    assert [] == found.wrote


@pytest.mark.parametrize("kind", sorted({place.address.partition("/")[0] for place in drifting(NAME)}))
def test_each_field_drifts_and_is_corrected_alone(tier: Held, kind: str) -> None:
    """For every mutable field of every node: nothing else is seen as drift, nothing else is written for, and then
    all is in sync."""
    tier.restore()
    for place in [place for place in drifting(NAME) if place.address.startswith(f"{kind}/")]:
        check_alone(place, tier.drift(place))  # shows too that the field before it is in sync again
        check_alone(place, tier.turn(tier.stack))
    tier.cloud.forget()
    last = tier.turn(tier.stack)
    assert last.plan.in_sync, last.told
    assert [] == last.wrote
