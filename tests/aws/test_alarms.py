"""An alarm is put as a whole, and AWS takes one field in the place of another only when that is gone."""

import pytest
from pydantic import ValidationError

from controller.aws.cloudwatch.alarm import Alarm
from controller.aws.cloudwatch.alarm_spec import AlarmSpec
from controller.core.model.call import Change
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Address
from controller.core.model.shape import Tree
from controller.core.model.writer import WriteContext

KIND = Alarm()
AROUND = WriteContext(known=lambda value: value)
SINGLE: Tree = {"namespace": "kit", "metricName": "errors", "period": 60, "evaluationPeriods": 1, "threshold": 1}
SINGLE["comparisonOperator"] = "GreaterThanThreshold"
METRICS = [{"id": "share", "expression": "m2 / m1"}]


def put(desired: Tree, observed: Tree, field: str) -> set[str]:
    """The parameters of the call that corrects one field of a live alarm."""
    address = Address("Alarm", "it")
    live = Live("Alarm", "kit-it", {"alarmName": "kit-it", **observed}, {})
    change = Change(field, "change", desired[field], observed.get(field))
    (call,) = KIND.update(Node(address, desired, {}), [change], live, AROUND)
    return set(call.parameters)


def test_what_the_document_leaves_open_stays() -> None:
    """A field that only the live alarm has goes along, or AWS would put it back."""
    sent = put({**SINGLE, "statistic": "Sum"}, {**SINGLE, "statistic": "Average", "unit": "Count"}, "statistic")
    assert {"Unit", "Statistic", "Namespace"} <= sent


@pytest.mark.parametrize(
    ("desired", "observed", "field", "gone"),
    [
        ({**SINGLE, "statistic": "Sum"}, {**SINGLE, "extendedStatistic": "p9"}, "statistic", {"ExtendedStatistic"}),
        ({**SINGLE, "extendedStatistic": "p9"}, {**SINGLE, "statistic": "Sum"}, "extendedStatistic", {"Statistic"}),
        ({**SINGLE, "statistic": "Sum"}, {"metrics": METRICS}, "metricName", {"Metrics"}),
        ({"metrics": METRICS}, {**SINGLE, "dimensions": []}, "metrics", {"MetricName", "Period", "Dimensions"}),
    ],
)
def test_what_is_replaced_goes(desired: Tree, observed: Tree, field: str, gone: set[str]) -> None:
    """What AWS would refuse beside the document's fields is not taken over from the live alarm."""
    assert set() == gone & put(desired, observed, field)


@pytest.mark.parametrize(
    "wrong",
    [
        {**SINGLE},
        {**SINGLE, "statistic": "Sum", "metrics": METRICS},
    ],
    ids=["no statistic", "two sources"],
)
def test_contradictions_are_told(wrong: Tree) -> None:
    """What AWS never takes is refused before anything is asked of it."""
    with pytest.raises(ValidationError):
        AlarmSpec.model_validate(wrong)
