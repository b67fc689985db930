"""Attribute-based instance type selection: what an instance type must have, in place of its name.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstanceRequirements.html
"""

from typing import Annotated, Literal

from controller.core.model.equality import Default
from controller.core.model.limits import Bounds
from controller.core.model.rules import Ordered
from controller.core.model.spec import Aws, Excludes, Spec, Unordered

Choice = Literal["included", "excluded", "required"]


class Required(Spec):
    """A whole number from `min` to `max`."""

    constraints = (Ordered("min", "max"),)

    min: Annotated[int, Bounds(0)]
    """The least."""
    max: Annotated[int | None, Bounds(0)] = None
    """The most. Unset: no limit."""


class Numbers(Spec):
    """A whole number from `min` to `max`."""

    constraints = (Ordered("min", "max"),)

    min: Annotated[int | None, Bounds(0)] = None
    """The least. Unset: no limit."""
    max: Annotated[int | None, Bounds(0)] = None
    """The most. Unset: no limit."""


class Amounts(Spec):
    """A number from `min` to `max`, fractions included."""

    constraints = (Ordered("min", "max"),)

    min: float | None = None
    """The least. Unset: no limit."""
    max: float | None = None
    """The most. Unset: no limit."""


class InstanceRequirements(Spec):
    """What the instance types have that the group may launch."""

    v_cpu_count: Annotated[Required, Aws("VCpuCount")]
    """The number of vCPUs."""
    memory_mib: Annotated[Required, Aws("MemoryMiB")]
    """The memory in MiB."""
    cpu_manufacturers: Annotated[
        list[Literal["intel", "amd", "amazon-web-services", "apple"]] | None, Unordered()
    ] = None
    """The manufacturers of the CPU. Unset: any."""
    memory_gib_per_v_cpu: Annotated[Amounts | None, Aws("MemoryGiBPerVCpu")] = None
    """The memory for each vCPU in GiB."""
    allowed_instance_types: Annotated[list[str] | None, Unordered(), Excludes("ExcludedInstanceTypes")] = None
    """The only instance types that are considered; `m5.8xlarge`, `m5.*` or `r*`."""
    excluded_instance_types: Annotated[list[str] | None, Unordered(), Excludes("AllowedInstanceTypes")] = None
    """The instance types that are not considered."""
    instance_generations: Annotated[list[Literal["current", "previous"]] | None, Unordered()] = None
    """The generations. Unset: any."""
    spot_max_price_percentage_over_lowest_price: Annotated[
        int | None, Bounds(0), Excludes("MaxSpotPriceAsPercentageOfOptimalOnDemandPrice")
    ] = None
    """How much more than the lowest price a Spot Instance may cost, in percent."""
    max_spot_price_as_percentage_of_optimal_on_demand_price: Annotated[
        int | None, Bounds(0), Excludes("SpotMaxPricePercentageOverLowestPrice")
    ] = None
    """What a Spot Instance may cost, in percent of the best On-Demand price."""
    on_demand_max_price_percentage_over_lowest_price: Annotated[int | None, Bounds(0)] = None
    """How much more than the lowest price an On-Demand Instance may cost, in percent."""
    bare_metal: Annotated[Choice | None, Default("excluded")] = None
    """Bare metal instance types. AWS's default: `excluded`."""
    burstable_performance: Annotated[Choice | None, Default("excluded")] = None
    """Burstable instance types. AWS's default: `excluded`."""
    require_hibernate_support: Annotated[bool | None, Default(False)] = None
    """Whether instances must be able to hibernate. AWS's default: false."""
    network_interface_count: Numbers | None = None
    """The number of network interfaces."""
    network_bandwidth_gbps: Amounts | None = None
    """The network bandwidth in Gbps."""
    baseline_ebs_bandwidth_mbps: Numbers | None = None
    """The baseline bandwidth to EBS in Mbps."""
    local_storage: Annotated[Choice | None, Default("included")] = None
    """Instance types with instance store volumes. AWS's default: `included`."""
    local_storage_types: Annotated[list[Literal["hdd", "ssd"]] | None, Unordered()] = None
    """The kinds of instance store volumes. Unset: any."""
    total_local_storage_gb: Annotated[Amounts | None, Aws("TotalLocalStorageGB")] = None
    """All instance store volumes together, in GB."""
    accelerator_types: Annotated[list[Literal["gpu", "fpga", "inference"]] | None, Unordered()] = None
    """The types of accelerators. Unset: any."""
    accelerator_count: Numbers | None = None
    """The number of accelerators; `max: 0` excludes them."""
    accelerator_manufacturers: Annotated[list[str] | None, Unordered()] = None
    """The manufacturers of accelerators, such as `nvidia`. Unset: any."""
    accelerator_names: Annotated[list[str] | None, Unordered()] = None
    """The names of accelerators, such as `a100`. Unset: any."""
    accelerator_total_memory_mib: Annotated[Numbers | None, Aws("AcceleratorTotalMemoryMiB")] = None
    """The memory of all accelerators, in MiB."""
