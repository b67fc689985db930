"""What a document says of an alarm."""

from typing import Annotated, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.core.model.conditions import Lacks
from controller.core.model.equality import Blank, Default
from controller.core.model.limits import Bounds, Legal
from controller.core.model.rules import AtMostOne, Check, ExactlyOne, Ordered
from controller.core.model.spec import Aws, Excludes, Immutable, Keyed, Named, Spec, Tagged, To, Unordered

_SINGLE = ("Namespace", "MetricName", "Dimensions", "Statistic", "ExtendedStatistic", "Period", "Unit")
_QUERIED = ("EvaluationCriteria", "EvaluationInterval")
"""What an alarm on a PromQL query has in place of metrics."""

_QUERY = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html"
_PERIOD = Bounds(60, also=(10, 20, 30), step=60)
_ID = Legal(r"[a-z][A-Za-z0-9_]*", "it must begin with a lowercase letter, and have letters, digits and _ behind it")
Actions = Annotated[list[Annotated[str, To("Topic", "ScalingPolicy", attribute="arn")]] | None, Unordered()]


class Dimension(Spec):
    """A dimension of the metric."""

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
    """Its dimensions."""


class MetricStat(Spec):
    """A metric with its statistic."""

    metric: Metric
    """The metric."""
    period: Annotated[int, _PERIOD]
    """The period in seconds."""
    stat: str
    """The statistic: `Average`, `Sum`, `p99`, …."""
    unit: str | None = None
    """The unit; values in other units are ignored."""


class MetricQuery(Spec):
    """One metric or metric math expression of the alarm."""

    constraints = (ExactlyOne("metricStat", "expression", page=_QUERY),)

    id: Annotated[str, _ID]
    """Its id in expressions, such as `m1`."""
    metric_stat: MetricStat | None = None
    """The metric; exactly one of `metricStat` and `expression`."""
    expression: str | None = None
    """The metric math expression: `100 * m2 / m1`."""
    label: Annotated[str | None, Blank()] = None
    """Its display label."""
    return_data: Annotated[bool | None, Default(True)] = None
    """Whether the alarm evaluates it; true for exactly one. AWS's default: true."""
    period: int | None = None
    """The period of the expression in seconds."""
    account_id: str | None = None
    """The account of the metric, if it is another."""


class AlarmSpec(Tagged):
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""

    constraints = (
        Ordered("datapointsToAlarm", "evaluationPeriods"),
        AtMostOne("statistic", "extendedStatistic"),
        ExactlyOne("threshold", "thresholdMetricId"),
        Check(
            "period times evaluationPeriods is at most a day, or a week where period is an hour or more",
            lambda period, number: period * number <= (604_800 if period >= 3600 else 86_400),
            "period",
            "evaluationPeriods",
        ),
        Check(
            "exactly one of metrics has returnData true, as all have where it is not set",
            lambda returned: sum(returned) == 1,
            "metrics[].returnData",
            when=(Lacks("thresholdMetricId"),),
            default=True,
        ),
    )

    alarm_name: Annotated[str | None, Immutable(), Named(limit=255)] = None
    """Its name, unique in the account and region. Unset: `<stack>-<name>`."""
    alarm_description: Annotated[str | None, Blank()] = None
    """What it is for; `""` removes it."""
    namespace: str | None = None
    """The namespace of the metric, such as `AWS/ApplicationELB`."""
    metric_name: Annotated[str | None, Excludes("Metrics", "ThresholdMetricId", *_QUERIED)] = None
    """The metric, such as `HTTPCode_Target_5XX_Count`; or use `metrics`."""
    dimensions: Annotated[list[Dimension] | None, Keyed("name")] = None
    """The dimensions of the metric. If set, the list is authoritative: other dimensions are drift."""
    statistic: Annotated[
        Literal["SampleCount", "Average", "Sum", "Minimum", "Maximum"] | None,
        Excludes("ExtendedStatistic", "EvaluateLowSampleCountPercentile"),
    ] = None
    """The statistic; or use `extendedStatistic`."""
    extended_statistic: Annotated[str | None, Excludes("Statistic")] = None
    """A percentile or a trimmed mean in place of `statistic`: `p99`, `tm90`."""
    period: Annotated[int | None, _PERIOD] = None
    """The period in seconds."""
    unit: str | None = None
    """The unit of the metric, such as `Percent`; leave it out if the metric has only one."""
    metrics: Annotated[list[MetricQuery] | None, Keyed("id"), Excludes(*_SINGLE, *_QUERIED)] = None
    """Instead of a single metric: several, and the expressions over them."""
    evaluation_periods: int
    """The number of most recent periods to evaluate."""
    datapoints_to_alarm: int | None = None
    """How many of these datapoints must breach the threshold. AWS's default: all."""
    comparison_operator: Literal[
        "GreaterThanOrEqualToThreshold",
        "GreaterThanThreshold",
        "LessThanThreshold",
        "LessThanOrEqualToThreshold",
        "LessThanLowerOrGreaterThanUpperThreshold",
        "LessThanLowerThreshold",
        "GreaterThanUpperThreshold",
    ]
    """How a value is compared with the threshold; the last three are for anomaly detection (`thresholdMetricId`)."""
    threshold: Annotated[float | None, Excludes("ThresholdMetricId")] = None
    """The threshold."""
    threshold_metric_id: Annotated[str | None, Excludes("Threshold")] = None
    """Instead of `threshold`: the id of the one of `metrics` with the `ANOMALY_DETECTION_BAND` function."""
    treat_missing_data: Annotated[
        Literal["breaching", "notBreaching", "ignore", "missing"] | None, Default("missing")
    ] = None
    """How missing data is treated. AWS's default: `missing`."""
    evaluate_low_sample_count_percentile: Annotated[Literal["evaluate", "ignore"] | None, Default("evaluate")] = None
    """Whether a percentile is evaluated with too few samples. AWS's default: `evaluate`."""
    actions_enabled: bool | None = None
    """Whether actions are executed on state changes. AWS's default: true."""
    alarm_actions: Annotated[Actions, Aws("AlarmActions")] = None
    """The actions on transition to ALARM: `[Topic/ops, ScalingPolicy/out]`; `{id: …}` takes the ARN of any other
    action, such as `arn:aws:automate:eu-west-1:ec2:recover`."""
    ok_actions: Annotated[Actions, Aws("OKActions")] = None
    """The actions on transition to OK."""
    insufficient_data_actions: Annotated[Actions, Aws("InsufficientDataActions")] = None
    """The actions on transition to INSUFFICIENT_DATA."""

    @model_validator(mode="after")
    def _one_source(self) -> "AlarmSpec":
        message = "an alarm requires either one metric (namespace, metricName, period and a statistic) or metrics"
        single = [self.namespace, self.metric_name, self.period, self.statistic or self.extended_statistic]
        if any(single) is (self.metrics is not None) or not (self.metrics or all(single)):
            raise PydanticCustomError("alarm", message)
        return self
