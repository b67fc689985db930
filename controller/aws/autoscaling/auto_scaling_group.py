"""A fleet of instances that AWS keeps at its size, and replaces when one fails."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from botocore.model import StructureShape

from controller.aws.autoscaling.auto_scaling_group_spec import AutoScalingGroupSpec
from controller.aws.autoscaling.instance_refresh import LAUNCH, SOURCE, Refresh, launched_by, refreshed
from controller.aws.autoscaling.mixed_instances import mixed, pinned
from controller.aws.autoscaling.tags import GroupTags, propagating
from controller.aws.declaration.keeping import kept, laid_over
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.wire import Item, input_shape, parameters_of, value_at, values_at
from controller.aws.declaration.words import (
    Attribute,
    Collection,
    Create,
    Detail,
    HealthSource,
    Listing,
    Op,
    Setter,
    States,
)
from controller.aws.structures.offerings import instance_types
from controller.core.model.call import Call, Change
from controller.core.model.cloud import Cloud
from controller.core.model.live import Health, Live, Phase
from controller.core.model.node import Node
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Tree
from controller.core.model.wording import quantity
from controller.core.model.writer import WriteContext

_REFRESH = "(refresh)"
"""The name of a detail that is no field."""


class AutoScalingGroup(AwsKind):
    """An Auto Scaling group. A change of what it launches is rolled out by an instance refresh if the document has
    one."""

    spec, service, tagging = AutoScalingGroupSpec, "autoscaling", GroupTags()
    id_field, id_from, natural_key = "AutoScalingGroupName", "autoScalingGroupName", ("autoScalingGroupName",)
    offerings = instance_types("overrides[].instanceType")
    listing = Listing("DescribeAutoScalingGroups", "AutoScalingGroups", page=100)
    states = States("Status", leaving=frozenset({"delete in progress"}))
    health_source = HealthSource("Instances[].HealthStatus", frozenset({"healthy"}))
    creation, deletion = Create("CreateAutoScalingGroup", ""), "DeleteAutoScalingGroup"
    attributes = {"arn": Attribute("Its ARN.", "AutoScalingGroupARN")}
    setters = (
        Setter("UpdateAutoScalingGroup", separable=True, resets=dict.fromkeys(LAUNCH, LAUNCH)),
        Setter("StartInstanceRefresh", ("instanceRefresh",)),
        Setter("PutWarmPool", ("warmPool",), spread=True, empty="DeleteWarmPool"),
    )
    members = (
        Collection(
            "targetGroups",
            add=Op("AttachLoadBalancerTargetGroups", batch="TargetGroupARNs", most=10),
            remove=Op("DetachLoadBalancerTargetGroups", batch="TargetGroupARNs", most=10),
        ),
        Collection(
            "loadBalancers",
            add=Op("AttachLoadBalancers", batch="LoadBalancerNames", most=10),
            remove=Op("DetachLoadBalancers", batch="LoadBalancerNames", most=10),
        ),
        Collection(
            "enabledMetrics",
            add=Op("EnableMetricsCollection", batch="Metrics", constant={"Granularity": "1Minute"}),
            remove=Op("DisableMetricsCollection", batch="Metrics"),
        ),
        Collection(
            "suspendedProcesses",
            add=Op("SuspendProcesses", batch="ScalingProcesses"),
            remove=Op("ResumeProcesses", batch="ScalingProcesses"),
        ),
        Collection(
            "notificationConfigurations",
            add=Op("PutNotificationConfiguration"),
            change=Op("PutNotificationConfiguration"),
            remove=Op("DeleteNotificationConfiguration"),
        ),
    )
    reads = (
        Detail("notificationConfigurations", "DescribeNotificationConfigurations", "NotificationConfigurations"),
    )

    # --- writes ---

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """The version of a template that the document leaves open is that of its default version."""
        fields = pinned(super().desired(stack, address, fields))
        overrides = [pinned(override) for override in fields.get("overrides", ())]
        return {**fields, "overrides": overrides} if overrides else fields

    def initial(self, fields: Tree) -> Tree:
        """Its tags go on to instances as the create call says."""
        return {"propagateAtLaunch": fields.get("propagateAtLaunch", {})}

    def create(self, node: Node) -> tuple[Call, ...]:
        """A mixed instances policy has the template in it."""
        (call,) = super().create(node)
        parameters = propagating(mixed(call.parameters), node.fields.get("propagateAtLaunch", {}))
        return (replace(call, parameters=parameters),)

    def tag(self, node: Node, tags: Mapping[str, str], live: Live | None = None) -> tuple[Call, ...]:
        """Each tag goes on to instances, or not, as the document says, and otherwise as it does."""
        live_by_key = (live.fields.get("propagateAtLaunch") or {}) if live else {}
        by_key = {**live_by_key, **node.fields.get("propagateAtLaunch", {})}
        calls = super().tag(node, tags, live)
        return tuple(replace(call, parameters=propagating(call.parameters, by_key)) for call in calls)

    def update(
        self, node: Node, changes: Iterable[Change], live: Live | None, around: WriteContext
    ) -> tuple[Call, ...]:
        """Tags are sent again as they are, to say anew whether they go on to instances."""
        changes, there = tuple(changes), {**(live.tags if live else {}), **node.tags}
        paths = [change.path for change in changes if change.field == "propagateAtLaunch"]
        keys = [path.removeprefix("propagateAtLaunch[").removesuffix("]") for path in paths]
        calls = self.tag(node, {key: there[key] for key in keys if key in there}, live) if paths else ()
        return (*super().update(node, changes, live, around), *(replace(c, fields=tuple(paths)) for c in calls))

    def settings(self, node: Node, changes: Iterable[Change], live: Live | None, me: Placeholder) -> Iterator[Call]:
        """What is launched is said as a whole, what the document leaves open as it is; with a refresh, by that."""
        kept = {name: live.fields[name] for name in LAUNCH if live and live.fields.get(name)}
        whole, changes = replace(node, fields={**kept, **node.fields}), tuple(changes)
        refreshing = tuple(c.path for c in changes if c.field in SOURCE and "instanceRefresh" in node.fields)
        others = [c for c in changes if c.path not in refreshing or c.field == "launchConfiguration"]
        yield from super().settings(whole, others, live, me)
        if refreshing:
            yield self.refresh(whole, refreshing, live, me)

    def setting(self, setter: Setter, node: Node, group: list[str], live: Live | None, me: Placeholder) -> Call:
        """A mixed instances policy has the template in it, and a pool that goes takes its instances along."""
        call = super().setting(setter, node, group, live, me)
        forced = {"ForceDelete": True} if call.operation == "DeleteWarmPool" else {}
        return replace(call, parameters={**mixed(call.parameters), **forced})

    def refresh(self, node: Node, paths: tuple[str, ...], live: Live | None, me: Placeholder) -> Call:
        """One call that replaces the instances; AWS moves the group itself to another template when it succeeds."""
        shape = input_shape(self.service, "StartInstanceRefresh")
        desired = shape.members["DesiredConfiguration"]
        assert isinstance(desired, StructureShape)
        launch = {name: node.fields[name] for name in LAUNCH if name in node.fields}
        launched = {} if "launchConfiguration" in node.fields else self.launching(launch, live, desired)
        parameters = {
            "AutoScalingGroupName": me,
            "Strategy": "Rolling",
            **({"DesiredConfiguration": mixed(launched)} if launched else {}),
            **parameters_of(self.shape, {"instanceRefresh": node.fields["instanceRefresh"]}, shape),
        }
        return Call(self.service, "StartInstanceRefresh", parameters, paths)

    def emptying(self, live: Live, around: WriteContext) -> Iterator[Call]:
        """Its warm pool goes before it."""
        if live.fields.get("warmPool"):
            yield self.call(Op("DeleteWarmPool", constant={"ForceDelete": True}), {}, ("warmPool",), live.id)

    def launching(self, launch: Tree, live: Live | None, shape: StructureShape) -> dict[str, Any]:
        """What is launched as parameters, with what else the group says of it."""
        staying = {name: live.fields[name] for name in launch if name in live.fields} if live else {}
        whole = laid_over(self.shape, launch, staying)
        shown = self.repeated(self.setters[0], LAUNCH, live.original) if live and live.original else {}
        return kept(self.shape, whole, shape, parameters_of(self.shape, whole, shape), shown)

    def final(self, live: Live) -> Call:
        """The group goes with its instances."""
        call = super().final(live)
        return replace(call, parameters={**call.parameters, "ForceDelete": True})

    # --- reads ---

    def fields(self, item: Item) -> Tree:
        """The template stands in the mixed instances policy, where there is one. A warm pool may be going."""
        template, going = launched_by(item), value_at(item, "WarmPoolConfiguration.Status") == "PendingDelete"
        rest = {**item, "WarmPoolConfiguration": None} if going else item
        return super().fields({**rest, "LaunchTemplate": template} if template else rest)

    def live(self, item: Item) -> Live | None:
        """With the instances."""
        live = super().live(item)
        return live and replace(live, original=item)

    def protection(self, fields: Tree) -> str:
        """Any protection: the group is always deleted with its instances."""
        guarded = fields.get("deletionProtection", "none") != "none"
        return "deletionProtection is set; set it to none in the document and apply that first" if guarded else ""

    def phase(self, item: Item) -> Phase | None:
        """Usable at once, and ready when nothing is being launched."""
        phase = super().phase(item)
        return Phase.USABLE if phase is Phase.READY and _launching(item) else phase

    def progress(self, item: Item) -> str:
        """How many instances are on their way."""
        return (
            f"launching {quantity(_launching(item), 'instance')}" if _launching(item) else str(item.get("Status", ""))
        )

    def health(self, item: Item) -> Health:
        """How many of the instances that there should be are in service, and healthy."""
        good, total = sum(map(_serves, values_at(item, "Instances[]"))), int(item.get("DesiredCapacity", 0))
        return Health(
            good >= total, "" if good >= total else f"{good} of {quantity(total, 'instance')} in service", good, total
        )

    def detailed(self, fields: Tree) -> frozenset[str]:
        """The latest refresh too, where the document wants instances refreshed."""
        return super().detailed(fields) | ({_REFRESH} if "instanceRefresh" in fields else set())

    def momentary(self, detail: str) -> bool:
        """A refresh goes on by itself."""
        return detail == _REFRESH or super().momentary(detail)

    def detail(self, cloud: Cloud, live: Live, name: str) -> Any:
        """AWS lists the latest refresh first."""
        if name != _REFRESH:
            return super().detail(cloud, live, name)
        body = self.answer(cloud, "DescribeInstanceRefreshes", live, {"MaxRecords": 1})
        return next(values_at(body, "InstanceRefreshes[]"), {})

    def completed(self, live: Live, details: Mapping[str, Any]) -> Live:
        """The group as its latest refresh leaves it, or will."""
        rest = {name: value for name, value in details.items() if name != _REFRESH}
        live = super().completed(live, rest)
        if _REFRESH not in details:
            return live
        refresh = Refresh(details[_REFRESH])
        return refreshed(live, refresh, self.fields(refresh.launches))


def _launching(item: Item) -> int:
    """How many instances are on their way."""
    return sum(
        str(instance.get("LifecycleState")).startswith("Pending") for instance in values_at(item, "Instances[]")
    )


def _serves(instance: Item) -> bool:
    return (instance.get("LifecycleState"), str(instance.get("HealthStatus")).lower()) == ("InService", "healthy")
