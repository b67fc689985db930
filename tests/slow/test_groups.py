"""Auto Scaling as time passes: launches, refreshes, their failures and returns, and deletion."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clock import Clock
from tests.slow.conftest import Client
from tests.slow.scenery import IMAGE
from tests.slow.server import SlowAws

START, LAUNCH, LEAVE = 15, 45, 40
"""The defaults: a refresh begins, an instance comes into service, one terminates."""


@pytest.fixture
def template(client: Client) -> str:
    """A launch template with two versions; the first is the default."""
    ec2 = client("ec2")
    made = ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"ImageId": IMAGE, "InstanceType": "t3.micro"}
    )
    name = str(made["LaunchTemplate"]["LaunchTemplateId"])
    data = {"ImageId": IMAGE, "InstanceType": "t3.large"}
    ec2.create_launch_template_version(LaunchTemplateId=name, LaunchTemplateData=data)
    return name


class Fleet:
    """A group of instances in service, as its clients see it."""

    def __init__(self, client: Client, template: str, size: int, groups: list[str]) -> None:
        self.autoscaling, self.template = client("autoscaling"), template
        self.autoscaling.create_auto_scaling_group(
            AutoScalingGroupName="web",
            MinSize=0,
            MaxSize=size,
            DesiredCapacity=size,
            LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
            AvailabilityZones=["us-east-1a"],
            TargetGroupARNs=groups,
        )

    def group(self) -> dict[str, Any]:
        """The group as it is listed."""
        listed = self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])
        found: dict[str, Any] = listed["AutoScalingGroups"][0]
        return found

    def instances(self) -> list[tuple[str, str]]:
        """Version and state of each instance."""
        return sorted(
            (item["LaunchTemplate"]["Version"], item["LifecycleState"]) for item in self.group()["Instances"]
        )

    def refresh(self) -> dict[str, Any]:
        """The latest refresh."""
        listed = self.autoscaling.describe_instance_refreshes(AutoScalingGroupName="web")
        found: dict[str, Any] = listed["InstanceRefreshes"][0]
        return found

    def progress(self) -> tuple[str, int, int]:
        """Status, percentage and instances still to update of the latest refresh."""
        found = self.refresh()
        return found["Status"], found["PercentageComplete"], found["InstancesToUpdate"]

    def start(self, **preferences: Any) -> str:
        """Begins a refresh to the second version."""
        desired = {"LaunchTemplate": {"LaunchTemplateId": self.template, "Version": "2"}}
        started = self.autoscaling.start_instance_refresh(
            AutoScalingGroupName="web", DesiredConfiguration=desired, Preferences=preferences
        )
        return str(started["InstanceRefreshId"])


@pytest.fixture
def fleet(client: Client, template: str, clock: Clock) -> Fleet:
    """Four instances in service."""
    made = Fleet(client, template, 4, [])
    clock.time += LAUNCH
    return made


def states(client: Client) -> list[str]:
    """The states of all instances, as EC2 shows them."""
    reservations = client("ec2").describe_instances()["Reservations"]
    return sorted(item["State"]["Name"] for each in reservations for item in each["Instances"])


def test_instances_of_a_group_are_pending_before_they_serve(client: Client, template: str, clock: Clock) -> None:
    """What a group launches is pending for EC2, for the group and for its target group, each for its own time."""
    vpc = client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    elbv2 = client("elbv2")
    made = elbv2.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]
    fleet = Fleet(client, template, 1, [made["TargetGroupArn"]])

    def seen() -> tuple[list[str], list[tuple[str, str]], str]:
        health = elbv2.describe_target_health(TargetGroupArn=made["TargetGroupArn"])["TargetHealthDescriptions"]
        return states(client), fleet.instances(), health[0]["TargetHealth"]["State"]

    assert (["pending"], [("1", "Pending")], "initial") == seen()
    clock.time += 30
    assert (["running"], [("1", "Pending")], "initial") == seen()
    clock.time += 15
    assert (["running"], [("1", "InService")], "initial") == seen()
    clock.time += 15
    assert (["running"], [("1", "InService")], "healthy") == seen()


def test_instances_that_a_group_gives_up_are_leaving_first(client: Client, fleet: Fleet, clock: Clock) -> None:
    """After scaling in, the instance is terminating in its group and shutting down in EC2."""
    fleet.autoscaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=3)
    assert [("1", "InService")] * 3 + [("1", "Terminating")] == fleet.instances()
    assert ["running"] * 3 + ["shutting-down"] == states(client)
    clock.time += LEAVE
    assert [("1", "InService")] * 3 == fleet.instances()
    assert ["running"] * 3 + ["terminated"] == states(client)


def test_a_group_is_listed_while_it_is_being_deleted(client: Client, fleet: Fleet, clock: Clock) -> None:
    """A group that is being deleted says so, holds its name, and is gone after its time."""
    fleet.autoscaling.delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
    assert "Delete in progress" == fleet.group()["Status"]
    assert [("1", "Terminating")] * 4 == fleet.instances()
    assert ["shutting-down"] * 4 == states(client)
    with pytest.raises(ClientError, match="AlreadyExists"):
        Fleet(client, fleet.template, 1, [])
    clock.time += 90
    assert [] == fleet.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]


def test_a_refresh_replaces_in_batches(client: Client, fleet: Fleet, clock: Clock) -> None:
    """Half at a time, each batch when the one before it serves; the group shows the new version only at the end."""
    fleet.start(MinHealthyPercentage=50)
    assert ("Pending", 0, 0) == fleet.progress()
    clock.time += START
    assert ("InProgress", 0, 4) == fleet.progress()
    first = [("1", "InService")] * 2 + [("1", "Terminating")] * 2 + [("2", "Pending")] * 2
    assert first == fleet.instances()
    assert "1" == fleet.group()["LaunchTemplate"]["Version"]
    clock.time += LAUNCH
    assert ("InProgress", 50, 2) == fleet.progress()
    second = [("1", "Terminating")] * 2 + [("2", "InService")] * 2 + [("2", "Pending")] * 2
    assert second == fleet.instances()
    clock.time += LAUNCH
    assert ("Successful", 100, 0) == fleet.progress()
    assert [("2", "InService")] * 4 == fleet.instances()
    assert "2" == fleet.group()["LaunchTemplate"]["Version"]
    assert ["running"] * 4 + ["terminated"] * 4 == states(client)


@pytest.mark.parametrize("least", [0, 50, 75, 90, 100])
def test_a_refresh_never_goes_below_the_healthy_minimum(fleet: Fleet, clock: Clock, least: int) -> None:
    """At every moment at least the asked percentage is in service; where none may miss, a successor serves first."""
    fleet.start(MinHealthyPercentage=least)
    serving = []
    while fleet.refresh()["Status"] != "Successful":
        serving.append(len([state for _, state in fleet.instances() if state == "InService"]))
        clock.time += 5
    assert [] == [count for count in serving if count < 4 * least / 100]
    assert [("2", "InService")] * 4 == [each for each in fleet.instances() if each[1] == "InService"]


def test_a_refresh_nobody_watches_ends_the_same(client: Client, fleet: Fleet, clock: Clock) -> None:
    """What was due happens at its time, however long nobody asks."""
    fleet.start(MinHealthyPercentage=50)
    begun = fleet.refresh()["StartTime"]
    clock.time += 3600
    found = fleet.refresh()
    assert START + 2 * LAUNCH == (found["EndTime"] - begun).total_seconds()
    assert [("2", "InService")] * 4 == fleet.instances()
    assert ["running"] * 4 + ["terminated"] * 4 == states(client)


def test_a_refresh_waits_for_the_warm_up(fleet: Fleet, clock: Clock) -> None:
    """A batch counts when its instances have served for the warm-up that was asked for."""
    fleet.start(MinHealthyPercentage=0, InstanceWarmup=100)
    clock.time += START + LAUNCH
    assert ("InProgress", 0, 4) == fleet.progress()
    clock.time += 100
    assert ("Successful", 100, 0) == fleet.progress()


def test_a_refresh_skips_what_matches(fleet: Fleet, clock: Clock) -> None:
    """Asked to, it leaves instances of the desired version alone."""
    fleet.start(MinHealthyPercentage=0)
    clock.time += START + LAUNCH + LEAVE
    before = {item["InstanceId"] for item in fleet.group()["Instances"]}
    fleet.start(MinHealthyPercentage=0, SkipMatching=True)
    clock.time += START
    assert ("Successful", 100, 0) == fleet.progress()
    assert before == {item["InstanceId"] for item in fleet.group()["Instances"]}


def test_a_second_refresh_is_refused(fleet: Fleet) -> None:
    """Only one refresh at a time."""
    fleet.start()
    with pytest.raises(fleet.autoscaling.exceptions.InstanceRefreshInProgressFault):
        fleet.start()


def test_a_refresh_may_fail_half_way(aws: SlowAws, fleet: Fleet, clock: Clock) -> None:
    """A failed refresh leaves both versions behind, and the group at the old one."""
    aws.failing["web"] = 50
    fleet.start(MinHealthyPercentage=50)
    clock.time += START + LAUNCH + LEAVE
    assert ("Failed", 50, 2) == fleet.progress()
    assert fleet.refresh()["StatusReason"]
    assert [("1", "InService")] * 2 + [("2", "InService")] * 2 == fleet.instances()
    assert "1" == fleet.group()["LaunchTemplate"]["Version"]


def test_a_failed_refresh_rolls_back_where_it_was_asked_to(aws: SlowAws, fleet: Fleet, clock: Clock) -> None:
    """What was launched with the new version is replaced with the old one, and the group shows the old one."""
    aws.failing["web"] = 50
    fleet.start(MinHealthyPercentage=50, AutoRollback=True)
    clock.time += START + LAUNCH
    assert ("RollbackInProgress", 0, 2) == fleet.progress()
    assert 50 == fleet.refresh()["RollbackDetails"]["PercentageCompleteOnRollback"]
    clock.time += LAUNCH
    assert ("RollbackSuccessful", 100, 0) == fleet.progress()
    assert [("1", "InService")] * 4 == fleet.instances()
    assert "1" == fleet.group()["LaunchTemplate"]["Version"]


def test_a_refresh_is_rolled_back_on_request(fleet: Fleet, clock: Clock) -> None:
    """What is on the way comes into service first, then all goes back."""
    fleet.start(MinHealthyPercentage=50)
    clock.time += START + 5
    fleet.autoscaling.rollback_instance_refresh(AutoScalingGroupName="web")
    assert "RollbackInProgress" == fleet.refresh()["Status"]
    clock.time += 3600
    assert ("RollbackSuccessful", 100, 0) == fleet.progress()
    assert [("1", "InService")] * 4 == fleet.instances()


def test_a_refresh_without_a_desired_version_cannot_go_back(fleet: Fleet, clock: Clock) -> None:
    """There is nothing to go back to where nothing else was asked for."""
    fleet.autoscaling.start_instance_refresh(AutoScalingGroupName="web")
    with pytest.raises(fleet.autoscaling.exceptions.IrreversibleInstanceRefreshFault):
        fleet.autoscaling.rollback_instance_refresh(AutoScalingGroupName="web")


def test_a_refresh_is_cancelled_after_what_is_on_the_way(fleet: Fleet, clock: Clock) -> None:
    """A cancelled refresh ends with the batch that had begun; without one there is nothing to cancel."""
    fleet.start(MinHealthyPercentage=50)
    clock.time += START
    fleet.autoscaling.cancel_instance_refresh(AutoScalingGroupName="web")
    assert "Cancelling" == fleet.refresh()["Status"]
    clock.time += LAUNCH
    assert ("Cancelled", 50, 2) == fleet.progress()
    assert "1" == fleet.group()["LaunchTemplate"]["Version"]
    with pytest.raises(fleet.autoscaling.exceptions.ActiveInstanceRefreshNotFoundFault):
        fleet.autoscaling.cancel_instance_refresh(AutoScalingGroupName="web")


def test_a_refresh_of_no_group_is_refused(client: Client) -> None:
    """A group that is not there cannot be refreshed."""
    with pytest.raises(ClientError, match="ValidationError"):
        client("autoscaling").start_instance_refresh(AutoScalingGroupName="web")


def test_a_refresh_ends_with_its_group(fleet: Fleet, clock: Clock) -> None:
    """Deleting the group in the middle leaves nothing that still moves."""
    fleet.start(MinHealthyPercentage=50)
    clock.time += START
    assert "InProgress" == fleet.refresh()["Status"]
    fleet.autoscaling.delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
    clock.time += 3600
    assert [] == fleet.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
