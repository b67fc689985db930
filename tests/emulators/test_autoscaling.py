"""Auto Scaling answers as AWS does: see `emulators.patched_moto.patches.autoscaling` and `…instance_refresh`."""

from typing import Any

import pytest

from tests.emulators.conftest import Client
from tests.emulators.refusals import refusal

IMAGE = "ami-12345678"


@pytest.fixture
def scaling(client: Client) -> Any:
    """The client of Auto Scaling."""
    return client("autoscaling")


@pytest.fixture
def template(client: Client) -> str:
    """A launch template with two versions, the first of them the default."""
    ec2 = client("ec2")
    first = {"ImageId": IMAGE, "InstanceType": "t3.micro"}
    made = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=first)["LaunchTemplate"]
    second = {**first, "InstanceType": "t3.small"}
    ec2.create_launch_template_version(LaunchTemplateId=made["LaunchTemplateId"], LaunchTemplateData=second)
    return str(made["LaunchTemplateId"])


@pytest.fixture
def group(scaling: Any, template: str, subnets: list[str]) -> dict[str, Any]:
    """What made the group `web` with two instances."""
    asked = {
        "AutoScalingGroupName": "web",
        "LaunchTemplate": {"LaunchTemplateId": template, "Version": "1"},
        "MinSize": 1,
        "MaxSize": 4,
        "DesiredCapacity": 2,
        "VPCZoneIdentifier": ",".join(subnets),
    }
    scaling.create_auto_scaling_group(**asked)
    return asked


def shown(scaling: Any) -> dict[str, Any]:
    """The group `web` as it is listed."""
    [found] = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])["AutoScalingGroups"]
    return dict(found)


def test_a_group_is_not_replaced_by_another(scaling: Any, group: dict[str, Any]) -> None:
    """A name that is taken is refused, and the group keeps its instances."""
    before = shown(scaling)["Instances"]
    assert "AlreadyExists" == refusal(scaling.create_auto_scaling_group, **group)
    assert before == shown(scaling)["Instances"]


SETTINGS = {
    "DefaultInstanceWarmup": 60,
    "MaxInstanceLifetime": 86400,
    "CapacityRebalance": True,
    "DefaultCooldown": 0,
    "HealthCheckGracePeriod": 0,
    "TerminationPolicies": ["OldestInstance"],
}


def test_settings_of_the_creation_are_shown(scaling: Any, template: str, subnets: list[str]) -> None:
    """Every setting that the creation takes is shown, zeros included."""
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchTemplate={"LaunchTemplateId": template},
        MinSize=0,
        MaxSize=1,
        VPCZoneIdentifier=subnets[0],
        **SETTINGS,
    )
    found = shown(scaling)
    assert SETTINGS == {name: found[name] for name in SETTINGS}


def test_settings_are_changed(scaling: Any, group: dict[str, Any]) -> None:
    """Every setting can be changed, and what a change leaves out stays."""
    scaling.update_auto_scaling_group(AutoScalingGroupName="web", **SETTINGS)
    scaling.update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=5)
    found = shown(scaling)
    assert SETTINGS == {name: found[name] for name in SETTINGS}
    assert (5, group["LaunchTemplate"]["Version"]) == (found["MaxSize"], found["LaunchTemplate"]["Version"])


def test_a_policy_of_mixed_instances_stays(scaling: Any, template: str, subnets: list[str]) -> None:
    """An update that does not mention it keeps it, and the template is shown in it alone."""
    specification = {"LaunchTemplateId": template, "Version": "1"}
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="web",
        MixedInstancesPolicy={"LaunchTemplate": {"LaunchTemplateSpecification": specification}},
        MinSize=0,
        MaxSize=1,
        VPCZoneIdentifier=subnets[0],
    )
    scaling.update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=2)
    found = shown(scaling)
    in_policy = found["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"]
    assert {**specification, "LaunchTemplateName": "web"} == in_policy
    assert "LaunchTemplate" not in found


def test_instances_show_what_they_were_launched_from(scaling: Any, group: dict[str, Any], template: str) -> None:
    """A group that turns to another version leaves its instances at theirs; new ones have the new."""
    changed = {"LaunchTemplateId": template, "Version": "$Latest"}
    scaling.update_auto_scaling_group(AutoScalingGroupName="web", LaunchTemplate=changed, DesiredCapacity=3)
    instances = shown(scaling)["Instances"]
    assert ["1", "1", "2"] == sorted(instance["LaunchTemplate"]["Version"] for instance in instances)
    assert {"web"} == {instance["LaunchTemplate"]["LaunchTemplateName"] for instance in instances}
    assert "$Latest" == shown(scaling)["LaunchTemplate"]["Version"]


