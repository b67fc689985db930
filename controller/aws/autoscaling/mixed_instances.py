"""The mixed instances policy of a group: what it may launch, and how that is split between On-Demand and Spot."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.autoscaling.instance_requirements import InstanceRequirements
from controller.aws.declaration.wire import overlay
from controller.core.model.conditions import Has, Is
from controller.core.model.equality import Blank
from controller.core.model.limits import Bounds, Legal
from controller.core.model.reference import Foreign, Lookup, Placeholder
from controller.core.model.rules import ExactlyOne, Only
from controller.core.model.shape import Tree
from controller.core.model.spec import Aws, Excludes, Spec, To

_WEIGHT = Legal(r"[1-9][0-9]{0,2}", "it must be a number from 1 to 999, in quotes")
_VERSION = Legal(r"[0-9]+", "it must be a number, in quotes")


class Override(Spec):
    """One instance type that the group may launch besides, or instead of, the launch template's."""

    constraints = (
        ExactlyOne("instanceType", "instanceRequirements"),
        Only("launchTemplateVersion", when=Has("launchTemplate")),
    )

    instance_type: Annotated[str | None, Excludes("InstanceRequirements")] = None
    """The instance type, such as `t3.large`."""
    instance_requirements: Annotated[InstanceRequirements | None, Excludes("InstanceType")] = None
    """What the instance types have that it may launch, in place of their names."""
    weighted_capacity: Annotated[str | None, _WEIGHT] = None
    """How many capacity units one instance counts for, as text. AWS's default: 1."""
    launch_template: Annotated[
        str | None,
        To("LaunchTemplate"),
        Aws("LaunchTemplateSpecification.LaunchTemplateId"),
        Excludes("LaunchTemplateSpecification.LaunchTemplateName"),
    ] = None
    """A launch template other than the group's, such as one for another processor architecture."""
    launch_template_version: Annotated[str | None, _VERSION, Aws("LaunchTemplateSpecification.Version")] = None
    """The version number of that launch template, as text. Unset: its default version, pinned by its number."""
    image: Annotated[str | None, To("Image"), Aws("ImageId")] = None
    """An image other than the launch template's, such as one for another processor architecture."""

    @model_validator(mode="after")
    def _pinned(self) -> "Override":
        if isinstance(self.launch_template, str) and self.launch_template_version is None:
            message = 'a launchTemplate given by id requires launchTemplateVersion, such as "3"'
            raise PydanticCustomError("group", message)
        return self


class InstancesDistribution(Spec):
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstancesDistribution.html"""

    constraints = (Only("spotInstancePools", when=Is("spotAllocationStrategy", "lowest-price")),)

    on_demand_base_capacity: Annotated[int | None, Bounds(0), Excludes("DistributionSegments")] = None
    """The minimum capacity that is On-Demand. AWS's default: 0."""
    on_demand_percentage_above_base_capacity: Annotated[
        int | None, Bounds(0, 100), Excludes("DistributionSegments")
    ] = None
    """The On-Demand percentage of the capacity above the base. AWS's default: 100."""
    on_demand_allocation_strategy: Literal["prioritized", "lowest-price"] | None = None
    """How On-Demand instance types are chosen. AWS's default: `prioritized`, in the order of `overrides`."""
    spot_allocation_strategy: Annotated[
        Literal["price-capacity-optimized", "capacity-optimized", "capacity-optimized-prioritized", "lowest-price"]
        | None,
        Excludes("SpotInstancePools", when=lambda strategy: strategy != "lowest-price"),
    ] = None
    """How Spot pools are chosen; AWS recommends `price-capacity-optimized`."""
    spot_instance_pools: Annotated[int | None, Bounds(1, 20)] = None
    """The number of Spot pools to use; only for `lowest-price`."""
    spot_max_price: Annotated[str | None, Blank()] = None
    """The maximum hourly Spot price, as text. Unset: the On-Demand price."""


def pinned(launch: Tree) -> Tree:
    """What is launched, with the version of the template that the document leaves open: its default version's."""
    template = launch.get("launchTemplate")
    if not isinstance(template, Placeholder | Foreign | Lookup):
        return launch
    return {"launchTemplateVersion": replace(template, attribute="version"), **launch}


def mixed(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """The template put into the mixed instances policy, where there is one."""
    policy = parameters.get("MixedInstancesPolicy")
    if not policy:
        return parameters
    template = {"LaunchTemplate": {"LaunchTemplateSpecification": parameters["LaunchTemplate"]}}
    rest = {name: value for name, value in parameters.items() if name != "LaunchTemplate"}
    return {**rest, "MixedInstancesPolicy": overlay(template, policy)}
