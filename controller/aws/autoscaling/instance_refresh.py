"""Instance refresh: how a group's instances are replaced, and what the latest one says of the group.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh.html
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal

from controller.aws.declaration.wire import Item, value_at, values_at
from controller.core.model.conditions import Has
from controller.core.model.limits import Bounds, Count
from controller.core.model.live import Live, Phase, Refusal
from controller.core.model.rules import Check, Needs
from controller.core.model.shape import Tree
from controller.core.model.spec import Aws, Spec
from controller.core.model.wording import quantity

_PAGE = "https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RefreshPreferences.html"


def at_most_100_apart(page: str = "") -> Check:
    """The two percentages of healthy instances are no more than 100 apart."""
    return Check(
        "maxHealthyPercentage is at most 100 above minHealthyPercentage",
        lambda least, most: most - least <= 100,
        "minHealthyPercentage",
        "maxHealthyPercentage",
        page=page,
    )


class InstanceRefresh(Spec):
    """The preferences of an instance refresh. `{}` leaves all of them to AWS."""

    constraints = (
        Needs("minHealthyPercentage", when=Has("maxHealthyPercentage"), page=_PAGE),
        at_most_100_apart(_PAGE),
        Check(
            "checkpointPercentages are in ascending order, each of them once",
            lambda percentages: percentages == sorted({*percentages}),
            "checkpointPercentages",
            page=_PAGE,
        ),
        Needs("checkpointPercentages", when=Has("checkpointDelay"), page=_PAGE),
    )

    min_healthy_percentage: Annotated[int | None, Bounds(0, 100)] = None
    """The percentage of the desired capacity that stays in service. AWS's default: 90."""
    max_healthy_percentage: Annotated[int | None, Bounds(100, 200)] = None
    """The percentage that the group may grow to: above 100 new instances launch before old ones
    terminate. Needs `minHealthyPercentage`, and is at most 100 above it."""
    instance_warmup: Annotated[int | None, Bounds(0)] = None
    """Seconds until a new instance counts as warmed up. AWS's default: the group's own."""
    skip_matching: bool | None = None
    """Whether instances that already match the desired configuration are kept."""
    auto_rollback: bool | None = None
    """Whether the refresh is rolled back when it fails or an alarm goes off."""
    alarms: Annotated[list[str] | None, Count(1, 10), Aws("AlarmSpecification.Alarms")] = None
    """The names of CloudWatch alarms; any of them in ALARM fails the refresh."""
    bake_time: Annotated[int | None, Bounds(0, 172_800)] = None
    """Seconds to watch the alarms after the last instance is replaced."""
    checkpoint_percentages: Annotated[list[int] | None, Bounds(1, 100)] = None
    """The checkpoints, in percent. Without 100 at the end the remaining instances are never replaced."""
    checkpoint_delay: Annotated[int | None, Bounds(0, 172_800)] = None
    """Seconds to wait at each checkpoint. AWS's default: an hour."""
    scale_in_protected_instances: Literal["Refresh", "Ignore", "Wait"] | None = None
    """What happens to instances protected from scale-in. AWS's default: `Ignore`."""
    standby_instances: Literal["Terminate", "Ignore", "Wait"] | None = None
    """What happens to instances in Standby. AWS's default: `Ignore`."""


_ON_ITS_WAY = ("Pending", "InProgress", "Baking")
_TURNING = {"Cancelling": "cancelling", "RollbackInProgress": "rollback"}
_FAILED = {
    "Failed": "failed",
    "Cancelled": "was cancelled",
    "RollbackSuccessful": "was rolled back",
    "RollbackFailed": "failed, and so did its rollback",
}


LAUNCH = ("launchTemplate", "launchTemplateVersion", "overrides", "instancesDistribution")
"""What a template says of launches: AWS takes it all together, and a refresh moves the group to it."""
SOURCE = (*LAUNCH, "launchConfiguration")
"""What instances are launched from. A refresh brings it to live ones; a launch configuration is the group's first."""