def test_a_refresh_replaces_the_instances(scaling: Any, group: dict[str, Any], template: str) -> None:
    """Afterwards the group has the desired configuration and other instances, launched from it."""
    before = {instance["InstanceId"] for instance in shown(scaling)["Instances"]}
    desired = {"LaunchTemplate": {"LaunchTemplateId": template, "Version": "2"}}
    started = scaling.start_instance_refresh(
        AutoScalingGroupName="web", DesiredConfiguration=desired, Preferences={"MinHealthyPercentage": 50}
    )
    [found] = scaling.describe_instance_refreshes(AutoScalingGroupName="web")["InstanceRefreshes"]
    assert started["InstanceRefreshId"] == found["InstanceRefreshId"]
    assert ("Successful", 100) == (found["Status"], found["PercentageComplete"])
    assert (50, False) == (found["Preferences"]["MinHealthyPercentage"], found["Preferences"]["SkipMatching"])
    assert desired == found["DesiredConfiguration"]
    after = shown(scaling)
    assert "2" == after["LaunchTemplate"]["Version"]
    assert ["2", "2"] == [instance["LaunchTemplate"]["Version"] for instance in after["Instances"]]
    assert not before & {instance["InstanceId"] for instance in after["Instances"]}


def test_a_refresh_may_skip_what_matches(scaling: Any, group: dict[str, Any], template: str) -> None:
    """With SkipMatching only instances of another configuration are replaced."""
    before = shown(scaling)["Instances"]
    scaling.start_instance_refresh(AutoScalingGroupName="web", Preferences={"SkipMatching": True})
    assert before == shown(scaling)["Instances"]


def test_no_refresh_is_under_way(scaling: Any, group: dict[str, Any]) -> None:
    """One is done at once, so there is none that could be ended."""
    scaling.start_instance_refresh(AutoScalingGroupName="web")
    for end in (scaling.cancel_instance_refresh, scaling.rollback_instance_refresh):
        assert "ActiveInstanceRefreshNotFound" == refusal(end, AutoScalingGroupName="web")


def test_a_group_with_instances_is_not_deleted(scaling: Any, group: dict[str, Any]) -> None:
    """Only by force, or when it has been scaled in."""
    assert "ResourceInUse" == refusal(scaling.delete_auto_scaling_group, AutoScalingGroupName="web")
    scaling.update_auto_scaling_group(AutoScalingGroupName="web", MinSize=0, DesiredCapacity=0)
    scaling.delete_auto_scaling_group(AutoScalingGroupName="web")
    scaling.create_auto_scaling_group(**group)
    scaling.delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
    assert [] == scaling.describe_auto_scaling_groups()["AutoScalingGroups"]


def test_what_belongs_to_a_group_goes_with_it(scaling: Any, group: dict[str, Any]) -> None:
    """Hooks, policies and scheduled actions do not outlive it."""
    of_group = {"AutoScalingGroupName": "web"}
    hook = {"LifecycleHookName": "drain", "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING"}
    scaling.put_lifecycle_hook(**of_group, **hook)
    scaling.put_scaling_policy(**of_group, PolicyName="p", AdjustmentType="ChangeInCapacity", ScalingAdjustment=1)
    scaling.put_scheduled_update_group_action(**of_group, ScheduledActionName="night", Recurrence="0 0 * * *")
    scaling.delete_auto_scaling_group(**of_group, ForceDelete=True)
    scaling.create_auto_scaling_group(**group)
    assert [] == scaling.describe_lifecycle_hooks(**of_group)["LifecycleHooks"]
    assert [] == scaling.describe_policies(**of_group)["ScalingPolicies"]
    assert [] == scaling.describe_scheduled_actions(**of_group)["ScheduledUpdateGroupActions"]


def test_steps_of_a_policy_are_shown(scaling: Any, group: dict[str, Any]) -> None:
    """A step policy comes back as it was put, with its ARN."""
    asked = {
        "PolicyName": "out",
        "AutoScalingGroupName": "web",
        "PolicyType": "StepScaling",
        "AdjustmentType": "PercentChangeInCapacity",
        "MinAdjustmentMagnitude": 2,
        "EstimatedInstanceWarmup": 90,
        "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 30}],
    }
    put = scaling.put_scaling_policy(**asked)
    [found] = scaling.describe_policies()["ScalingPolicies"]
    assert asked == {name: found[name] for name in asked}
    assert ("Average", True) == (found["MetricAggregationType"], found["Enabled"])
    assert found["PolicyARN"] == put["PolicyARN"]


def test_the_target_of_a_policy_is_shown(scaling: Any, group: dict[str, Any]) -> None:
    """A target tracking policy comes back as it was put."""
    asked = {
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
        "TargetValue": 50.0,
    }
    scaling.put_scaling_policy(
        PolicyName="cpu",
        AutoScalingGroupName="web",
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration=asked,
        EstimatedInstanceWarmup=30,
    )
    [found] = scaling.describe_policies()["ScalingPolicies"]
    assert {**asked, "DisableScaleIn": False} == found["TargetTrackingConfiguration"]
    assert 30 == found["EstimatedInstanceWarmup"]


