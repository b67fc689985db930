"""Target tracking follows one metric, in one of three forms: AWS takes no two of them together."""

from itertools import permutations
from typing import Any

import pytest

from controller.aws.autoscaling.scaling_policy import ScalingPolicy
from controller.aws.autoscaling.scaling_policy_spec import ScalingPolicySpec
from controller.core.model.node import Node
from controller.core.model.reference import Address
from controller.core.model.shape import tree_of
from controller.core.model.writer import WriteContext
from controller.core.planning.diff import Known, diff

KIND, AROUND = ScalingPolicy(), WriteContext(known=lambda value: value)
STAT = {"metric": {"namespace": "AWS/SQS", "metricName": "Queued"}, "stat": "Sum", "period": 10}
FORMS: dict[str, dict[str, Any]] = {
    "predefined": {"predefinedMetricSpecification": {"predefinedMetricType": "ASGAverageCPUUtilization"}},
    "single": {
        "customizedMetricSpecification": {
            "metricName": "Queued",
            "namespace": "App",
            "dimensions": [{"name": "Queue", "value": "orders"}],
            "statistic": "Average",
            "unit": "Count",
            "period": 10,
        }
    },
    "math": {
        "customizedMetricSpecification": {
            "metrics": [
                {"id": "queued", "metricStat": STAT, "returnData": False},
                {"id": "each", "expression": "queued / 2"},
            ]
        }
    },
}


def fields(form: str) -> dict[str, Any]:
    """The fields of a policy that follows a metric in this form."""
    said = {"policyType": "TargetTrackingScaling", "autoScalingGroup": {"id": "web"}, "policyName": "load"}
    spec = ScalingPolicySpec.model_validate(
        {**said, "targetTrackingConfiguration": {**FORMS[form], "targetValue": 60}}
    )
    return {**tree_of(spec), "autoScalingGroup": "web"}


def named(tree: Any) -> set[str]:
    """The names of AWS's members that a structure has, at any depth."""
    if isinstance(tree, list):
        return {name for part in tree for name in named(part)}
    return {*tree, *(name for part in tree.values() for name in named(part))} if isinstance(tree, dict) else set()


@pytest.mark.parametrize(("before", "after"), list(permutations(FORMS, 2)))
def test_one_form_takes_the_place_of_another(before: str, after: str) -> None:
    """Nothing of the live form is sent with the new one."""
    live = KIND.live({"AutoScalingGroupName": "web", "PolicyName": "load"})
    assert live
    (made,) = KIND.create(Node(Address("ScalingPolicy", "load"), fields(before), {}))
    live = KIND.live({**made.parameters})
    assert live
    wanted = fields(after)
    changes = diff(KIND.shape, wanted, live.fields, lambda expression: Known(None)).changes
    (call,) = KIND.update(Node(Address("ScalingPolicy", "load"), wanted, {}), changes, live, AROUND)
    (alone,) = KIND.create(Node(Address("ScalingPolicy", "load"), wanted, {}))
    assert [] == KIND.problems(call)
    tracking = "TargetTrackingConfiguration"
    assert named(alone.parameters[tracking]) == named(call.parameters[tracking])


def test_what_is_live_in_one_form_is_in_sync_in_it() -> None:
    """AWS leaves out what is its own default."""
    for form in FORMS:
        (made,) = KIND.create(Node(Address("ScalingPolicy", "load"), fields(form), {}))
        live = KIND.live({**made.parameters})
        assert live
        assert [] == diff(KIND.shape, fields(form), live.fields, lambda expression: Known(None)).changes
