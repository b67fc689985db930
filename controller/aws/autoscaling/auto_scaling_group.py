"""A fleet of instances that AWS keeps at its size, and replaces when one fails."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Annotated, Any, Literal

from botocore.model import StructureShape
from pydantic import model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from controller.aws.autoscaling.instance_refresh import InstanceRefresh, Refresh, launched_by, outdated
from controller.aws.autoscaling.tags import GroupTags
from controller.aws.declaration.forms import COMMA_LIST
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.wire import Item, input_shape, overlay, parameters_of, values_at
from controller.aws.declaration.words import Attribute, Collection, Create, HealthSource, Listing, Op, Setter, States
from controller.core.model.call import Call, Change
from controller.core.model.cloud import Cloud
from controller.core.model.live import Health, Live, Phase, Refusal
from controller.core.model.node import Node
from controller.core.model.reference import Address, Foreign, Lookup, Placeholder
from controller.core.model.shape import Tree
from controller.core.model.spec import (
    Aws,
    Between,
    Immutable,
    Keyed,
    Named,
    Spec,
    Tagged,
    To,
    Unordered,
    WriteSetting,
)


class Override(Spec):
    """One instance type that the group may launch besides, or instead of, the launch template's."""

    instance_type: str
    """The instance type, such as `t3.large`."""
    weighted_capacity: str | None = None
    """How many capacity units one instance counts for, as text. AWS's default: 1."""
    image: Annotated[str | None, To("Image"), Aws("ImageId")] = None
    """An image other than the launch template's, such as one for another processor architecture."""


class InstancesDistribution(Spec):
    """How capacity is split between On-Demand and Spot Instances."""

    on_demand_base_capacity: int | None = None
    """The minimum capacity that is On-Demand. AWS's default: 0."""
    on_demand_percentage_above_base_capacity: int | None = None
    """The On-Demand percentage of the capacity above the base. AWS's default: 100."""
    on_demand_allocation_strategy: Literal["prioritized", "lowest-price"] | None = None
    """How On-Demand instance types are chosen. AWS's default: `prioritized`, in the order of `overrides`."""
    spot_allocation_strategy: (
        Literal["price-capacity-optimized", "capacity-optimized", "capacity-optimized-prioritized", "lowest-price"]
        | None
    ) = None
    """How Spot pools are chosen; AWS recommends `price-capacity-optimized`."""
    spot_instance_pools: int | None = None
    """The number of Spot pools to use; only for `lowest-price`."""
    spot_max_price: str | None = None
    """The maximum hourly Spot price, as text. Unset: the On-Demand price."""


class InstanceMaintenancePolicy(Spec):
    """How far capacity may deviate while AWS replaces instances."""

    min_healthy_percentage: int
    """The percentage of the desired capacity that stays in service."""
    max_healthy_percentage: int
    """The percentage that the group may grow to, 100 to 200."""


class AvailabilityZoneDistribution(Spec):
    """How instances are distributed over Availability Zones."""

    capacity_distribution_strategy: Literal["balanced-only", "balanced-best-effort", "reservations-then-balanced"]
    """`balanced-only`: failed launches are retried in the same zone; `balanced-best-effort`: in another zone."""


_FLOATING = ("$Latest", "$Default")


