"""What becomes of an instance after its launch, and of an image: calls that moto lacks, and what it does not show.
What each operation promises is in its page of https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.models import EC2Backend
from moto.ec2.models.instances import Instance
from moto.ec2.responses.amis import AmisResponse
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.responses.monitoring import Monitoring

from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("ec2")


@PATCHES.added(Monitoring, "monitor_instances")
def _monitor(response: Any) -> Any:
    """CloudWatch watches each minute."""
    return _watched(response, "enabled")


@PATCHES.added(Monitoring, "unmonitor_instances")
def _unmonitor(response: Any) -> Any:
    """CloudWatch watches every five minutes."""
    return _watched(response, "disabled")


def _watched(response: Any, state: str) -> Any:
    instances = response.ec2_backend.get_multi_instances_by_id(response._get_param("InstanceIds", []))
    for instance in instances:
        instance.monitoring_state = state
    states = [{"InstanceId": instance.id, "Monitoring": {"State": state}} for instance in instances]
    return ActionResult({"InstanceMonitorings": states})


@PATCHES.added(InstanceResponse, "modify_instance_maintenance_options")
def _maintain(response: Any) -> Any:
    """What the call leaves out stays."""
    instance = response.ec2_backend.get_instance(response._get_param("InstanceId"))
    given = {name: response._get_param(name) for name in ("AutoRecovery", "RebootMigration")}
    options = {name: value for name, value in given.items() if value is not None}
    instance.maintenance_options = {**(getattr(instance, "maintenance_options", None) or {}), **options}
    return ActionResult({"InstanceId": instance.id, **instance.maintenance_options})


@PATCHES.around(InstanceResponse, "run_instances")
def _placed(run: Method, response: Any) -> Any:
    """The instance is in the placement group that the call names. moto has none."""
    answer = run(response)
    for instance in answer.result.instances:
        instance.placement.group_name = response._get_param("Placement.GroupName") or ""
    return answer


@PATCHES.around(EC2Backend, "replace_iam_instance_profile_association")
def _exchanged(exchange: Method, backend: Any, *arguments: Any, **named: Any) -> Any:
    """The instance shows the profile that it now has. moto goes on showing the old one."""
    association = exchange(backend, *arguments, **named)
    association.instance.iam_instance_profile = {
        "Arn": association.iam_instance_profile.arn,
        "Id": association.association_id,
    }
    return association


@PATCHES.around(Instance, "terminate")
def _freed(terminate: Method, instance: Any) -> Any:
    """The addresses of what is gone are free again. moto keeps them."""
    before = terminate(instance)
    for interface in instance.nics.values():
        for address in interface.private_ip_addresses:
            interface.subnet.del_subnet_ip(address["PrivateIpAddress"])
    return before


@PATCHES.around(AmisResponse, "modify_image_attribute")
def _described(modify: Method, response: Any) -> Any:
    """The description of an image can be changed. moto takes only who may launch it."""
    description = response._get_param("Description.Value")
    if description is None:
        return modify(response)
    (image,) = response.ec2_backend.describe_images(ami_ids=[response._get_param("ImageId")])
    image.description = description
    return EmptyResult()
