"""Auto Scaling groups: their instances come and go by themselves, and take their time."""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import boto3

from tests.slow import rules
from tests.slow.things import Things, target_id
from tests.slow.wire import Asked, Tree


class GroupKey(NamedTuple):
    """One group of one region."""

    region: str
    name: str


@dataclass
class Leaver:
    """An instance that the emulator no longer has in the group, and that the group still shows."""

    group: GroupKey
    item: Tree
    until: float | None
    """None while it still serves, because its successor does not yet."""


class Groups:
    """Looks at the emulator's groups after each call, so that what came and what left can take its time.

    Sees the account of the credentials that the tests run with; groups that were there before it looked first
    are in service.
    """

    def __init__(
        self, upstream: str, things: Things, clock: Callable[[], float], durations: Mapping[str, float]
    ) -> None:
        self._upstream, self._things, self._clock, self._durations = upstream, things, clock, durations
        self._clients: dict[tuple[str, str], Any] = {}
        self._members: dict[GroupKey, dict[str, Tree]] = {}
        self._versions: dict[str, str] = {}
        self._leavers: dict[str, Leaver] = {}

    def client(self, service: str, region: str) -> Any:
        """A client of the emulator itself."""
        if (service, region) not in self._clients:
            made: Any = boto3.client(service, region_name=region, endpoint_url=self._upstream)  # type: ignore[call-overload]
            self._clients[service, region] = made
        return self._clients[service, region]

    def find(self, key: GroupKey) -> Tree | None:
        """A group as the emulator has it, or nothing."""
        listed = self.client("autoscaling", key.region).describe_auto_scaling_groups(AutoScalingGroupNames=[key.name])
        groups: list[Tree] = listed["AutoScalingGroups"]
        return groups[0] if groups else None

    def look(self, region: str, at: float, created: str = "") -> None:
        """What came since the last look sets out now, what went leaves now."""
        pages = self.client("autoscaling", region).get_paginator("describe_auto_scaling_groups").paginate()
        groups = {
            GroupKey(region, group["AutoScalingGroupName"]): group
            for page in pages
            for group in page["AutoScalingGroups"]
        }
        for key, group in groups.items():
            self._things.remember(rules.GROUP, region, group)
            self._compare(key, group, at, new=key.name == created)
        for key in [key for key in self._members if key.region == region and key not in groups]:
            for name in self._members.pop(key):
                self._things.begin(rules.INSTANCE, region, name, rules.TERMINATING, at)

    def show(self, asked: Asked, answer: Tree) -> None:
        """The instances with the version they were launched with, and those that are leaving."""
        for group in answer.get("AutoScalingGroups", ()):
            group.setdefault("Instances", []).extend(
                self._leaving(GroupKey(asked.region, group["AutoScalingGroupName"]))
            )
            for item in group["Instances"]:
                self._show_version(item)
        for item in answer.get("AutoScalingInstances", ()):
            self._show_version(item)

    def instances(self, key: GroupKey) -> list[str]:
        """The instances that the emulator has in the group."""
        return [item["InstanceId"] for item in (self.find(key) or {}).get("Instances", ())]

    def versions(self, key: GroupKey) -> Mapping[str, str]:
        """The version of the launch template that each instance of the group was launched with."""
        return {name: self._versions.get(name, "") for name in self.instances(key)}

    def detach(self, key: GroupKey, names: list[str], at: float) -> None:
        """Lets the emulator launch successors, while these still serve."""
        for name in names:
            self._leavers[name] = Leaver(key, self._members[key].pop(name), None)
        self.client("autoscaling", key.region).detach_instances(
            AutoScalingGroupName=key.name, InstanceIds=names, ShouldDecrementDesiredCapacity=False
        )
        self.look(key.region, at)

    def staying(self, names: list[str]) -> list[str]:
        """Those of the detached instances that still serve."""
        return [name for name in names if self._leavers[name].until is None]

    def retire(self, key: GroupKey, names: list[str], at: float) -> None:
        """Lets detached instances terminate."""
        if names:
            self.client("ec2", key.region).terminate_instances(InstanceIds=names)
        for name in names:
            self._leave(key, self._leavers[name].item, at)

    def configure(self, key: GroupKey, configuration: Tree) -> None:
        """Changes what the emulator's group launches from now on."""
        asked = copy.deepcopy(configuration)
        template = template_of(asked)
        if "LaunchTemplateId" in template:  # a listing has both, a call takes one
            template.pop("LaunchTemplateName", None)
        self.client("autoscaling", key.region).update_auto_scaling_group(AutoScalingGroupName=key.name, **asked)

    def version(self, region: str, group: Tree) -> str:
        """The number of the launch template's version that a group launches."""
        template = template_of(group)
        wanted = str(template.get("Version") or "$Default")
        if not template or wanted.isdigit():
            return wanted if template else ""
        by = "LaunchTemplateId" if "LaunchTemplateId" in template else "LaunchTemplateName"
        found = self.client("ec2", region).describe_launch_templates(**{f"{by}s": [template[by]]})
        number = "LatestVersionNumber" if wanted == "$Latest" else "DefaultVersionNumber"
        return str(found["LaunchTemplates"][0][number])

    def _compare(self, key: GroupKey, group: Tree, at: float, new: bool) -> None:
        present = {item["InstanceId"]: item for item in group["Instances"]}
        known = self._members.get(key, {} if new else present)
        launched = [name for name in present if name not in self._versions]
        version = self.version(key.region, group) if launched else ""
        self._versions.update(dict.fromkeys(launched, version))
        self._members[key] = present
        for name in present.keys() - known.keys():
            self._arrive(key.region, group, name, at)
        for name in known.keys() - present.keys():
            self._leave(key, known[name], at)

    def _arrive(self, region: str, group: Tree, name: str, at: float) -> None:
        self._things.begin(rules.INSTANCE, region, name, rules.STARTING, at)
        self._things.begin(rules.GROUP_INSTANCE, region, name, rules.LAUNCHING, at)
        for arn in group.get("TargetGroupARNs", ()):
            launched = at + self._durations["instance"]
            self._things.begin(rules.TARGET, region, target_id(arn, name), rules.REGISTERING, launched)

    def _leave(self, key: GroupKey, item: Tree, at: float) -> None:
        name = item["InstanceId"]
        self._leavers[name] = Leaver(key, item, at + self._durations["instance termination"])
        self._things.begin(rules.INSTANCE, key.region, name, rules.TERMINATING, at)
        self._things.begin(rules.GROUP_INSTANCE, key.region, name, rules.LEAVING, at)
        for arn in (self.find(key) or {}).get("TargetGroupARNs", ()):
            self.client("elbv2", key.region).deregister_targets(TargetGroupArn=arn, Targets=[{"Id": name}])

    def _leaving(self, key: GroupKey) -> Iterator[Tree]:
        for leaver in self._leavers.values():
            if leaver.group == key and (leaver.until is None or self._clock() < leaver.until):
                yield dict(leaver.item)

    def _show_version(self, item: Tree) -> None:
        version = self._versions.get(item["InstanceId"])
        if version and "LaunchTemplate" in item:
            item["LaunchTemplate"] = {**item["LaunchTemplate"], "Version": version}


def template_of(group: Tree) -> Tree:
    """The launch template of a group or of a desired configuration; empty when it has none."""
    mixed = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {}).get("LaunchTemplateSpecification", {})
    template: Tree = group.get("LaunchTemplate") or mixed
    return template
