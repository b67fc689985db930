"""What makes an Auto Scaling group grow and shrink."""

from controller.aws.autoscaling.scaling_policy_spec import ScalingPolicySpec
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.words import Attribute, Create, Listing, Setter, Single


class ScalingPolicy(AwsKind):
    """A scaling policy. It takes no tags: ownership follows its group. AWS replaces all of it in each call.

    Predictive scaling is not supported on purpose: what it does follows forecasts, not the document.
    """

    spec, service, id_field = ScalingPolicySpec, "autoscaling", "AutoScalingGroupName/PolicyName"
    natural_key, parent = ("autoScalingGroup", "policyName"), "autoScalingGroup"
    listing = Listing("DescribePolicies", "ScalingPolicies", page=100)
    single = Single("DescribePolicies", "ScalingPolicies[]", ("AutoScalingGroupName", "PolicyNames"))
    creation, deletion = Create("PutScalingPolicy", ""), "DeletePolicy"
    setters = (Setter("PutScalingPolicy", whole=True),)
    attributes = {"arn": Attribute("Its ARN, which an alarm names as its action.", "PolicyARN")}