class AutoScalingGroupSpec(Tagged):
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html

    The tags of the node and of the stack propagate to the instances at launch; the owner tags `holdfast.dev/…` stay
    on the group.
    """

    auto_scaling_group_name: Annotated[str | None, Immutable(), Named(limit=255)] = None
    """Its name, unique in the region. Unset: `<stack>-<name>`."""
    min_size: int
    """The minimum number of instances."""
    max_size: int
    """The maximum number of instances."""
    desired_capacity: Annotated[int | None, Between("minSize", "maxSize")] = None
    """The initial number of instances. Afterwards scaling policies may move it between `minSize` and `maxSize`, which
    is not drift. Unset: AWS starts with `minSize`."""
    launch_template: Annotated[str | None, To("LaunchTemplate"), Aws("LaunchTemplate.LaunchTemplateId")] = None
    """The launch template of its instances."""
    launch_template_version: Annotated[str | None, Aws("LaunchTemplate.Version")] = None
    """The version number of the launch template, as text. Unset: the default version, pinned by its number. With
    `instanceRefresh` a new version replaces the instances; without it only new instances use it."""
    overrides: Annotated[
        list[Override] | None, Keyed("instanceType"), Aws("MixedInstancesPolicy.LaunchTemplate.Overrides")
    ] = None
    """The instance types that it may launch; the group then has a mixed instances policy."""
    instances_distribution: Annotated[
        InstancesDistribution | None, Aws("MixedInstancesPolicy.InstancesDistribution")
    ] = None
    """How capacity is split between On-Demand and Spot; also part of the mixed instances policy."""
    launch_configuration: Annotated[str | None, To("LaunchConfiguration"), Aws("LaunchConfigurationName")] = None
    """A launch configuration, in place of a launch template."""
    instance_refresh: Annotated[InstanceRefresh | None, WriteSetting(), Aws("Preferences")] = None
    """Replace the instances by an instance refresh when what they are launched from changes; also when instances run
    another version than the group launches. AWS moves the group to the new version when the refresh succeeds. A
    failed refresh is not started again for the same version."""
    subnets: Annotated[
        list[Annotated[str, To("Subnet")]] | None, Unordered(), Aws("VPCZoneIdentifier"), COMMA_LIST
    ] = None
    """The subnets that it launches into."""
    availability_zones: Annotated[list[str] | None, Unordered()] = None
    """The Availability Zones, for a group in the default VPC; with `subnets` they follow from those."""
    availability_zone_distribution: AvailabilityZoneDistribution | None = None
    """How instances are distributed over Availability Zones."""
    target_groups: Annotated[
        list[Annotated[str, To("TargetGroup", gives=True)]] | None, Unordered(), Aws("TargetGroupARNs")
    ] = None
    """The target groups that its instances are registered with."""
    load_balancers: Annotated[
        list[Annotated[str, To("ClassicLoadBalancer", gives=True)]] | None, Unordered(), Aws("LoadBalancerNames")
    ] = None
    """The Classic Load Balancers that its instances are registered with."""
    health_check_type: str | None = None
    """`EC2`, or `ELB` to use the load balancer's health checks too; several are comma-separated. AWS's default:
    `EC2`."""
    health_check_grace_period: int | None = None
    """Seconds after launch before a failed health check terminates an instance. AWS's default: 0."""
    default_cooldown: int | None = None
    """The cooldown of simple scaling policies, in seconds. AWS's default: 300."""
    default_instance_warmup: int | None = None
    """Seconds until a new instance counts for scaling policies and refreshes. AWS's default: none."""
    termination_policies: list[str] | None = None
    """The order in which instances are chosen for termination. AWS's default: `[Default]`."""
    new_instances_protected_from_scale_in: bool | None = None
    """Whether new instances are protected from scale-in."""
    capacity_rebalance: bool | None = None
    """Whether Spot Instances at risk of interruption are replaced in advance."""
    max_instance_lifetime: int | None = None
    """The maximum lifetime of an instance in seconds, at least one day; 0 for none."""
    instance_maintenance_policy: InstanceMaintenancePolicy | None = None
    """How far capacity may deviate while AWS replaces instances."""
    desired_capacity_type: Literal["units", "vcpu", "memory-mib"] | None = None
    """The unit of the capacity. AWS's default: `units`, which are instances."""
    placement_group: str | None = None
    """The placement group that it launches into."""
    service_linked_role_arn: Annotated[str | None, Aws("ServiceLinkedRoleARN")] = None
    """The service-linked role that Auto Scaling uses. AWS's default: the account's own."""
    deletion_protection: Literal["none", "prevent-force-deletion", "prevent-all-deletion"] | None = None
    """Which deletions AWS refuses. Anything but `none` keeps Holdfast from deleting the group, because it always
    deletes the group together with its instances."""
    enabled_metrics: Annotated[list[str] | None, Unordered(), Aws("EnabledMetrics[].Metric", write="Metrics")] = None
    """The group metrics sent to CloudWatch every minute, such as `GroupInServiceInstances`."""
    suspended_processes: Annotated[
        list[str] | None, Unordered(), Aws("SuspendedProcesses[].ProcessName", write="ScalingProcesses")
    ] = None
    """The suspended processes, such as `AZRebalance`."""

    @model_validator(mode="after")
    def _sizes(self) -> "AutoScalingGroupSpec":
        named = [("minSize", self.min_size), ("desiredCapacity", self.desired_capacity), ("maxSize", self.max_size)]
        sizes = [(name, size) for name, size in named if isinstance(size, int)]
        for (less, small), (more, large) in pairwise(sizes):
            if small > large:
                raise _fault("{less} {small} is above {more} {large}", less=less, small=small, more=more, large=large)
        return self

    @model_validator(mode="after")
    def _one_source(self) -> "AutoScalingGroupSpec":
        if (self.launch_template is None) is (self.launch_configuration is None):
            raise _fault("a group launches from one of launchTemplate and launchConfiguration")
        if self.launch_configuration is not None:
            asked = ("launch_template_version", "overrides", "instances_distribution", "instance_refresh")
            for name in [name for name in asked if getattr(self, name) is not None]:
                raise _fault("{name} needs a launchTemplate", name=to_camel(name))
        return self

    @model_validator(mode="after")
    def _pinned(self) -> "AutoScalingGroupSpec":
        version = self.launch_template_version
        if version in _FLOATING:
            message = (
                "launchTemplateVersion is a number and not {version}, which would change what is launched without a "
                "change of the group, and cannot be rolled back; leave it out for the template's default version"
            )
            raise _fault(message, version=version)
        if isinstance(self.launch_template, str) and version is None:
            raise _fault('a launchTemplate by its id needs its launchTemplateVersion, such as "3"')
        return self

    @model_validator(mode="after")
    def _placed(self) -> "AutoScalingGroupSpec":
        if not (self.subnets or self.availability_zones):
            raise _fault("a group needs subnets, or availabilityZones in the default VPC")
        if self.health_check_grace_period == 0 and "ELB" in str(self.health_check_type):
            message = (
                "healthCheckGracePeriod 0 with healthCheckType {type} ends instances before they can answer; "
                "give them as many seconds as they need to start"
            )
            raise _fault(message, type=self.health_check_type)
        return self


