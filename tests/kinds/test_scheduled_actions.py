"""What the fixtures cannot show of scheduled actions: AWS moves the start of what recurs on to the next time."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from controller.aws.autoscaling.scheduled_action import ScheduledAction
from controller.aws.autoscaling.scheduled_action_spec import Moment, Next, ScheduledActionSpec
from controller.core.model.call import Change
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Address
from controller.core.model.shape import Tree
from controller.core.model.writer import WriteContext

KIND = ScheduledAction()
EVENING: Tree = {
    "autoScalingGroup": "app",
    "scheduledActionName": "evening",
    "recurrence": "0 18 * * *",
    "startTime": "2025-01-01T18:00:00Z",
    "minSize": 1,
}


def shown(**changed: Any) -> Live:
    """What AWS lists for the action in June."""
    item = {
        "AutoScalingGroupName": "app",
        "ScheduledActionName": "evening",
        "Recurrence": "0 18 * * *",
        "StartTime": datetime(2025, 6, 1, 18, tzinfo=UTC),
        "MinSize": 0,
    }
    live = KIND.live(item | changed)
    assert live is not None
    return live


def written(live: Live, field: str) -> Any:
    """The parameters that correct one field."""
    node = Node(Address("ScheduledAction", "evening"), EVENING, {})
    change = Change(field, "change", EVENING[field], live.fields.get(field))
    (call,) = KIND.update(node, [change], live, WriteContext(lambda value: value))
    return call.parameters


@pytest.mark.parametrize("wanted", ["2025-06-01T18:00:00Z", "2025-06-01T18:00:00", "2025-06-01T20:00:00+02:00"])
def test_a_moment_is_one_in_every_time_zone(wanted: str) -> None:
    """The same moment is equal however it is written, in UTC unless it says otherwise; another one is not."""
    assert Moment().equal(wanted, "2025-06-01T18:00:00Z")
    assert not Moment().equal(wanted, "2025-06-01T18:00:01Z")
    assert not Moment().equal(wanted, None)


def test_the_next_time_is_no_drift() -> None:
    """The next of several times is as good as an earlier one, and not as good as a later one."""
    assert Moment().equal("2025-01-01T18:00:00Z", shown().fields["startTime"])
    assert not Moment().equal("2025-06-02T18:00:00Z", shown().fields["startTime"])


def test_what_happens_once_has_one_time() -> None:
    """Without a recurrence a later time is another one."""
    once = shown(Recurrence=None).fields["startTime"]
    assert not isinstance(once, Next)
    assert not Moment().equal("2025-01-01T18:00:00Z", once)


def test_a_time_is_shown_in_utc() -> None:
    """Whatever time zone an answer has, the document's form is UTC."""
    berlin = datetime(2025, 6, 1, 20, tzinfo=timezone(timedelta(hours=2)))
    assert "2025-06-01T18:00:00Z" == shown(StartTime=berlin).fields["startTime"]


def test_a_correction_keeps_the_next_time() -> None:
    """AWS takes no start that has passed: correcting something else says again the start that it shows."""
    assert "2025-06-01T18:00:00Z" == written(shown(), "minSize")["StartTime"]


def test_another_start_is_written() -> None:
    """A start that is to be changed is the document's."""
    assert "2025-01-01T18:00:00Z" == written(shown(), "startTime")["StartTime"]


def test_what_is_no_moment_is_refused() -> None:
    """A time that nobody could read is told at once, with the form that is right."""
    with pytest.raises(ValueError, match="2027-01-31T18:00:00Z"):
        ScheduledActionSpec.model_validate({**EVENING, "startTime": "tomorrow"})
