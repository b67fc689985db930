"""Instance refresh, which moto lacks: the instances of a group are replaced by such of another configuration."""

import uuid
from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from emulators.patched_moto.patching import Patches

PATCHES = Patches("autoscaling")

# AWS's own, see https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RefreshPreferences.html
_PREFERENCES = {
    "MinHealthyPercentage": 90,
    "SkipMatching": False,
    "AutoRollback": False,
    "ScaleInProtectedInstances": "Ignore",
    "StandbyInstances": "Ignore",
}


@PATCHES.added(AutoScalingResponse, "start_instance_refresh")
def _start(response: Any) -> Any:
    """A refresh is done as soon as it is asked for: the group has the desired configuration, and new instances."""
    group, parameters = _group(response), response.params
    desired = parameters.get("DesiredConfiguration")
    if desired:
        group._set_launch_configuration(None, desired.get("LaunchTemplate"), desired.get("MixedInstancesPolicy"))
        group.mixed_instances_policy = desired.get("MixedInstancesPolicy")
    refresh = _finished(group, parameters)
    _renew(group, only_others=refresh["Preferences"]["SkipMatching"])
    vars(group).setdefault("instance_refreshes", []).insert(0, refresh)
    return ActionResult({"InstanceRefreshId": refresh["InstanceRefreshId"]})


@PATCHES.added(AutoScalingResponse, "describe_instance_refreshes")
def _describe(response: Any) -> Any:
    """The refreshes of the group, the last one first."""
    wanted = response._get_param("InstanceRefreshIds", [])
    refreshes = vars(_group(response)).get("instance_refreshes", [])
    chosen = [refresh for refresh in refreshes if not wanted or refresh["InstanceRefreshId"] in wanted]
    return ActionResult({"InstanceRefreshes": chosen})


@PATCHES.added(AutoScalingResponse, "cancel_instance_refresh", "rollback_instance_refresh")
def _no_more(response: Any) -> Any:
    """There is never one under way that could be ended."""
    name = _group(response).name
    message = f"No in progress or pending Instance Refresh found for Auto Scaling group {name}"
    raise AutoscalingClientError("ActiveInstanceRefreshNotFound", message)


def _group(response: Any) -> Any:
    name = response._get_param("AutoScalingGroupName")
    group = response.autoscaling_backend.autoscaling_groups.get(name)
    if group is None:
        raise ValidationError(f"AutoScalingGroup name not found - no such group: {name}")
    return group


def _finished(group: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "InstanceRefreshId": str(uuid.uuid4()),
        "AutoScalingGroupName": group.name,
        "Status": "Successful",
        "StartTime": utcnow(),
        "EndTime": utcnow(),
        "PercentageComplete": 100,
        "InstancesToUpdate": 0,
        "Preferences": _PREFERENCES | parameters.get("Preferences", {}),
        "DesiredConfiguration": parameters.get("DesiredConfiguration"),
    }


def _renew(group: Any, only_others: bool) -> None:
    """Ends the instances, those that match already only where that is asked for, and scales out again."""
    leaving = [state for state in group.instance_states if not (only_others and _matches(state, group))]
    capacity = group.desired_capacity
    for state in group.instance_states:
        state.protected_from_scale_in = state not in leaving
    group.set_desired_capacity(capacity - len(leaving))
    for state in group.instance_states:
        state.protected_from_scale_in = group.new_instances_protected_from_scale_in
    group.set_desired_capacity(capacity)


def _matches(state: Any, group: Any) -> bool:
    template = group.ec2_launch_template
    if not template:
        return bool(state.launched_as == group.launch_configuration_name)
    wanted = (template.id, str(template.get_version(group.launch_template_version).number))
    launched = state.launched_from or {}
    return wanted == (launched.get("LaunchTemplateId"), launched.get("Version"))
