"""What tells that something is not as it should be."""

from controller.aws.cloudwatch.alarm_spec import AlarmSpec
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.words import Attribute, Create, HealthSource, Listing, Setter


class Alarm(AwsKind):
    """A CloudWatch metric alarm; its state is its health.

    AWS takes an alarm only as a whole: a change sends all the rest as it is live, also what Holdfast has no field
    for, such as a warm-up.
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
