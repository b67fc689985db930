"""What a document says of an Auto Scaling group."""

from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.autoscaling.group_parts import BY_TOPIC, PROPAGATION, NotificationConfiguration, WarmPool
from controller.aws.autoscaling.instance_refresh import InstanceRefresh, at_most_100_apart
from controller.aws.autoscaling.mixed_instances import InstancesDistribution, Override
from controller.aws.declaration.forms import COMMA_LIST
from controller.core.model.conditions import Lacks
from controller.core.model.equality import Blank, Default
from controller.core.model.limits import Bounds, Legal
from controller.core.model.rules import Check, ExactlyOne, Only, Ordered, Same
from controller.core.model.spec import (
    Aws,
    Between,
    Excludes,
    Immutable,
    Keyed,
    Named,
    Removable,
    Spec,
    Tagged,
    To,
    Unordered,
    WriteSetting,
    Zone,
)


class InstanceMaintenancePolicy(Spec):
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstanceMaintenancePolicy.html"""

    constraints = (at_most_100_apart(),)

    min_healthy_percentage: Annotated[int, Bounds(0, 100, also=(-1,))]
    """The percentage of the desired capacity that stays in service."""
    max_healthy_percentage: Annotated[int, Bounds(100, 200, also=(-1,))]
    """The percentage that the group may grow to."""


class AvailabilityZoneDistribution(Spec):
    """How instances are distributed over Availability Zones."""

    capacity_distribution_strategy: Literal["balanced-only", "balanced-best-effort", "reservations-then-balanced"]
    """`balanced-only`: failed launches are retried in the same zone; `balanced-best-effort`: in another zone."""


_NAME = Legal(r"[!-9;-~ ]+", "it must consist of ASCII characters other than a colon")
_OF_TEMPLATE = ("launchTemplateVersion", "overrides", "instancesDistribution", "instanceRefresh.autoRollback")
_NAMED_TOO = ("LaunchTemplate.LaunchTemplateName", "MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification")
"""Where AWS shows the template besides: by its name too, and in the policy."""
_FLOATING = ("$Latest", "$Default")


class AutoScalingGroupSpec(Tagged):
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html

    The tags of the node and of the stack propagate to the instances at launch, unless `propagateAtLaunch` says
    otherwise; the owner tags `holdfast.dev/…` stay on the group.
    """

    constraints = (
        Ordered("minSize", "desiredCapacity", "maxSize"),
        ExactlyOne("launchTemplate", "launchConfiguration"),
        Only(*_OF_TEMPLATE, when=Lacks("launchConfiguration")),
        Same("subnets[].vpc"),
        Check(
            "instanceRequirements stand in the only one of overrides (AWS takes four such; holdfast one)",
            lambda required, overrides: len(overrides) == 1,
            "overrides[].instanceRequirements",
            "overrides",
        ),
        Check(
            "the zones of subnets are among availabilityZones",
            lambda zones, named: {*zones} <= {*named},
            "subnets[].availabilityZone",
            "availabilityZones",
        ),
    )

    auto_scaling_group_name: Annotated[str | None, Immutable(), Named(limit=255), _NAME] = None
    """Its name, unique in the region. Unset: `<stack>-<name>`."""
    min_size: Annotated[int, Bounds(0)]
    """The minimum number of instances."""
    max_size: Annotated[int, Bounds(0)]
    """The maximum number of instances."""
    desired_capacity: Annotated[int | None, Between("minSize", "maxSize")] = None
    """The initial number of instances. Afterwards scaling policies may move it between `minSize` and `maxSize`, which
    is not drift. Unset: AWS starts with `minSize`."""
    launch_template: Annotated[
        str | None, To("LaunchTemplate"), Aws("LaunchTemplate.LaunchTemplateId"), Excludes(*_NAMED_TOO)
    ] = None
    """The launch template of its instances."""
    launch_template_version: Annotated[str | None, Aws("LaunchTemplate.Version")] = None
    """The version number of the launch template, as text. Unset: the default version, pinned by its number. With
    `instanceRefresh` a new version replaces the instances; without it only new instances use it."""
    overrides: Annotated[
        list[Override] | None,
        Keyed("instanceType", ordered=True),
        Aws("MixedInstancesPolicy.LaunchTemplate.Overrides"),
    ] = None
    """The instance types that it may launch, or one entry with what they must have; the group then has a mixed
    instances policy."""
    instances_distribution: Annotated[
        InstancesDistribution | None, Aws("MixedInstancesPolicy.InstancesDistribution")
    ] = None
    """How capacity is split between On-Demand and Spot; also part of the mixed instances policy."""
    launch_configuration: Annotated[str | None, To("LaunchConfiguration"), Aws("LaunchConfigurationName")] = None
    """A launch configuration, in place of a launch template."""
    instance_refresh: Annotated[InstanceRefresh | None, WriteSetting(), Aws("Preferences")] = None
    """Replace the instances by an instance refresh when what they are launched from changes; also when instances run
    something else than the group launches. AWS moves the group to a new version of the template when the refresh
    succeeds; to another launch configuration it is moved before. A failed refresh is not started again for the same
    version or launch configuration."""
    subnets: Annotated[
        list[Annotated[str, To("Subnet")]] | None, Unordered(), Aws("VPCZoneIdentifier"), COMMA_LIST
    ] = None
    """The subnets that it launches into."""
    availability_zones: Annotated[list[str] | None, Zone(), Unordered()] = None
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
    health_check_grace_period: Annotated[int | None, Bounds(0)] = None
    """Seconds after launch before a failed health check terminates an instance. AWS's default: 0."""
    default_cooldown: Annotated[int | None, Bounds(0)] = None
    """The cooldown of simple scaling policies, in seconds. AWS's default: 300."""
    default_instance_warmup: Annotated[int | None, Default(-1), Bounds(-1)] = None
    """Seconds until a new instance counts for scaling policies and refreshes. AWS's default: none."""
    termination_policies: list[str] | None = None
    """The order in which instances are chosen for termination. AWS's default: `[Default]`."""
    new_instances_protected_from_scale_in: bool | None = None
    """Whether new instances are protected from scale-in."""
    capacity_rebalance: Annotated[bool | None, Blank()] = None
    """Whether Spot Instances at risk of interruption are replaced in advance."""
    max_instance_lifetime: Annotated[int | None, Blank(), Bounds(86_400, also=(0,))] = None
    """The maximum lifetime of an instance in seconds; 0 for none."""
    instance_maintenance_policy: InstanceMaintenancePolicy | None = None
    """How far capacity may deviate while AWS replaces instances."""
    desired_capacity_type: Annotated[Literal["units", "vcpu", "memory-mib"] | None, Default("units")] = None
    """The unit of the capacity. AWS's default: `units`, which are instances."""
    placement_group: str | None = None
    """The placement group that it launches into."""
    service_linked_role_arn: Annotated[str | None, Aws("ServiceLinkedRoleARN")] = None
    """The service-linked role that Auto Scaling uses. AWS's default: the account's own."""
    deletion_protection: Annotated[
        Literal["none", "prevent-force-deletion", "prevent-all-deletion"] | None, Default("none")
    ] = None
    """Which deletions AWS refuses. Anything but `none` keeps Holdfast from deleting the group, because it always
    deletes the group together with its instances."""
    enabled_metrics: Annotated[list[str] | None, Unordered(), Aws("EnabledMetrics[].Metric", write="Metrics")] = None
    """The group metrics sent to CloudWatch every minute, such as `GroupInServiceInstances`."""
    suspended_processes: Annotated[
        list[str] | None, Unordered(), Aws("SuspendedProcesses[].ProcessName", write="ScalingProcesses")
    ] = None
    """The suspended processes, such as `AZRebalance`."""
    warm_pool: Annotated[WarmPool | None, Removable(), Aws("WarmPoolConfiguration")] = None
    """Its warm pool."""
    notification_configurations: Annotated[
        list[NotificationConfiguration] | None, Keyed("topic"), BY_TOPIC, Aws("NotificationConfigurations")
    ] = None
    """The topics that are notified of launches and terminations. They are read for a group that sets this only."""
    propagate_at_launch: Annotated[dict[str, bool] | None, PROPAGATION, Aws("Tags")] = None
    """By key, whether instances get a tag at launch; the tag is one of the node or of the stack. A tag that is not
    named here goes on to them when it is new, and otherwise as it does."""

    @model_validator(mode="after")
    def _pinned(self) -> "AutoScalingGroupSpec":
        version = self.launch_template_version
        if version in _FLOATING:
            message = (
                "launchTemplateVersion must be a number, not {version}, which would change what is launched without "
                "changing the group and could not be rolled back; omit it to use the template's default version"
            )
            raise _fault(message, version=version)
        if isinstance(self.launch_template, str) and version is None:
            raise _fault('a launchTemplate given by id requires launchTemplateVersion, such as "3"')
        return self

    @model_validator(mode="after")
    def _placed(self) -> "AutoScalingGroupSpec":
        if not (self.subnets or self.availability_zones):
            raise _fault("a group needs subnets, or availabilityZones in the default VPC")
        if self.health_check_grace_period == 0 and "ELB" in str(self.health_check_type):
            message = (
                "healthCheckGracePeriod 0 with healthCheckType {type} terminates instances before they can respond; "
                "allow as many seconds as they need to start"
            )
            raise _fault(message, type=self.health_check_type)
        return self


def _fault(message: str, **words: Any) -> PydanticCustomError:
    return PydanticCustomError("group", message, words)
