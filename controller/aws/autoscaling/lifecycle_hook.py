"""A pause before an instance of a group begins to serve, or before it ends."""

from typing import Annotated, Literal

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.words import Create, Listing, Setter, Single
from controller.core.model.conditions import Has
from controller.core.model.limits import Bounds
from controller.core.model.rules import Needs
from controller.core.model.spec import Aws, Immutable, Named, Spec, To


class LifecycleHookSpec(Spec):
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html"""

    constraints = (Needs("role", when=Has("notificationTarget")),)

    auto_scaling_group: Annotated[str, To("AutoScalingGroup"), Immutable(), Aws("AutoScalingGroupName")]
    """The Auto Scaling group."""
    lifecycle_hook_name: Annotated[str | None, Immutable(), Named(limit=255, within="autoScalingGroup")] = None
    """Its name, unique within the group. Unset: `<stack>-<name>-<hash>`."""
    lifecycle_transition: Annotated[
        Literal["autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"], Immutable()
    ]
    """Whether instances wait on launch or on termination."""
    heartbeat_timeout: Annotated[int | None, Bounds(30, 7200)] = None
    """The timeout of the wait, in seconds. AWS's default: 3600."""
    default_result: Literal["CONTINUE", "ABANDON"] | None = None
    """What happens on timeout. AWS's default: `ABANDON`."""
    notification_metadata: str | None = None
    """Text to include in the notification."""
    notification_target: Annotated[str | None, To("Topic", attribute="arn"), Aws("NotificationTargetARN")] = None
    """The SNS topic that is notified; an SQS queue by `{id: arn}`. Unset: only EventBridge is notified."""
    role: Annotated[str | None, To("Role", attribute="arn"), Aws("RoleARN")] = None
    """The role that may publish to the target."""


class LifecycleHook(AwsKind):
    """A lifecycle hook. It takes no tags: ownership follows its group. Hooks are listed per group.

    A new group is created with its hooks, so that no instance is launched without them.
    """

    spec, service, id_field = LifecycleHookSpec, "autoscaling", "AutoScalingGroupName/LifecycleHookName"
    natural_key, parent = ("autoScalingGroup", "lifecycleHookName"), "autoScalingGroup"
    made_within = "LifecycleHookSpecificationList"
    listing = Listing("DescribeLifecycleHooks", "LifecycleHooks", parent="AutoScalingGroupName")
    single = Single("DescribeLifecycleHooks", "LifecycleHooks[]", ("AutoScalingGroupName", "LifecycleHookNames"))
    creation, deletion = Create("PutLifecycleHook", ""), "DeleteLifecycleHook"
    setters = (Setter("PutLifecycleHook", whole=True),)
