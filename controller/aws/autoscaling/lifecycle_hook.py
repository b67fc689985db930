"""A pause before an instance of a group begins to serve, or before it ends."""

from typing import Annotated, Literal

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.words import Create, Listing, Setter, Single
from controller.core.model.spec import Aws, Immutable, Named, Spec, To


class LifecycleHookSpec(Spec):
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html"""

    auto_scaling_group: Annotated[str, To("AutoScalingGroup"), Immutable(), Aws("AutoScalingGroupName")]
    """The group whose instances pause."""
    lifecycle_hook_name: Annotated[str | None, Immutable(), Named(limit=255, within="autoScalingGroup")] = None
    """Its name, unique within the group. Unset: `<stack>-<name>-<hash>`."""
    lifecycle_transition: Annotated[
        Literal["autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"], Immutable()
    ]
    """Whether they pause when they begin or when they end."""
    heartbeat_timeout: int | None = None
    """So many seconds until the pause is over by itself. AWS's default: 3600."""
    default_result: Literal["CONTINUE", "ABANDON"] | None = None
    """What happens when nobody ends the pause. AWS's default: `ABANDON`."""
    notification_metadata: str | None = None
    """A text that is sent along with the notification."""
    notification_target: Annotated[str | None, To("Topic", attribute="arn"), Aws("NotificationTargetARN")] = None
    """The SNS topic that is told of each pause; a queue by `{id: arn}`. Unset: EventBridge alone is told."""
    role: Annotated[str | None, To("Role", attribute="arn"), Aws("RoleARN")] = None
    """The role by which AWS tells the target. AWS's default: its own service-linked role."""


_CHANGEABLE = ("heartbeatTimeout", "defaultResult", "notificationMetadata", "notificationTarget", "role")


class LifecycleHook(AwsKind):
    """A lifecycle hook. It takes no tags and is ours where its group is; each group has a listing of its own."""

    spec, service, id_field = LifecycleHookSpec, "autoscaling", "AutoScalingGroupName/LifecycleHookName"
    natural_key, parent = ("autoScalingGroup", "lifecycleHookName"), "autoScalingGroup"
    listing = Listing("DescribeLifecycleHooks", "LifecycleHooks", parent="AutoScalingGroupName")
    single = Single("DescribeLifecycleHooks", "LifecycleHooks[]", ("AutoScalingGroupName", "LifecycleHookNames"))
    creation, deletion = Create("PutLifecycleHook", ""), "DeleteLifecycleHook"
    setters = (Setter("PutLifecycleHook", _CHANGEABLE, whole=True),)
