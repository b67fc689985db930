"""What belongs to a group and moto lacks: whom it notifies. A warm pool is deleted before its group."""

from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("autoscaling")


@PATCHES.added(AutoScalingResponse, "put_notification_configuration")
def _put(response: Any) -> Any:
    """The types of a topic are replaced by those of the call."""
    topics = _topics(response)
    topics[response._get_param("TopicARN")] = list(response._get_param("NotificationTypes"))
    return EmptyResult()


@PATCHES.added(AutoScalingResponse, "delete_notification_configuration")
def _delete(response: Any) -> Any:
    """One that is not there is an error."""
    if _topics(response).pop(response._get_param("TopicARN"), None) is None:
        raise ValidationError("Notification configuration doesn't exist")
    return EmptyResult()


@PATCHES.added(AutoScalingResponse, "describe_notification_configurations")
def _describe(response: Any) -> Any:
    """Each type of each topic by itself."""
    names = response._get_param("AutoScalingGroupNames", [])
    groups = [g for g in response.autoscaling_backend.autoscaling_groups.values() if not names or g.name in names]
    shown = [
        {"AutoScalingGroupName": group.name, "TopicARN": topic, "NotificationType": each}
        for group in groups
        for topic, types in vars(group).get("notified", {}).items()
        for each in types
    ]
    return ActionResult({"NotificationConfigurations": shown})


@PATCHES.around(AutoScalingResponse, "delete_auto_scaling_group")
def _delete_group(delete: Method, response: Any) -> Any:
    """A group that still has a warm pool stays."""
    group = response.autoscaling_backend.autoscaling_groups.get(response._get_param("AutoScalingGroupName"))
    if group and group.warm_pool:
        raise AutoscalingClientError(
            "ResourceInUse", "You cannot delete an AutoScalingGroup while it has a warm pool."
        )
    return delete(response)


@PATCHES.around(FakeAutoScalingGroup, "put_warm_pool")
def _put_pool(put: Method, group: Any, **keywords: Any) -> None:
    """No limit is said as -1, and not shown."""
    limit = keywords["max_group_prepared_capacity"]
    put(group, **{**keywords, "max_group_prepared_capacity": None if limit == -1 else limit})


def _topics(response: Any) -> dict[str, list[str]]:
    group = response.autoscaling_backend.autoscaling_groups.get(response._get_param("AutoScalingGroupName"))
    if group is None:
        raise ValidationError("AutoScalingGroup name not found - null")
    topics: dict[str, list[str]] = vars(group).setdefault("notified", {})
    return topics
