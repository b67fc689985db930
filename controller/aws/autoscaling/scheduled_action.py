"""When an Auto Scaling group changes its size by the clock."""

from dataclasses import replace

from controller.aws.autoscaling.scheduled_action_spec import Next, ScheduledActionSpec
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Attribute, Create, Listing, Setter, Single
from controller.core.model.call import Call
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Placeholder
from controller.core.model.shape import Tree


class ScheduledAction(AwsKind):
    """A scheduled action. It takes no tags: ownership follows its group.

    AWS deletes one that will not run again: take it out of the document then, because it cannot be created in the
    past.
    """

    spec, service, id_field = ScheduledActionSpec, "autoscaling", "AutoScalingGroupName/ScheduledActionName"
    natural_key, parent = ("autoScalingGroup", "scheduledActionName"), "autoScalingGroup"
    listing = Listing("DescribeScheduledActions", "ScheduledUpdateGroupActions", page=100)
    single = Single(
        "DescribeScheduledActions", "ScheduledUpdateGroupActions[]", ("AutoScalingGroupName", "ScheduledActionNames")
    )
    creation, deletion = Create("PutScheduledUpdateGroupAction", ""), "DeleteScheduledAction"
    setters = (Setter("PutScheduledUpdateGroupAction", whole=True),)
    attributes = {"arn": Attribute("Its ARN.", "ScheduledActionARN")}

    def fields(self, item: Item) -> Tree:
        """With a recurrence, the start is the next one."""
        shown = super().fields(item)
        recurs = shown.get("recurrence") and shown.get("startTime")
        return {**shown, "startTime": Next(shown["startTime"])} if recurs else shown

    def setting(self, setter: Setter, node: Node, group: list[str], live: Live | None, me: Placeholder) -> Call:
        """A start that AWS has moved on stays: it takes none that has passed."""
        kept = {"startTime": live.fields["startTime"]} if live and _moves_on(node, group, live) else {}
        return super().setting(setter, replace(node, fields={**node.fields, **kept}), group, live, me)


def _moves_on(node: Node, group: list[str], live: Live) -> bool:
    return "startTime" in node.fields and "startTime" not in group and isinstance(live.fields["startTime"], Next)
