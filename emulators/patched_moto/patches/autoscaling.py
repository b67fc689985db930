"""Auto Scaling as AWS has it. What each operation promises is in its page of
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/"""

from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import (
    AutoScalingBackend,
    FakeAutoScalingGroup,
    FakeLaunchConfiguration,
    InstanceState,
)
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from emulators.patched_moto.patches.asking import default, keep
from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("autoscaling")

_CREATED = (
    "AvailabilityZoneDistribution",
    "CapacityRebalance",
    "Context",
    "DefaultCooldown",
    "DefaultInstanceWarmup",
    "DeletionProtection",
    "DesiredCapacityType",
    "HealthCheckGracePeriod",
    "InstanceMaintenancePolicy",
    "MaxInstanceLifetime",
    "PlacementGroup",
    "ServiceLinkedRoleARN",
)
_UPDATED = (*_CREATED, "TerminationPolicies")
_TEMPLATES = ("LaunchTemplate", "LaunchConfigurationName", "MixedInstancesPolicy")


@PATCHES.around(AutoScalingResponse, "create_auto_scaling_group")
def _create_group(create: Method, response: Any) -> Any:
    """A name that is taken is refused. moto replaces the group. It also drops several settings and the lifecycle
    hooks of the call, and knows no grace period of zero, which is AWS's default."""
    name, backend = response._get_param("AutoScalingGroupName"), response.autoscaling_backend
    if name in backend.autoscaling_groups:
        taken = f"AutoScalingGroup by this name already exists - A group with the name {name} already exists"
        raise AutoscalingClientError("AlreadyExists", taken)
    answer = create(response)
    group = backend.autoscaling_groups[name]
    group.health_check_grace_period = 0
    keep(response, group, _CREATED)
    for hook in response._get_param("LifecycleHookSpecificationList", []):
        _put_hook(backend, {"AutoScalingGroupName": name, **hook})
    return answer


@PATCHES.around(AutoScalingResponse, "update_auto_scaling_group")
def _update_group(update: Method, response: Any) -> Any:
    """Every setting of the call is taken, and what it leaves out stays. moto takes half of them, and forgets the
    policy of mixed instances with each call that does not repeat it."""
    group = response.autoscaling_backend.autoscaling_groups.get(response._get_param("AutoScalingGroupName"))
    policy = group and group.mixed_instances_policy
    answer = update(response)
    keep(response, group, _UPDATED)
    given = {name for name in _TEMPLATES if response._get_param(name)}
    if not given:
        group.mixed_instances_policy = policy
    if given & {"LaunchTemplate", "MixedInstancesPolicy"}:
        group.launch_config = group.launch_configuration_name = None
    elif given:
        group.ec2_launch_template = None
    return answer


@PATCHES.around(AutoScalingResponse, "delete_auto_scaling_group")
def _delete_group(delete: Method, response: Any) -> Any:
    """A group with instances is deleted by force only, and what belongs to it goes with it. moto asks nothing, and
    keeps its hooks, policies and scheduled actions."""
    name, backend = response._get_param("AutoScalingGroupName"), response.autoscaling_backend
    group, force = backend.autoscaling_groups.get(name), response._get_bool_param("ForceDelete", False)
    if group and group.instance_states and not force:
        raise AutoscalingClientError(
            "ResourceInUse",
            "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) "
            "still in the group.",
        )
    for instance in group.instance_states if group else ():
        instance.protected_from_scale_in = False
    answer = delete(response)
    for belongings in (backend.lifecycle_hooks, backend.policies, backend.scheduled_actions):
        for key in [key for key, thing in belongings.items() if thing.auto_scaling_group_name == name]:
            del belongings[key]
    return answer


@PATCHES.around(FakeAutoScalingGroup, "enable_metrics_collection")
def _enable_metrics(enable: Method, group: Any, metrics: list[str]) -> None:
    """Metrics come in addition to those that are collected. moto forgets those."""
    enable(group, list(dict.fromkeys((*group.metrics, *metrics))))


