"""What a document says of a scheduled action."""

from datetime import UTC, datetime
from itertools import combinations
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from controller.core.model.equality import Equality
from controller.core.model.limits import Bounds, Legal
from controller.core.model.rules import Check
from controller.core.model.spec import Aws, Excludes, Form, Immutable, Named, Spec, To


class Next(str):
    """The next of several times, to which AWS moves the start of what recurs on."""

    __slots__ = ()


class Moment(Equality):
    """A moment, ISO 8601, in UTC unless it says otherwise. The next of several is as good as those before it."""

    def equal(self, desired: Any, observed: Any) -> bool:
        """Whether AWS shows the same moment, or the next one."""
        if observed is None:
            return False
        wanted, shown = _moment(desired), _moment(observed)
        return wanted <= shown if isinstance(observed, Next) else wanted == shown

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    @staticmethod
    def _check(value: str | None) -> str | None:
        try:
            _moment(value or "2000-01-01")
        except ValueError:
            message = '"{value}" is not a time; write it like 2027-01-31T18:00:00Z'
            raise PydanticCustomError("moment", message, {"value": value}) from None
        return value


def _moment(text: str) -> datetime:
    """A moment in UTC."""
    read = datetime.fromisoformat(text)
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


_CRON = Legal(r"\s*\S+(\s+\S+){4}\s*", "it must have five fields, such as 0 18 * * 1-5")
_TIME = Form(read=_shown, write=lambda text: text)


def _at_most(less: int, more: int) -> bool:
    return less <= more or -1 in (less, more)


class ScheduledActionSpec(Spec):
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScheduledUpdateGroupAction.html"""

    constraints = (
        *(
            Check(f"{less} is at most {more}, or one of them is -1", _at_most, less, more)
            for less, more in combinations(("minSize", "desiredCapacity", "maxSize"), 2)
        ),
        Check(
            "endTime is after startTime",
            lambda start, end: not (start and end) or _moment(start) < _moment(end),
            "startTime",
            "endTime",
        ),
    )

    auto_scaling_group: Annotated[str, To("AutoScalingGroup"), Immutable(), Aws("AutoScalingGroupName")]
    """The Auto Scaling group."""
    scheduled_action_name: Annotated[str | None, Immutable(), Named(limit=255, within="autoScalingGroup")] = None
    """Its name, unique within the group. Unset: `<stack>-<name>-<hash>`."""
    recurrence: Annotated[str | None, _CRON, Excludes("Time")] = None
    """The recurring schedule in cron format: `0 18 * * 1-5`."""
    time_zone: str | None = None
    """The time zone of `recurrence`, such as `Europe/Berlin`. AWS's default: UTC."""
    start_time: Annotated[str | None, Moment(), _TIME, Excludes("Time")] = None
    """When it runs, or first runs: `2027-01-31T18:00:00Z`. AWS takes no time in the past; with `recurrence` it shows
    the next run, and any later time matches."""
    end_time: Annotated[str | None, Moment(), _TIME] = None
    """When the recurrence ends."""
    min_size: Annotated[int | None, Bounds(-1)] = None
    """The minimum number of instances from then on."""
    max_size: Annotated[int | None, Bounds(-1)] = None
    """The maximum number of instances from then on."""
    desired_capacity: int | None = None
    """The desired capacity from then on."""

    @model_validator(mode="after")
    def _says_what(self) -> "ScheduledActionSpec":
        if self.min_size is None and self.max_size is None and self.desired_capacity is None:
            message = "a scheduled action requires at least one of minSize, maxSize and desiredCapacity"
            raise PydanticCustomError("scheduled_action", message)
        if self.recurrence is None and self.start_time is None:
            raise PydanticCustomError("scheduled_action", "a scheduled action requires a recurrence or a startTime")
        return self
