"""What a document says of a scaling policy."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.core.model.conditions import Is
from controller.core.model.equality import Blank, Default
from controller.core.model.rules import Check, ExactlyOne, Needs, Only, Ordered
from controller.core.model.spec import Aws, Excludes, Immutable, Keyed, Named, Spec, To

_SINGLE = ("MetricName", "Namespace", "Dimensions", "Statistic", "Unit", "Period")
ADJUSTMENTS = Literal["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"]


class StepAdjustment(Spec):
    """One step: the adjustment for a range of values beyond the alarm threshold."""

    constraints = (Ordered("metricIntervalLowerBound", "metricIntervalUpperBound", strictly=True),)

    metric_interval_lower_bound: float | None = None
    """The lower bound, relative to the threshold, inclusive. Unset: minus infinity."""
    metric_interval_upper_bound: float | None = None
    """The upper bound, relative to the threshold, exclusive. Unset: infinity."""
    scaling_adjustment: int
    """The adjustment, interpreted by `adjustmentType`; negative to scale in."""


_METRIC = "https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PredefinedMetricSpecification.html"
_BY_TARGET = Is("predefinedMetricType", "ALBRequestCountPerTarget")


class PredefinedMetric(Spec):
    """A predefined metric."""

    constraints = (Only("resourceLabel", when=_BY_TARGET, page=_METRIC),)

    predefined_metric_type: Literal[
        "ASGAverageCPUUtilization",
        "ASGAverageCPUUtilizationHighResolution",
        "ASGAverageNetworkIn",
        "ASGAverageNetworkOut",
        "ALBRequestCountPerTarget",
    ]
    """The metric type. `ASGAverageCPUUtilizationHighResolution` reacts to values every 10 seconds; it has a price."""
    resource_label: str | None = None
    """For `ALBRequestCountPerTarget`: `app/<balancer>/<id>/targetgroup/<group>/<id>`."""


class Dimension(Spec):
    """A dimension of a metric."""

    name: str
    """Its name."""
    value: str
    """Its value."""


_Period = Annotated[Literal[10, 30, 60] | None, Default(60)]


class Metric(Spec):
    """A metric that metric math is done with."""

    namespace: str
    """Its namespace."""
    metric_name: str
    """Its name."""
    dimensions: Annotated[list[Dimension] | None, Keyed("name")] = None
    """Its dimensions."""


class MetricStat(Spec):
    """A metric with its statistic."""

    metric: Metric
    """The metric."""
    stat: str
    """The statistic: `Average`, `Sum`, `p99`, …."""
    unit: str | None = None
    """The unit; values in other units are ignored."""
    period: _Period = None
    """The period in seconds: 10, 30 or 60. AWS's default: 60."""


class MetricQuery(Spec):
    """One metric, or one metric math expression over the others."""

    id: str
    """Its id in expressions, such as `m1`."""
    expression: Annotated[str | None, Excludes("MetricStat")] = None
    """The metric math expression: `m1 / m2`."""
    metric_stat: Annotated[MetricStat | None, Excludes("Expression")] = None
    """The metric; exactly one of `metricStat` and `expression`."""
    label: Annotated[str | None, Blank()] = None
    """Its display label."""
    period: _Period = None
    """The period of the expression in seconds: 10, 30 or 60. AWS's default: 60."""
    return_data: Annotated[bool | None, Default(True)] = None
    """Whether the policy follows it; true for exactly one. AWS's default: true."""

    @model_validator(mode="after")
    def _one_of_two(self) -> "MetricQuery":
        if (self.expression is None) is (self.metric_stat is None):
            raise PydanticCustomError("scaling_policy", "a metric query requires either expression or metricStat")
        return self


class CustomizedMetric(Spec):
    """A CloudWatch metric that decreases as capacity grows, or metric math over several."""

    metric_name: Annotated[str | None, Excludes("Metrics")] = None
    """Its name."""
    namespace: Annotated[str | None, Excludes("Metrics")] = None
    """Its namespace."""
    dimensions: Annotated[list[Dimension] | None, Keyed("name"), Excludes("Metrics")] = None
    """Its dimensions."""
    statistic: Annotated[
        Literal["Average", "Minimum", "Maximum", "SampleCount", "Sum"] | None, Excludes("Metrics")
    ] = None
    """The statistic."""
    unit: Annotated[str | None, Excludes("Metrics")] = None
    """Its unit."""
    period: Annotated[_Period, Excludes("Metrics")] = None
    """The period in seconds: 10, 30 or 60. Less than 60 needs a high-resolution metric. AWS's default: 60."""
    metrics: Annotated[list[MetricQuery] | None, Keyed("id"), Excludes(*_SINGLE)] = None
    """Instead of a single metric: several, and the expression over them that the policy follows."""

    @model_validator(mode="after")
    def _single_or_several(self) -> "CustomizedMetric":
        said = [getattr(self, name) is not None for name in ("metric_name", "namespace", "statistic")]
        single = any(said) or any(getattr(self, name) is not None for name in ("dimensions", "unit", "period"))
        if (self.metrics is None and not all(said)) or (self.metrics is not None and single):
            message = "a customized metric requires either metrics, or metricName, namespace and statistic"
            raise PydanticCustomError("scaling_policy", message)
        return self


