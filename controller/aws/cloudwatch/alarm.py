"""What tells that something is not as it should be."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.words import Attribute, Create, HealthSource, Listing, Setter
from controller.core.model.equality import Blank
from controller.core.model.kind import Call, Live, Node
from controller.core.model.reference import Placeholder
from controller.core.model.spec import Aws, Immutable, Keyed, Named, Spec, Tagged, To, Unordered

Actions = Annotated[list[Annotated[str, To("Topic", "ScalingPolicy", attribute="arn")]] | None, Unordered()]


class Dimension(Spec):
    """What a metric is of."""

    name: str
    """Its name, such as `LoadBalancer`."""
    value: str
    """Its value; `{from: …, attribute: …}` takes it from another node."""


class Metric(Spec):
    """A metric."""

    namespace: str
    """Its namespace, such as `AWS/ApplicationELB`."""
    metric_name: str
    """Its name, such as `RequestCount`."""
    dimensions: Annotated[list[Dimension] | None, Keyed("name")] = None
    """What it is of."""


class MetricStat(Spec):
    """The values of a metric, summed up."""

    metric: Metric
    """The metric."""
    period: int
    """The seconds that are summed up: 10, 20, 30 or a multiple of 60."""
    stat: str
    """How they are summed up: `Average`, `Sum`, `p99`, …."""
    unit: str | None = None
    """The unit of the values that count."""


class MetricQuery(Spec):
    """One of the metrics that an alarm is computed from: the values of a metric, or an expression."""

    id: str
    """What expressions call it, such as `m1`."""
    metric_stat: MetricStat | None = None
    """The values of a metric; exactly one of `metricStat` and `expression`."""
    expression: str | None = None
    """What is computed from the others: `100 * m2 / m1`."""
    label: str | None = None
    """What people call it."""
    return_data: bool | None = None
    """Whether it is what the alarm looks at; true for exactly one. AWS's default: true."""
    period: int | None = None
    """The seconds between the values of an expression."""
    account_id: str | None = None
    """The account that the metric is in, where that is another."""