@PATCHES.added(AutoScalingResponse)
def disable_metrics_collection(response: Any) -> EmptyResult:
    """These metrics are collected no more, or all of them. moto cannot."""
    group = response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]
    taken = response._get_param("Metrics") or group.metrics
    group.metrics = [metric for metric in group.metrics if metric not in taken]
    return EmptyResult()


@PATCHES.around(FakeAutoScalingGroup, "set_desired_capacity")
def _scale(scale: Method, group: Any, new_capacity: int | None) -> None:
    """An instance that is ended leaves the target groups. moto leaves it in."""
    before = {state.instance_id for state in group.instance_states}
    scale(group, new_capacity)
    ended = before - {state.instance_id for state in group.instance_states}
    for arn in group.target_group_arns:
        target_group = group.autoscaling_backend.elbv2_backend.target_groups.get(arn)
        if target_group:
            target_group.deregister_terminated_instances(ended)


@PATCHES.around(InstanceState, "__init__")
def _launched(launch: Method, state: Any, *arguments: Any, **keywords: Any) -> None:
    """An instance keeps the version of the launch template that it was launched from. moto tells the default one."""
    launch(state, *arguments, **keywords)
    group = state.auto_scaling_group
    template = group.ec2_launch_template
    state.launched_from = template and {
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "Version": str(template.get_version(group.launch_template_version).number),
    }
    state.launched_as = None if template else group.launch_configuration_name


@PATCHES.shown(InstanceState, "launch_template")
def _launch_template(state: Any) -> Any:
    """What the instance was launched from, see above."""
    return state.launched_from


@PATCHES.shown(InstanceState, "launch_configuration_name")
def _launch_configuration(state: Any) -> Any:
    """The same for a launch configuration."""
    return state.launched_as


@PATCHES.shown(FakeAutoScalingGroup, "launch_template")
def _template_of_group(group: Any) -> Any:
    """A group with a policy of mixed instances shows its template there and nowhere else. moto has an error."""
    template = group.ec2_launch_template
    if not template or group.mixed_instances_policy:
        return None
    shown = {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name}
    return shown | {"Version": group.provided_launch_template_version or "$Default"}


@PATCHES.around(AutoScalingResponse, "create_launch_configuration")
def _create_configuration(create: Method, response: Any) -> Any:
    """A name that is taken is refused, and instances are monitored in detail unless the call says no. moto also drops
    the tenancy, and makes something of the devices."""
    name = response._get_param("LaunchConfigurationName")
    if name in response.autoscaling_backend.launch_configurations:
        taken = f"Launch Configuration by this name already exists - A launch configuration already exists: {name}"
        raise AutoscalingClientError("AlreadyExists", taken)
    answer = create(response)
    monitored = response._get_bool_param("InstanceMonitoring.Enabled", True)
    made = response.autoscaling_backend.launch_configurations[name]
    made.instance_monitoring_enabled = monitored
    keep(response, made, ("PlacementTenancy",))
    return answer


@PATCHES.shown(FakeLaunchConfiguration, "block_device_mappings")
def _devices(configuration: Any) -> Any:
    """The devices as the call gave them. moto loses those that are left out and adds disks where there are none."""
    return configuration.block_device_mapping_dict or []


@PATCHES.around(AutoScalingBackend, "delete_launch_configuration")
def _delete_configuration(delete: Method, backend: Any, name: str) -> None:
    """One that a group uses stays, and one that is not there is an error."""
    if name not in backend.launch_configurations:
        raise ValidationError("Launch configuration name not found - null")
    for group in backend.autoscaling_groups.values():
        if name == getattr(group, "launch_configuration_name", None):
            used = (
                f"Cannot delete launch configuration {name} because it is attached to AutoScalingGroup {group.name}"
            )
            raise AutoscalingClientError("ResourceInUse", used)
    delete(backend, name)


