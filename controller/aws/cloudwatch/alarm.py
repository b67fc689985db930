"""What tells that something is not as it should be."""

from dataclasses import replace

from controller.aws.cloudwatch.alarm_spec import AlarmSpec
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.words import Attribute, Create, HealthSource, Listing, Setter
from controller.core.model.call import Call
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Placeholder

_SINGLE = ("namespace", "metricName", "dimensions", "statistic", "extendedStatistic", "period", "unit")
_INSTEAD = {
    "metrics": _SINGLE,
    "metricName": ("metrics", "thresholdMetricId"),
    "statistic": ("extendedStatistic", "evaluateLowSampleCountPercentile"),
    "extendedStatistic": ("statistic",),
    "threshold": ("thresholdMetricId",),
    "thresholdMetricId": ("threshold",),
}
"""The fields that AWS takes no more when it is given another in their place."""


class Alarm(AwsKind):
    """A CloudWatch metric alarm; its state is its health.

    AWS takes an alarm only as a whole: a change sends all fields as they are live. Fields that Holdfast does not
    support, such as a warm-up, are reset by AWS to their defaults.
    """

    spec, service, id_field, id_from = AlarmSpec, "cloudwatch", "AlarmName", "alarmName"
    natural_key = ("alarmName",)
    tagging = ServiceTags(
        "TagResource", "UntagResource", "ResourceARN", read_with="ListTagsForResource", search="cloudwatch:alarm"
    )
    listing = Listing("DescribeAlarms", "MetricAlarms", page=100, parameters={"AlarmTypes": ["MetricAlarm"]})
    creation, deletion = Create("PutMetricAlarm", ""), "DeleteAlarms"
    health_source = HealthSource("StateValue", frozenset({"ok", "insufficient_data"}), why="StateReason")
    setters = (Setter("PutMetricAlarm", whole=True),)
    attributes = {"arn": Attribute("Its ARN.", "AlarmArn")}

    def setting(self, setter: Setter, node: Node, group: list[str], live: Live | None, me: Placeholder) -> Call:
        """What the document has something else in place of does not stay."""
        if live:
            over = {old for new in node.fields for old in _INSTEAD.get(new, ())}
            live = replace(live, fields={name: value for name, value in live.fields.items() if name not in over})
        return super().setting(setter, node, group, live, me)