class AlarmSpec(Tagged):
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""

    alarm_name: Annotated[str | None, Immutable(), Named(limit=255)] = None
    """Its name, unique in the account and region. Unset: `<stack>-<name>`."""
    alarm_description: Annotated[str | None, Blank()] = None
    """What it is for; an empty text takes it away."""
    namespace: str | None = None
    """The namespace of the metric that it looks at, such as `AWS/ApplicationELB`."""
    metric_name: str | None = None
    """The metric that it looks at, such as `HTTPCode_Target_5XX_Count`; or `metrics`."""
    dimensions: Annotated[list[Dimension] | None, Keyed("name")] = None
    """What the metric is of. Set, it is the whole truth: other dimensions are drift."""
    statistic: Literal["SampleCount", "Average", "Sum", "Minimum", "Maximum"] | None = None
    """How the values of a period are summed up; or `extendedStatistic`."""
    extended_statistic: str | None = None
    """A percentile or a trimmed mean in place of `statistic`: `p99`, `tm90`."""
    period: int | None = None
    """The seconds that are summed up: 10, 20, 30 or a multiple of 60."""
    unit: str | None = None
    """The unit of the values that count, such as `Percent`; leave it out where the metric has only one."""
    metrics: Annotated[list[MetricQuery] | None, Keyed("id")] = None
    """In place of one metric: several, and what is computed from them."""
    evaluation_periods: int
    """How many of the last periods it looks at."""
    datapoints_to_alarm: int | None = None
    """How many of those have to be over the threshold. AWS's default: all."""
    comparison_operator: Literal[
        "GreaterThanOrEqualToThreshold",
        "GreaterThanThreshold",
        "LessThanThreshold",
        "LessThanOrEqualToThreshold",
        "LessThanLowerOrGreaterThanUpperThreshold",
        "LessThanLowerThreshold",
        "GreaterThanUpperThreshold",
    ]
    """How a value is compared; the last three are for a band (`thresholdMetricId`)."""
    threshold: float | None = None
    """What a value is compared with."""
    threshold_metric_id: str | None = None
    """In place of `threshold`: the id of the one of `metrics` that computes a band with `ANOMALY_DETECTION_BAND`."""
    treat_missing_data: Literal["breaching", "notBreaching", "ignore", "missing"] | None = None
    """What a period without values counts as. AWS's default: `missing`."""
    evaluate_low_sample_count_percentile: Literal["evaluate", "ignore"] | None = None
    """Whether a percentile of too few values counts. AWS's default: `evaluate`."""
    actions_enabled: bool | None = None
    """Whether it does anything but change its state. AWS's default: true."""
    alarm_actions: Annotated[Actions, Aws("AlarmActions")] = None
    """What it does when it goes off: `[Topic/ops, ScalingPolicy/out]`; `{id: …}` takes the ARN of any other action,
    such as `arn:aws:automate:eu-west-1:ec2:recover`."""
    ok_actions: Annotated[Actions, Aws("OKActions")] = None
    """What it does when all is well again."""
    insufficient_data_actions: Annotated[Actions, Aws("InsufficientDataActions")] = None
    """What it does when it has too little to tell."""

    @model_validator(mode="after")
    def _one_source(self) -> "AlarmSpec":
        message = "an alarm looks at one metric (namespace, metricName, period and a statistic) or at metrics"
        single = [self.namespace, self.metric_name, self.period, self.statistic or self.extended_statistic]
        if any(single) is (self.metrics is not None) or not (self.metrics or all(single)):
            raise PydanticCustomError("alarm", message)
        if self.statistic and self.extended_statistic:
            raise PydanticCustomError("alarm", "write statistic or extendedStatistic, not both")
        if (self.threshold is None) is (self.threshold_metric_id is None):
            raise PydanticCustomError(
                "alarm", "an alarm compares with threshold or with thresholdMetricId; write one"
            )
        return self

    @model_validator(mode="after")
    def _enough_datapoints(self) -> "AlarmSpec":
        some: Any = self.datapoints_to_alarm  # or an expression
        most: Any = self.evaluation_periods
        if isinstance(some, int) and isinstance(most, int) and some > most:
            message = "datapointsToAlarm {some} is more than evaluationPeriods {most}"
            raise PydanticCustomError("alarm", message, {"some": some, "most": most})
        return self


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
    """An alarm of CloudWatch; its health is that of what it watches.

    AWS takes an alarm only as a whole: with a change go all fields as they are live, but for what a document does not
    know of, such as a warm-up, which AWS then puts back to its default.
    """

    spec, service, id_field, id_from = AlarmSpec, "cloudwatch", "AlarmName", "alarmName"
    natural_key = ("alarmName",)
    tagging = ServiceTags(
        "TagResource", "UntagResource", "ResourceARN", read_with="ListTagsForResource", search="cloudwatch:alarm"
    )
    listing = Listing(
        "DescribeAlarms", "MetricAlarms", page=100, parameters={"AlarmTypes": ["MetricAlarm"]}, size="MaxRecords"
    )
    creation, deletion = Create("PutMetricAlarm", ""), "DeleteAlarms"
    health_source = HealthSource("StateValue", frozenset({"ok", "insufficient_data"}), why="StateReason")
    setters = (
        Setter(
            "PutMetricAlarm",
            (
                "alarmDescription",
                *_SINGLE,
                "metrics",
                "evaluationPeriods",
                "datapointsToAlarm",
                "comparisonOperator",
                "threshold",
                "thresholdMetricId",
                "treatMissingData",
                "evaluateLowSampleCountPercentile",
                "actionsEnabled",
                "alarmActions",
                "okActions",
                "insufficientDataActions",
            ),
            whole=True,
        ),
    )
    attributes = {"arn": Attribute("Its ARN.", "AlarmArn")}

    def setting(self, setter: Setter, node: Node, group: list[str], live: Live | None, me: Placeholder) -> Call:
        """What the document has something else in place of does not stay."""
        if live:
            over = {old for new in node.fields for old in _INSTEAD.get(new, ())}
            live = replace(live, fields={name: value for name, value in live.fields.items() if name not in over})
        return super().setting(setter, node, group, live, me)