@PATCHES.around(AutoScalingResponse, "put_scaling_policy")
def _put_policy(put: Method, response: Any) -> Any:
    """The answer has the policy's ARN, and a name is one within its group. moto loses the ARN by its spelling, and
    lets the policy of one group displace another group's."""
    put(response)
    policies = response.autoscaling_backend.policies
    policy = policies.pop(response._get_param("PolicyName"))
    policies[policy.arn] = policy
    policy.enabled = response._get_bool_param("Enabled", True)
    if policy.policy_type == "StepScaling":
        default(policy, metric_aggregation_type="Average")
    if policy.target_tracking_configuration:
        default(policy.target_tracking_configuration, DisableScaleIn=False)
    return ActionResult({"PolicyARN": policy.arn, "Alarms": []})


@PATCHES.around(AutoScalingBackend, "delete_policy", "execute_policy")
def _of_policy(act: Method, backend: Any, name: str) -> None:
    """A policy is named by its ARN; see above. One that is not there is an error."""
    if name not in backend.policies:
        raise ValidationError("Policy name not found - null")
    act(backend, name)


@PATCHES.around(AutoScalingResponse, "delete_policy", "execute_policy")
def _named_policy(act: Method, response: Any) -> Any:
    """The call names it by its ARN, or by its group and its name."""
    name, group = response._get_param("PolicyName"), response._get_param("AutoScalingGroupName")
    for policy in response.autoscaling_backend.policies.values():
        if policy.name == name and policy.auto_scaling_group_name == group:
            response.params["PolicyName"] = policy.arn
    return act(response)


@PATCHES.around(AutoScalingBackend, "put_scheduled_update_group_action")
def _put_action(put: Method, backend: Any, name: str, **keywords: Any) -> Any:
    """A scheduled action's name is one within its group. moto lets it displace another group's. It also shows no ARN,
    and no first time of a recurrence."""
    others = dict(backend.scheduled_actions)
    action = put(backend, name, **keywords)
    action.scheduled_action_arn = (
        f"arn:aws:autoscaling:{backend.region_name}:{backend.account_id}:scheduledUpdateGroupAction:"
        f"{action.scheduled_action_name}:autoScalingGroupName/{name}:scheduledActionName/{action.scheduled_action_name}"
    )
    backend.scheduled_actions.clear()
    backend.scheduled_actions.update(others | {action.scheduled_action_arn: action})
    return action


@PATCHES.added(AutoScalingBackend, "delete_scheduled_action")
def _delete_action(backend: Any, auto_scaling_group_name: str, scheduled_action_name: str) -> None:
    """By its group and its name; see above."""
    actions = backend.describe_scheduled_actions(auto_scaling_group_name, [scheduled_action_name])
    if not actions:
        raise ValidationError("Scheduled action name not found")
    del backend.scheduled_actions[actions[0].scheduled_action_arn]


@PATCHES.added(AutoScalingResponse, "put_lifecycle_hook")
def _put_lifecycle_hook(response: Any) -> Any:
    """A hook has what the call gave, and an update keeps the rest. moto makes up a role and a queue."""
    _put_hook(response.autoscaling_backend, dict(response.params))
    return EmptyResult()


def _put_hook(backend: Any, parameters: dict[str, Any]) -> None:
    group, name = parameters["AutoScalingGroupName"], parameters["LifecycleHookName"]
    if group not in backend.autoscaling_groups:
        raise ValidationError(f"AutoScalingGroup name not found - null: {group}")
    before = backend.lifecycle_hooks.get(f"{group}_{name}")
    merged = (before.requested if before else {}) | {
        key: value for key, value in parameters.items() if value is not None
    }
    timeout = merged.get("HeartbeatTimeout")
    hook = backend.create_lifecycle_hook(
        name, group, merged["LifecycleTransition"], timeout and int(timeout), merged.get("DefaultResult")
    )
    hook.requested = merged
    hook.role_arn = merged.get("RoleARN")
    hook.notification_target_arn = merged.get("NotificationTargetARN")
    hook.notification_metadata = merged.get("NotificationMetadata")
    hook.global_timeout = min(100 * hook.heartbeat_timeout, 172800)