def test_names_are_names_within_the_group(scaling: Any, group: dict[str, Any]) -> None:
    """Two groups may have policies and scheduled actions of the same names; each is changed and deleted by itself."""
    scaling.create_auto_scaling_group(**{**group, "AutoScalingGroupName": "api", "DesiredCapacity": 1})
    for name, cooldown in (("web", 10), ("api", 20), ("web", 30)):
        of_group = {"AutoScalingGroupName": name}
        scaling.put_scaling_policy(
            **of_group, PolicyName="p", AdjustmentType="ChangeInCapacity", ScalingAdjustment=1, Cooldown=cooldown
        )
        scaling.put_scheduled_update_group_action(
            **of_group, ScheduledActionName="night", Recurrence="0 0 * * *", MinSize=cooldown
        )
    policies = scaling.describe_policies()["ScalingPolicies"]
    assert {"web": 30, "api": 20} == {policy["AutoScalingGroupName"]: policy["Cooldown"] for policy in policies}
    actions = scaling.describe_scheduled_actions()["ScheduledUpdateGroupActions"]
    assert {"web": 30, "api": 20} == {action["AutoScalingGroupName"]: action["MinSize"] for action in actions}
    scaling.delete_policy(AutoScalingGroupName="web", PolicyName="p")
    scaling.delete_scheduled_action(AutoScalingGroupName="web", ScheduledActionName="night")
    assert ["api"] == [found["AutoScalingGroupName"] for found in scaling.describe_policies()["ScalingPolicies"]]
    left = scaling.describe_scheduled_actions()["ScheduledUpdateGroupActions"]
    assert ["api"] == [found["AutoScalingGroupName"] for found in left]


def test_a_hook_has_what_it_was_given(scaling: Any, group: dict[str, Any]) -> None:
    """Nothing is made up, and a later call changes only what it names."""
    hook = {"AutoScalingGroupName": "web", "LifecycleHookName": "drain"}
    transition = {"LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING"}
    scaling.put_lifecycle_hook(**hook, **transition, HeartbeatTimeout=60)
    [found] = scaling.describe_lifecycle_hooks(AutoScalingGroupName="web")["LifecycleHooks"]
    assert {**hook, **transition, "HeartbeatTimeout": 60, "GlobalTimeout": 6000, "DefaultResult": "ABANDON"} == found
    told = {
        "RoleARN": "arn:aws:iam::123456789012:role/hook",
        "NotificationTargetARN": "arn:aws:sns:us-east-1:123456789012:hook",
        "NotificationMetadata": "note",
        "DefaultResult": "CONTINUE",
    }
    scaling.put_lifecycle_hook(**hook, **told)
    [found] = scaling.describe_lifecycle_hooks(AutoScalingGroupName="web")["LifecycleHooks"]
    assert {**hook, **transition, **told, "HeartbeatTimeout": 60, "GlobalTimeout": 6000} == found


def test_a_launch_configuration_is_shown_as_it_was_made(scaling: Any) -> None:
    """Its tenancy and its devices, also one that is left out, are those of the call."""
    devices = [
        {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 30, "Encrypted": True}},
        {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
        {"DeviceName": "/dev/sdc", "NoDevice": True},
    ]
    asked = {"ImageId": IMAGE, "InstanceType": "t3.micro", "PlacementTenancy": "dedicated"}
    scaling.create_launch_configuration(LaunchConfigurationName="web", BlockDeviceMappings=devices, **asked)
    [found] = scaling.describe_launch_configurations()["LaunchConfigurations"]
    assert ("dedicated", devices) == (found["PlacementTenancy"], found["BlockDeviceMappings"])


def test_a_launch_configuration_in_use_stays(scaling: Any, subnets: list[str]) -> None:
    """It can be deleted when no group uses it, and its name is taken until then."""
    asked = {"LaunchConfigurationName": "web", "ImageId": IMAGE, "InstanceType": "t3.micro"}
    scaling.create_launch_configuration(**asked)
    assert "AlreadyExists" == refusal(scaling.create_launch_configuration, **asked)
    sizes = {"MinSize": 0, "MaxSize": 1, "VPCZoneIdentifier": subnets[0]}
    scaling.create_auto_scaling_group(AutoScalingGroupName="web", LaunchConfigurationName="web", **sizes)
    assert "ResourceInUse" == refusal(scaling.delete_launch_configuration, LaunchConfigurationName="web")
    scaling.delete_auto_scaling_group(AutoScalingGroupName="web")
    scaling.delete_launch_configuration(LaunchConfigurationName="web")
    assert "ValidationError" == refusal(scaling.delete_launch_configuration, LaunchConfigurationName="web")


def test_ended_instances_leave_the_target_group(
    client: Client, scaling: Any, group: dict[str, Any], vpc: str
) -> None:
    """After scaling in, only those that run are registered."""
    balancing = client("elbv2")
    [target_group] = balancing.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"]
    arn = target_group["TargetGroupArn"]
    scaling.attach_load_balancer_target_groups(AutoScalingGroupName="web", TargetGroupARNs=[arn])
    scaling.update_auto_scaling_group(AutoScalingGroupName="web", DesiredCapacity=1)
    health = balancing.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    running = [instance["InstanceId"] for instance in shown(scaling)["Instances"]]
    assert running == [description["Target"]["Id"] for description in health]
