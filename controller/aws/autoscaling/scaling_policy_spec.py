"""What a document says of a scaling policy."""

from typing import Annotated, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.core.model.spec import Aws, Excludes, Immutable, Keyed, Named, Spec, To

ADJUSTMENTS = Literal["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"]


class StepAdjustment(Spec):
    """One step: the adjustment for a range of values beyond the alarm threshold."""

    metric_interval_lower_bound: float | None = None
    """The lower bound, relative to the threshold, inclusive. Unset: minus infinity."""
    metric_interval_upper_bound: float | None = None
    """The upper bound, relative to the threshold, exclusive. Unset: infinity."""
    scaling_adjustment: int
    """The adjustment, interpreted by `adjustmentType`; negative to scale in."""


class PredefinedMetric(Spec):
    """A predefined metric."""

    predefined_metric_type: Literal[
        "ASGAverageCPUUtilization", "ASGAverageNetworkIn", "ASGAverageNetworkOut", "ALBRequestCountPerTarget"
    ]
    """The metric type."""
    resource_label: str | None = None
    """For `ALBRequestCountPerTarget`: `app/<balancer>/<id>/targetgroup/<group>/<id>`."""


class Dimension(Spec):
    """A dimension of a metric."""

    name: str
    """Its name."""
    value: str
    """Its value."""


class CustomizedMetric(Spec):
    """A CloudWatch metric that decreases as capacity grows."""

    metric_name: Annotated[str, Excludes("Metrics")]
    """Its name."""
    namespace: str
    """Its namespace."""
    dimensions: Annotated[list[Dimension] | None, Keyed("name")] = None
    """Its dimensions."""
    statistic: Literal["Average", "Minimum", "Maximum", "SampleCount", "Sum"]
    """The statistic."""
    unit: str | None = None
    """Its unit."""


class TargetTracking(Spec):
    """Keep a metric at a target value."""

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

    @model_validator(mode="after")
    def _one_metric(self) -> "TargetTracking":
        if (self.predefined_metric_specification is None) is (self.customized_metric_specification is None):
            message = "target tracking requires either predefinedMetricSpecification or customizedMetricSpecification"
            raise PydanticCustomError("scaling_policy", message)
        return self


_NEEDS = {
    "TargetTrackingScaling": ("target_tracking_configuration",),
    "StepScaling": ("adjustment_type", "step_adjustments"),
    "SimpleScaling": ("adjustment_type", "scaling_adjustment"),
}
_WRITTEN = {
    "target_tracking_configuration": "targetTrackingConfiguration",
    "adjustment_type": "adjustmentType",
    "step_adjustments": "stepAdjustments",
    "scaling_adjustment": "scalingAdjustment",
}


class ScalingPolicySpec(Spec):
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScalingPolicy.html"""

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
    metric_aggregation_type: Literal["Minimum", "Maximum", "Average"] | None = None
    """For `StepScaling`: how metric values are aggregated. AWS's default: `Average`."""
    cooldown: int | None = None
    """For `SimpleScaling`: the cooldown in seconds. AWS's default: the group's own."""
    estimated_instance_warmup: int | None = None
    """Seconds until a new instance counts in the metric. AWS's default: the group's own."""
    enabled: bool | None = None
    """Whether it is enabled. AWS's default: true."""

    @model_validator(mode="after")
    def _complete(self) -> "ScalingPolicySpec":
        missing = [_WRITTEN[name] for name in _NEEDS.get(self.policy_type, ()) if getattr(self, name) is None]
        if missing:
            message = "a policy of type {type} requires {missing}"
            known = {"type": self.policy_type, "missing": " and ".join(missing)}
            raise PydanticCustomError("scaling_policy", message, known)
        return self
