"""What belongs to a group and has calls of its own: its warm pool, and whom it notifies."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.core.model.equality import Blank, Default
from controller.core.model.shape import Tree
from controller.core.model.spec import Aws, Form, Spec, To, Unordered


class WarmPool(Spec):
    """Instances that are launched in advance, and wait. `{}` removes the pool together with its instances."""

    pool_state: Literal["Stopped", "Running", "Hibernated"] | None = None
    """How they wait; every pool says it."""
    min_size: int | None = None
    """The minimum number of instances in the pool. AWS's default: 0."""
    max_group_prepared_capacity: Annotated[int | None, Default(-1)] = None
    """The maximum number of instances in the group and its pool together; -1, AWS's default, takes the group's
    `maxSize`."""
    reuse_on_scale_in: Annotated[bool | None, Blank(), Aws("InstanceReusePolicy.ReuseOnScaleIn")] = None
    """Whether instances return to the pool when the group scales in. AWS's default: they are terminated."""

    @model_validator(mode="after")
    def _there(self) -> "WarmPool":
        if self.model_fields_set and self.pool_state is None:
            raise PydanticCustomError("warm_pool", "a warm pool requires a poolState, such as Stopped; {} removes it")
        return self


def _by_topic(shown: Iterable[Tree]) -> list[Tree]:
    """AWS shows each type of each topic by itself."""
    topics: dict[Any, list[str]] = {}
    for each in shown:
        topics.setdefault(each["topic"], []).append(each["notificationTypes"])
    return [{"topic": topic, "notificationTypes": types} for topic, types in topics.items()]


BY_TOPIC = Form(read=_by_topic, write=lambda topics: topics)
"""Notifications by their topics."""


class NotificationConfiguration(Spec):
    """What a topic is notified of."""

    topic: Annotated[str, To("Topic", attribute="arn"), Aws("TopicARN")]
    """The topic. AWS sends it a test message first."""
    notification_types: Annotated[list[str], Unordered(), Aws("NotificationType", write="NotificationTypes")]
    """The events, such as `autoscaling:EC2_INSTANCE_LAUNCH_ERROR`."""


PROPAGATION = Form(
    read=lambda tags: {tag["Key"]: bool(tag.get("PropagateAtLaunch")) for tag in tags}, write=lambda tags: tags
)
"""Of each tag of a group whether instances get it."""