def _fault(message: str, **words: Any) -> PydanticCustomError:
    return PydanticCustomError("group", message, words)


_LAUNCH = ("launchTemplate", "launchTemplateVersion", "overrides", "instancesDistribution")
"""What instances are launched from: AWS takes all of it together, and a refresh brings it to live ones."""
_REFRESH = "(refresh)"
"""The name of a detail that is no field."""


class AutoScalingGroup(AwsKind):
    """An Auto Scaling group. A change of what it launches is rolled out by an instance refresh if the document has
    one."""

    spec, service, tagging = AutoScalingGroupSpec, "autoscaling", GroupTags()
    id_field, id_from, natural_key = "AutoScalingGroupName", "autoScalingGroupName", ("autoScalingGroupName",)
    listing = Listing("DescribeAutoScalingGroups", "AutoScalingGroups", page=100, size="MaxRecords")
    states = States("Status", leaving=frozenset({"delete in progress"}))
    health_source = HealthSource("Instances[].HealthStatus", frozenset({"healthy"}), total="DesiredCapacity")
    creation, deletion = Create("CreateAutoScalingGroup", ""), "DeleteAutoScalingGroup"
    attributes = {"arn": Attribute("Its ARN.", "AutoScalingGroupARN")}
    setters = (
        Setter("UpdateAutoScalingGroup", resets=dict.fromkeys(_LAUNCH, _LAUNCH)),
        Setter("StartInstanceRefresh", ("instanceRefresh",)),
    )
    members = (
        Collection(
            "targetGroups",
            add=Op("AttachLoadBalancerTargetGroups", batch="TargetGroupARNs"),
            remove=Op("DetachLoadBalancerTargetGroups", batch="TargetGroupARNs"),
        ),
        Collection(
            "loadBalancers",
            add=Op("AttachLoadBalancers", batch="LoadBalancerNames"),
            remove=Op("DetachLoadBalancers", batch="LoadBalancerNames"),
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
    )

    # --- writes ---

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """The version of the template that the document leaves open is that of its default version."""
        template, fields = fields.get("launchTemplate"), super().desired(stack, address, fields)
        if not isinstance(template, Placeholder | Foreign | Lookup):
            return fields
        return {"launchTemplateVersion": replace(template, attribute="version"), **fields}

    def create(self, node: Node) -> tuple[Call, ...]:
        """A mixed instances policy has the template in it."""
        return tuple(replace(call, parameters=_mixed(call.parameters)) for call in super().create(node))

    def settings(self, node: Node, changes: Iterable[Change], live: Live | None, me: Placeholder) -> Iterator[Call]:
        """What is launched is said as a whole, what the document leaves open as it is; with a refresh, by that."""
        kept = {name: live.fields[name] for name in _LAUNCH if live and live.fields.get(name)}
        whole, changes = replace(node, fields={**kept, **node.fields}), tuple(changes)
        refreshing = tuple(c.path for c in changes if c.field in _LAUNCH and "instanceRefresh" in node.fields)
        others = [change for change in changes if change.path not in refreshing]
        for call in super().settings(whole, others, live, me):
            yield replace(call, parameters=_mixed(call.parameters))
        if refreshing:
            yield self.refresh(whole, refreshing, me)

    def refresh(self, node: Node, paths: tuple[str, ...], me: Placeholder) -> Call:
        """One call that replaces the instances; AWS changes the group itself when it has succeeded."""
        shape = input_shape(self.service, "StartInstanceRefresh")
        desired = shape.members["DesiredConfiguration"]
        assert isinstance(desired, StructureShape)
        launch = {name: node.fields[name] for name in _LAUNCH if name in node.fields}
        parameters = {
            "AutoScalingGroupName": me,
            "Strategy": "Rolling",
            "DesiredConfiguration": _mixed(parameters_of(self.shape, launch, desired)),
            **parameters_of(self.shape, {"instanceRefresh": node.fields["instanceRefresh"]}, shape),
        }
        return Call(self.service, "StartInstanceRefresh", parameters, paths)

    def final(self, live: Live) -> Call:
        """The group goes with its instances."""
        call = super().final(live)
        return replace(call, parameters={**call.parameters, "ForceDelete": True})

    # --- reads ---

    def fields(self, item: Item) -> Tree:
        """The template stands in the mixed instances policy, where there is one."""
        template = launched_by(item)
        return super().fields({**item, "LaunchTemplate": template} if template else item)

    def live(self, item: Item) -> Live | None:
        """With the instances, and with AWS's protection of them."""
        live = super().live(item)
        guarded = live is not None and live.fields.get("deletionProtection", "none") != "none"
        return live and replace(live, original=item, protection="deletionProtection" if guarded else "")

    def phase(self, item: Item) -> Phase | None:
        """Usable at once, and ready when nothing is being launched."""
        phase = super().phase(item)
        return Phase.USABLE if phase is Phase.READY and _launching(item) else phase

    def progress(self, item: Item) -> str:
        """How many instances are on their way."""
        return f"launching {_launching(item)} instances" if _launching(item) else str(item.get("Status", ""))

    def health(self, item: Item) -> Health:
        """How many of the instances that there should be are in service, and healthy."""
        good, total = sum(map(_serves, values_at(item, "Instances[]"))), int(item.get("DesiredCapacity", 0))
        return Health(good >= total, "" if good >= total else f"{good} of {total} instances serve", good, total)

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
        body = self.asked(cloud, "DescribeInstanceRefreshes", live, {"MaxRecords": 1})
        return next(values_at(body, "InstanceRefreshes[]"), {})

    def completed(self, live: Live, found: Mapping[str, Any]) -> Live:
        """The group as its latest refresh leaves it, or will."""
        rest = {name: value for name, value in found.items() if name != _REFRESH}
        live = super().completed(live, rest)
        return self.refreshed(live, Refresh(found[_REFRESH])) if _REFRESH in found else live

    def refreshed(self, live: Live, refresh: Refresh) -> Live:
        """What a refresh on its way brings counts as shown. One that failed is not started again for the same."""
        wanted = self.fields(refresh.launches)
        version = str(wanted.get("launchTemplateVersion", ""))
        if refresh.active:
            why = f"an instance refresh is on its way ({refresh.progress}); the next one can start when it is over"
            fields = {**live.fields, **(wanted if refresh.on_its_way else {})}
            refused = dict.fromkeys(_LAUNCH, Refusal(None, why))
            phase = Phase.USABLE if live.usable else live.phase
            return replace(live, fields=fields, refused=refused, phase=phase, progress=refresh.progress)
        why = f"the last instance refresh to version {version} {refresh.failed}"
        why = f"{why}; change the template, or start a refresh by hand"
        refused = {name: Refusal(_told(name, wanted), why) for name in wanted if refresh.failed}
        older = outdated(live.original or {})
        shown = {"launchTemplateVersion": f"{live.fields['launchTemplateVersion']} ({older})"} if older else {}
        return replace(live, fields={**live.fields, **shown}, refused=refused)


def _told(name: str, wanted: Tree) -> Any:
    """What a failed refresh was to bring; overrides and distribution fail with whatever version they came with."""
    return wanted[name] if name in ("launchTemplate", "launchTemplateVersion") else None


def _mixed(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """The template put into the mixed instances policy, where there is one."""
    policy = parameters.get("MixedInstancesPolicy")
    if not policy:
        return parameters
    template = {"LaunchTemplate": {"LaunchTemplateSpecification": parameters["LaunchTemplate"]}}
    rest = {name: value for name, value in parameters.items() if name != "LaunchTemplate"}
    return {**rest, "MixedInstancesPolicy": overlay(template, policy)}


def _launching(item: Item) -> int:
    """How many instances are on their way."""
    return sum(str(each.get("LifecycleState")).startswith("Pending") for each in values_at(item, "Instances[]"))


def _serves(instance: Item) -> bool:
    return (instance.get("LifecycleState"), str(instance.get("HealthStatus")).lower()) == ("InService", "healthy")
