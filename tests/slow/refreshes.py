"""Instance refreshes: a group's instances are replaced in batches while time passes."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.slow.groups import GroupKey, Groups, template_of
from tests.slow.wire import Asked, Refusal, Tree

ACTIVE = ("Pending", "InProgress", "Cancelling", "RollbackInProgress")
_DEFAULT_MIN_HEALTHY = 90


@dataclass
class Refresh:
    """One refresh of one group; `due` is when it next does something."""

    key: GroupKey
    started: float
    due: float
    asked: Tree
    original: Tree
    """What the group launched before, in the words of UpdateAutoScalingGroup."""
    fails_at: float | None
    """The percentage at which it fails, if it does."""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "Pending"
    reason: str = ""
    ended: float | None = None
    outdated: list[str] = field(default_factory=list)
    """Still to be replaced."""
    replacing: list[str] = field(default_factory=list)
    """Their successors are on the way."""
    replaced: int = 0
    rollback: Tree = field(default_factory=dict)
    turning: bool = False
    """It is to roll back, and has not begun to."""

    @property
    def preferences(self) -> Tree:
        """What the caller set."""
        preferences: Tree = self.asked.get("Preferences", {})
        return preferences

    @property
    def desired(self) -> Tree:
        """What the group is to launch; what it launches already where nothing is asked for."""
        desired: Tree = self.asked.get("DesiredConfiguration") or self.original
        return desired

    @property
    def to_update(self) -> int:
        """Instances whose successors do not serve yet."""
        return len(self.outdated) + len(self.replacing)

    @property
    def percentage(self) -> int:
        """How much of the way is done."""
        total = self.replaced + self.to_update
        return 100 * self.replaced // total if total else (0 if self.status == "Pending" else 100)


class Refreshes:
    """Answers the four calls about refreshes, and moves refreshes on by the clock."""

    def __init__(self, groups: Groups, clock: Callable[[], float], durations: Mapping[str, float]) -> None:
        self._groups, self._clock, self._durations = groups, clock, durations
        self._refreshes: list[Refresh] = []
        self.failing: dict[str, float] = {}
        """By group, the percentage at which its next refresh fails."""
        self._calls = {
            "StartInstanceRefresh": self._start,
            "DescribeInstanceRefreshes": self._describe,
            "CancelInstanceRefresh": self._cancel,
            "RollbackInstanceRefresh": self._roll_back_asked,
        }

    def answer(self, asked: Asked) -> Tree | Refusal | None:
        """The answer to a call about refreshes; nothing for any other."""
        call = self._calls.get(asked.operation) if asked.service == "autoscaling" else None
        if call is None:
            return None
        key = GroupKey(asked.region, asked.parameters["AutoScalingGroupName"])
        group = self._groups.find(key)
        if group is None:
            return Refusal("ValidationError", 400, f"AutoScalingGroup name not found - {key.name}")
        return call(key, group, asked.parameters)

    def advance(self) -> None:
        """Everything that was due until now has happened, each thing at its time."""
        while due := [each for each in self._refreshes if each.ended is None and each.due <= self._clock()]:
            self._step(min(due, key=lambda each: each.due))

    def show(self, asked: Asked, answer: Tree) -> None:
        """While a refresh is under way, its group still shows what it launched before."""
        for group in answer.get("AutoScalingGroups", ()):
            active = self._active(GroupKey(asked.region, group["AutoScalingGroupName"]))
            if active:
                group.update(active.original)

    def _start(self, key: GroupKey, group: Tree, parameters: Tree) -> Tree | Refusal:
        if self._active(key):
            return Refusal("InstanceRefreshInProgress", 400, "An instance refresh is already in progress.")
        now, fails_at = self._clock(), self.failing.pop(key.name, None)
        due = now + self._durations["refresh start"]
        self._refreshes.append(Refresh(key, now, due, parameters, _configuration(group), fails_at))
        return {"InstanceRefreshId": self._refreshes[-1].id}

    def _describe(self, key: GroupKey, group: Tree, parameters: Tree) -> Tree:
        wanted = parameters.get("InstanceRefreshIds")
        found = [each for each in self._refreshes if each.key == key and (not wanted or each.id in wanted)]
        return {"InstanceRefreshes": [_shown(each) for each in reversed(found)]}

    def _cancel(self, key: GroupKey, group: Tree, parameters: Tree) -> Tree | Refusal:
        active = self._active(key)
        if active is None:
            return _NONE_ACTIVE
        active.status, active.reason = "Cancelling", "Cancelled by user."
        self._hasten(active)
        return {"InstanceRefreshId": active.id}

    def _roll_back_asked(self, key: GroupKey, group: Tree, parameters: Tree) -> Tree | Refusal:
        active = self._active(key)
        if active is None:
            return _NONE_ACTIVE
        if not _reversible(active):
            return Refusal("IrreversibleInstanceRefresh", 400, "There is no version to go back to.")
        if active.status != "RollbackInProgress":
            self._roll_back(active, self._clock(), "Requested by user.")
            self._hasten(active)
        return {"InstanceRefreshId": active.id}

    def _hasten(self, refresh: Refresh) -> None:
        """What is on the way arrives first; nothing else is waited for."""
        if not refresh.replacing:
            refresh.due = self._clock()

    def _active(self, key: GroupKey) -> Refresh | None:
        return next((each for each in self._refreshes if each.key == key and each.status in ACTIVE), None)

    def _step(self, refresh: Refresh) -> None:
        """The next thing of one refresh, at the time at which it was due."""
        group, at = self._groups.find(refresh.key), refresh.due
        self._groups.look(refresh.key.region, at)
        if group is None:
            self._end(refresh, "Cancelled", "The group was deleted.")
        elif refresh.status == "Pending":
            self._launch(refresh, group, at)
        else:
            self._arrived(refresh, at)
            self._next(refresh, group, at)

    def _launch(self, refresh: Refresh, group: Tree, at: float) -> None:
        refresh.status = "InProgress"
        self._groups.configure(refresh.key, refresh.desired)
        wanted = self._groups.version(refresh.key.region, refresh.desired)
        skip = refresh.preferences.get("SkipMatching", False)
        versions = self._groups.versions(refresh.key)
        refresh.outdated = [name for name, version in versions.items() if not skip or version != wanted]
        self._next(refresh, group, at)

    def _next(self, refresh: Refresh, group: Tree, at: float) -> None:
        """What follows when no successor is on the way."""
        if refresh.status == "Cancelling":
            self._groups.configure(refresh.key, refresh.original)
            self._end(refresh, "Cancelled", refresh.reason)
        elif (
            refresh.status == "InProgress" and refresh.fails_at is not None and refresh.percentage >= refresh.fails_at
        ):
            self._fail(refresh, at)
        elif refresh.turning:
            self._turn(refresh)
        elif refresh.outdated:
            self._replace_batch(refresh, group, at)
        else:
            self._end(refresh, "RollbackSuccessful" if refresh.rollback else "Successful", refresh.reason)

    def _replace_batch(self, refresh: Refresh, group: Tree, at: float) -> None:
        """Old ones leave as far as enough stay in service; where none may, a successor serves first."""
        present = set(self._groups.instances(refresh.key))
        refresh.outdated = [name for name in refresh.outdated if name in present]
        spare = _spare(group, refresh.preferences)
        batch = refresh.outdated[: max(spare, 1)]
        refresh.outdated, refresh.replacing = refresh.outdated[len(batch) :], batch
        if batch:
            self._groups.detach(refresh.key, batch, at)
        if spare:
            self._groups.retire(refresh.key, batch, at)
        warm_up = refresh.preferences.get("InstanceWarmup", 0)
        refresh.due = at + (self._durations["group instance"] + warm_up if batch else 0)

    def _arrived(self, refresh: Refresh, at: float) -> None:
        """The successors serve; those of their predecessors that had to stay may go."""
        self._groups.retire(refresh.key, self._groups.staying(refresh.replacing), at)
        refresh.replaced, refresh.replacing = refresh.replaced + len(refresh.replacing), []

    def _fail(self, refresh: Refresh, at: float) -> None:
        reason = "New instances did not become healthy."
        if refresh.preferences.get("AutoRollback"):
            self._roll_back(refresh, at, reason)
            refresh.due = at
        else:
            self._groups.configure(refresh.key, refresh.original)
            self._end(refresh, "Failed", reason)

    def _roll_back(self, refresh: Refresh, at: float, reason: str) -> None:
        """It turns as soon as the successors that are on the way serve."""
        refresh.status, refresh.reason, refresh.turning = "RollbackInProgress", reason, True
        refresh.rollback = {
            "RollbackReason": reason,
            "RollbackStartTime": _time(at),
            "PercentageCompleteOnRollback": refresh.percentage,
            "InstancesToUpdateOnRollback": refresh.to_update,
        }

    def _turn(self, refresh: Refresh) -> None:
        """The group launches what it did before, and what was launched since is replaced in its turn."""
        self._groups.configure(refresh.key, refresh.original)
        wanted = self._groups.version(refresh.key.region, refresh.original)
        versions = self._groups.versions(refresh.key)
        refresh.outdated = [name for name, version in versions.items() if version != wanted]
        refresh.turning, refresh.replaced = False, 0

    def _end(self, refresh: Refresh, status: str, reason: str) -> None:
        refresh.status, refresh.reason, refresh.ended = status, reason, refresh.due


_NONE_ACTIVE = Refusal("ActiveInstanceRefreshNotFound", 400, "No instance refresh is in progress.")


def _configuration(group: Tree) -> Tree:
    return {name: group[name] for name in ("LaunchTemplate", "MixedInstancesPolicy") if group.get(name)}


def _reversible(refresh: Refresh) -> bool:
    """AWS goes back only from a desired configuration to a version that is a number."""
    asked = bool(refresh.asked.get("DesiredConfiguration"))
    return asked and str(template_of(refresh.original).get("Version", "")).isdigit()


def _spare(group: Tree, preferences: Tree) -> int:
    """How many instances may be out of service at once."""
    least = preferences.get("MinHealthyPercentage", _DEFAULT_MIN_HEALTHY)
    return int(group["DesiredCapacity"]) * (100 - int(least)) // 100


def _shown(refresh: Refresh) -> Tree:
    shown = {
        "InstanceRefreshId": refresh.id,
        "AutoScalingGroupName": refresh.key.name,
        "Status": refresh.status,
        "StatusReason": refresh.reason or None,
        "StartTime": _time(refresh.started),
        "EndTime": None if refresh.ended is None else _time(refresh.ended),
        "PercentageComplete": refresh.percentage,
        "InstancesToUpdate": refresh.to_update,
        "Preferences": refresh.preferences or None,
        "DesiredConfiguration": refresh.asked.get("DesiredConfiguration"),
        "RollbackDetails": refresh.rollback or None,
        "Strategy": refresh.asked.get("Strategy"),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