class Refresh:
    """The latest refresh of a group as AWS shows it; an empty item where there was none yet."""

    def __init__(self, item: Item) -> None:
        self.item, self.status = item, str(item.get("Status", ""))

    @property
    def launches(self) -> Item:
        """What the group launches when the refresh succeeds, in the form of the group's own listing."""
        desired: Item = self.item.get("DesiredConfiguration") or {}
        return desired

    @property
    def on_its_way(self) -> bool:
        """Whether it is to end with what it was started for."""
        return self.status in _ON_ITS_WAY

    @property
    def active(self) -> bool:
        """Whether AWS is at work on it; then no other can be started."""
        return self.on_its_way or self.status in _TURNING

    @property
    def progress(self) -> str:
        """How far it is."""
        return f"{_TURNING.get(self.status, 'refresh')} {self.item.get('PercentageComplete', 0)} %"

    @property
    def failed(self) -> str:
        """That it came to nothing, and why; empty when it did not."""
        how = _FAILED.get(self.status)
        why = value_at(self.item, "RollbackDetails.RollbackReason") or self.item.get("StatusReason")
        return f"{how}: {why}" if how and why else how or ""


def refreshed(live: Live, refresh: Refresh, launches: Tree) -> Live:
    """The group as its latest refresh leaves it, or will; `launches` are the fields of what that brings.

    What one on its way brings counts as shown. One that failed is not started again for the same.
    """
    wanted = {name: launches[name] for name in LAUNCH if launches.get(name)}
    if refresh.active:
        why = f"an instance refresh is in progress ({refresh.progress}); the next one can start after it"
        fields = {**live.fields, **(wanted if refresh.on_its_way else {})}
        refused = dict.fromkeys(SOURCE, Refusal(None, why))
        phase = Phase.USABLE if live.usable else live.phase
        return replace(live, fields=fields, refused=refused, phase=phase, progress=refresh.progress)
    source = "launchConfiguration" if "launchConfiguration" in live.fields else "launchTemplateVersion"
    told = wanted or {source: live.fields.get(source)}
    what = "version" if source == "launchTemplateVersion" else "launch configuration"
    why = f"the last instance refresh to {what} {told.get(source)} {refresh.failed}"
    why = f"{why}; change what is launched, or start a refresh by hand"
    refused = {name: Refusal(_told(name, told), why) for name in told if refresh.failed}
    older = outdated(live.original or {})
    shown = {source: f"{live.fields[source]} ({older})"} if older else {}
    return replace(live, fields={**live.fields, **shown}, refused=refused)


def _told(name: str, wanted: Tree) -> Any:
    """What a failed refresh was to bring; overrides and distribution fail with whatever version they came with."""
    return None if name in ("overrides", "instancesDistribution") else wanted[name]


def outdated(group: Item) -> str:
    """How many instances of a group run something else than it launches; empty when none do.

    Instances that a refresh passes over by default do not count, nor those of overrides with a template of their own.
    """
    instances = list(_refreshable(group))
    others = [instance for instance in instances if _differs(instance, group)]
    if not others:
        return ""
    sources = sorted({_source(instance) for instance in others})
    return f"{len(others)} of {quantity(len(instances), 'instance')}: {', '.join(sources)}"


def launched_by(group: Item) -> Item:
    """The launch template of a group or of a desired configuration, wherever AWS shows it; empty without one."""
    path = "MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification"
    template: Item = value_at(group, path) or group.get("LaunchTemplate") or {}
    return template


def _refreshable(group: Item) -> Iterator[Item]:
    for instance in values_at(group, "Instances[]"):
        passing = str(instance.get("LifecycleState")).startswith(("Terminating", "Standby", "Entering", "Detach"))
        if not passing and not instance.get("ProtectedFromScaleIn") and _source(instance):
            yield instance


def _source(instance: Item) -> str:
    """The version of the template, or the launch configuration, that an instance was launched from."""
    return str(value_at(instance, "LaunchTemplate.Version") or instance.get("LaunchConfigurationName") or "")


def _differs(instance: Item, group: Item) -> bool:
    """Whether an instance was launched from another version, or from another launch configuration."""
    mine, template = instance.get("LaunchTemplate") or {}, launched_by(group)
    if group.get("LaunchConfigurationName"):
        return bool(mine) or instance["LaunchConfigurationName"] != group["LaunchConfigurationName"]
    same: bool = mine.get("LaunchTemplateId") == template.get("LaunchTemplateId")
    numbered = str(template.get("Version", "")).isdigit()
    return numbered and same and mine.get("Version") != template.get("Version")
