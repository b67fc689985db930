"""What makes an Auto Scaling group grow and shrink."""

from typing import Annotated, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.words import Attribute, Create, Listing, Setter, Single
from controller.core.model.spec import Aws, Immutable, Keyed, Named, Spec, To

ADJUSTMENTS = Literal["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"]


class StepAdjustment(Spec):
    """How far the group moves while the metric is so far beyond the alarm's threshold."""

    metric_interval_lower_bound: float | None = None
    """From so far beyond the threshold on. Unset: from minus infinity."""
    metric_interval_upper_bound: float | None = None
    """Up to, and without, so far beyond the threshold. Unset: to infinity."""
    scaling_adjustment: int
    """By how much, or to how much, as `adjustmentType` says; negative to shrink."""


class PredefinedMetric(Spec):
    """A metric that AWS keeps for every group."""

    predefined_metric_type: Literal[
        "ASGAverageCPUUtilization", "ASGAverageNetworkIn", "ASGAverageNetworkOut", "ALBRequestCountPerTarget"
    ]
    """Which one."""
    resource_label: str | None = None
    """For `ALBRequestCountPerTarget`: `app/<balancer>/<id>/targetgroup/<group>/<id>`."""


class Dimension(Spec):
    """One part of what tells a metric from others."""

    name: str
    """Its name."""
    value: str
    """Its value."""


class CustomizedMetric(Spec):
    """A metric of CloudWatch that falls as the group grows."""

    metric_name: str
    """Its name."""
    namespace: str
    """Its namespace."""
    dimensions: Annotated[list[Dimension] | None, Keyed("name")] = None
    """Its dimensions."""
    statistic: Literal["Average", "Minimum", "Maximum", "SampleCount", "Sum"]
    """What is made of its values."""
    unit: str | None = None
    """Its unit."""


class TargetTracking(Spec):
    """The group is held at the size at which a metric has a value."""

    predefined_metric_specification: PredefinedMetric | None = None
    """A metric that AWS keeps for every group."""
    customized_metric_specification: CustomizedMetric | None = None
    """A metric of your own."""
    target_value: float
    """The value, such as 60 percent of CPU."""
    disable_scale_in: bool | None = None
    """True where the policy only lets the group grow. AWS's default: false."""

    @model_validator(mode="after")
    def _one_metric(self) -> "TargetTracking":
        if (self.predefined_metric_specification is None) is (self.customized_metric_specification is None):
            message = (
                "target tracking has exactly one of predefinedMetricSpecification and customizedMetricSpecification"
            )
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
    """The group that it scales."""
    policy_name: Annotated[str | None, Immutable(), Named(limit=255, within="autoScalingGroup")] = None
    """Its name, unique within the group. Unset: `<stack>-<name>-<hash>`."""
    policy_type: Annotated[Literal["TargetTrackingScaling", "StepScaling", "SimpleScaling"], Immutable()]
    """How it decides."""
    target_tracking_configuration: TargetTracking | None = None
    """For `TargetTrackingScaling`: the metric and its value. AWS makes the alarms."""
    adjustment_type: ADJUSTMENTS | None = None
    """What an adjustment means, for `StepScaling` and `SimpleScaling`."""
    step_adjustments: Annotated[
        list[StepAdjustment] | None, Keyed("metricIntervalLowerBound", "metricIntervalUpperBound")
    ] = None
    """For `StepScaling`: how far the group moves, by how far the metric is beyond the threshold."""
    scaling_adjustment: int | None = None
    """For `SimpleScaling`: by how much, or to how much, the group moves."""
    min_adjustment_magnitude: int | None = None
    """With `PercentChangeInCapacity`: the group moves by so many at least."""
    metric_aggregation_type: Literal["Minimum", "Maximum", "Average"] | None = None
    """For `StepScaling`: what is made of the metric's values. AWS's default: `Average`."""
    cooldown: int | None = None
    """For `SimpleScaling`: so many seconds until the next move. AWS's default: the group's own."""
    estimated_instance_warmup: int | None = None
    """So many seconds until a new instance counts in the metric. AWS's default: the group's own."""
    enabled: bool | None = None
    """Whether it acts. AWS's default: true."""

    @model_validator(mode="after")
    def _complete(self) -> "ScalingPolicySpec":
        missing = [_WRITTEN[name] for name in _NEEDS.get(self.policy_type, ()) if getattr(self, name) is None]
        if missing:
            message = "a policy of type {type} needs {missing}"
            known = {"type": self.policy_type, "missing": " and ".join(missing)}
            raise PydanticCustomError("scaling_policy", message, known)
        return self


_CHANGEABLE = (
    "targetTrackingConfiguration",
    "adjustmentType",
    "stepAdjustments",
    "scalingAdjustment",
    "minAdjustmentMagnitude",
    "metricAggregationType",
    "cooldown",
    "estimatedInstanceWarmup",
    "enabled",
)


class ScalingPolicy(AwsKind):
    """A scaling policy. It takes no tags and is ours where its group is; AWS replaces all of it in each call.

    Predictive scaling is left out on purpose: what it does follows forecasts and not the document.
    """

    spec, service, id_field = ScalingPolicySpec, "autoscaling", "AutoScalingGroupName/PolicyName"
    natural_key, parent = ("autoScalingGroup", "policyName"), "autoScalingGroup"
    listing = Listing("DescribePolicies", "ScalingPolicies", page=100, size="MaxRecords")
    single = Single("DescribePolicies", "ScalingPolicies[]", ("AutoScalingGroupName", "PolicyNames"))
    creation, deletion = Create("PutScalingPolicy", ""), "DeletePolicy"
    setters = (Setter("PutScalingPolicy", _CHANGEABLE, whole=True),)
    attributes = {"arn": Attribute("Its ARN, which an alarm names as its action.", "PolicyARN")}