class TargetTracking(Spec):
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_TargetTrackingConfiguration.html"""

    constraints = (ExactlyOne("predefinedMetricSpecification", "customizedMetricSpecification"),)

    predefined_metric_specification: Annotated[PredefinedMetric | None, Excludes("CustomizedMetricSpecification")] = (
        None
    )
    """A predefined metric."""
    customized_metric_specification: Annotated[CustomizedMetric | None, Excludes("PredefinedMetricSpecification")] = (
        None
    )
    """A customized metric."""
    target_value: float
    """The target value, such as 60 percent of CPU."""
    disable_scale_in: bool | None = None
    """Whether the policy never scales in. AWS's default: false."""


_STEPS = "https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html"


def _joined(steps: Sequence[Mapping[str, Any]]) -> bool:
    """Whether each range begins where the one before it ends."""
    ends = sorted(
        (step.get("metricIntervalLowerBound", -math.inf), step.get("metricIntervalUpperBound", math.inf))
        for step in steps
    )
    return all(end == start for (_, end), (start, _) in pairwise(ends))


class ScalingPolicySpec(Spec):
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScalingPolicy.html"""

    constraints = (
        Needs("targetTrackingConfiguration", when=Is("policyType", "TargetTrackingScaling")),
        Needs("adjustmentType", "stepAdjustments", when=Is("policyType", "StepScaling")),
        Needs("adjustmentType", "scalingAdjustment", when=Is("policyType", "SimpleScaling")),
        Only("scalingAdjustment", "cooldown", when=Is("policyType", "SimpleScaling")),
        Only("stepAdjustments", "metricAggregationType", when=Is("policyType", "StepScaling")),
        Only("adjustmentType", when=Is("policyType", "SimpleScaling", "StepScaling")),
        Only("targetTrackingConfiguration", when=Is("policyType", "TargetTrackingScaling")),
        Only("estimatedInstanceWarmup", when=Is("policyType", "TargetTrackingScaling", "StepScaling")),
        Only("minAdjustmentMagnitude", when=Is("adjustmentType", "PercentChangeInCapacity")),
        Check(
            "the ranges of stepAdjustments have neither gaps nor overlaps", _joined, "stepAdjustments", page=_STEPS
        ),
    )

    auto_scaling_group: Annotated[str, To("AutoScalingGroup"), Immutable(), Aws("AutoScalingGroupName")]
    """The Auto Scaling group."""
    policy_name: Annotated[str | None, Immutable(), Named(limit=255, within="autoScalingGroup")] = None
    """Its name, unique within the group. Unset: `<stack>-<name>-<hash>`."""
    policy_type: Annotated[Literal["TargetTrackingScaling", "StepScaling", "SimpleScaling"], Immutable()]
    """The policy type."""
    target_tracking_configuration: TargetTracking | None = None
    """For `TargetTrackingScaling`: the metric and its target value. AWS creates the alarms."""
    adjustment_type: ADJUSTMENTS | None = None
    """How adjustments are interpreted, for `StepScaling` and `SimpleScaling`."""
    step_adjustments: Annotated[
        list[StepAdjustment] | None, Keyed("metricIntervalLowerBound", "metricIntervalUpperBound")
    ] = None
    """For `StepScaling`: the adjustments by range beyond the alarm threshold."""
    scaling_adjustment: int | None = None
    """For `SimpleScaling`: the adjustment, interpreted by `adjustmentType`."""
    min_adjustment_magnitude: Annotated[int | None, Excludes("MinAdjustmentStep")] = None
    """With `PercentChangeInCapacity`: the minimum number of instances to scale by."""
    metric_aggregation_type: Annotated[Literal["Minimum", "Maximum", "Average"] | None, Default("Average")] = None
    """For `StepScaling`: how metric values are aggregated. AWS's default: `Average`."""
    cooldown: int | None = None
    """For `SimpleScaling`: the cooldown in seconds. AWS's default: the group's own."""
    estimated_instance_warmup: int | None = None
    """Seconds until a new instance counts in the metric. AWS's default: the group's own."""
    enabled: Annotated[bool | None, Default(True)] = None
    """Whether it is enabled. AWS's default: true."""
