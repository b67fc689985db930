"""Instances and their images as AWS has them, and the addresses of NAT gateways. What each operation promises is in
its page of https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"""

from base64 import b64encode
from copy import deepcopy
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.instances import MetadataOptions
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.responses.amis import AmisResponse
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.responses.key_pairs import KeyPairs

from emulators.patched_moto.patches.asking import keep
from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("ec2")

# What an instance takes from its launch template where the call says nothing.
_FROM_TEMPLATE = (
    "BlockDeviceMappings",
    "CpuOptions",
    "DisableApiStop",
    "DisableApiTermination",
    "EbsOptimized",
    "EnclaveOptions",
    "IamInstanceProfile",
    "InstanceInitiatedShutdownBehavior",
    "KeyName",
    "MaintenanceOptions",
    "MetadataOptions",
    "Monitoring",
    "PrivateDnsNameOptions",
)
_KEPT = ("CpuOptions", "DisableApiTermination", "EnclaveOptions", "MaintenanceOptions", "PrivateDnsNameOptions")
_WHILE_STOPPED = ("InstanceType", "Kernel", "Ramdisk", "UserData", "EbsOptimized")


@PATCHES.around(NatGatewayBackend, "delete_nat_gateway")
def _address_freed(delete: Method, backend: Any, nat_gateway_id: str) -> Any:
    """AWS frees the address of a NAT gateway that is deleted. moto keeps it, and no other could have it."""
    gateway = delete(backend, nat_gateway_id)
    for address in gateway.address_set:
        if address.get("associationId"):
            backend.disassociate_address(association_id=address["associationId"])
    return gateway


@PATCHES.around(KeyPairs, "delete_key_pair")
def _by_id(delete: Method, response: Any) -> Any:
    """A key pair is deleted by its id too. moto takes only its name."""
    id = response._get_param("KeyPairId")
    for pair in list(response.ec2_backend.key_pairs.values()):
        if pair.id == id:
            response.ec2_backend.delete_key_pair(pair.key_name)
            return ActionResult({"Return": True, "KeyPairId": id})
    return delete(response)


@PATCHES.around(InstanceResponse, "run_instances")
def _run(run: Method, response: Any) -> Any:
    """The same client token gives the same instances, and an instance has all that the call and its launch template
    ask for. moto starts others, and takes half of it."""
    parameters, backend = response.params, response.ec2_backend
    for reservation in backend.reservations.values():
        if parameters.get("ClientToken") in {instance.client_token for instance in reservation.instances} - {None}:
            return ActionResult(reservation)
    if parameters.get("LaunchTemplate"):
        template = backend._get_template_from_args(parameters["LaunchTemplate"]).data
        for name in _FROM_TEMPLATE:
            if template.get(name) is not None:
                parameters.setdefault(name, deepcopy(template[name]))
    answer = run(response)
    for instance in answer.result.instances:
        keep(response, instance, _KEPT)
        if response._get_param("Placement.Tenancy"):
            instance.placement.tenancy = response._get_param("Placement.Tenancy")
    return answer


@PATCHES.around(InstanceResponse, "_parse_block_device_mapping")
def _devices(parse: Method, response: Any) -> Any:
    """A device goes with its instance unless the call says otherwise, and there always is one for the root, of the
    image's size. moto keeps devices, wants a size for each, and has no root when another device is named."""
    devices = response.params.get("BlockDeviceMappings")
    if not devices:
        return parse(response)
    for disk in [device["Ebs"] for device in devices if "Ebs" in device]:
        disk.setdefault("DeleteOnTermination", True)
        if not disk.get("SnapshotId"):
            disk.setdefault("VolumeSize", 8)
    root = _root_device(response.ec2_backend, response._get_param("ImageId"))
    if root not in {device["DeviceName"] for device in devices}:
        devices.insert(0, {"DeviceName": root, "Ebs": {"VolumeSize": 8, "DeleteOnTermination": True}})
    return parse(response)


def _root_device(backend: Any, image: str | None) -> str:
    images = backend.describe_images(filters={"image-id": image}) if image else []
    return str(images[0].root_device_name) if images else "/dev/sda1"


@PATCHES.around(InstanceResponse, "modify_instance_attribute")
def _modify(modify: Method, response: Any) -> Any:
    """What AWS changes only in a stopped instance is refused while it runs, and the behaviour at shutdown can be
    changed. moto does the first at any time, and takes away the groups instead of the second."""
    instance = response.ec2_backend.get_instance(response._get_param("InstanceId"))
    if instance.state != "stopped" and any(response.params.get(name) for name in _WHILE_STOPPED):
        message = f"The instance '{instance.id}' is not in the 'stopped' state."
        raise EC2ClientError("IncorrectInstanceState", message)
    if isinstance(response._get_param("UserData.Value"), bytes):
        response.params["UserData"]["Value"] = b64encode(
            response.params["UserData"]["Value"]
        )  # moto decodes it twice
    behaviour = response._get_param("InstanceInitiatedShutdownBehavior.Value")
    if behaviour is None:
        return modify(response)
    instance.instance_initiated_shutdown_behavior = behaviour
    return EmptyResult()


@PATCHES.around(EC2Backend, "modify_instance_metadata_options")
def _modify_metadata(modify: Method, backend: Any, instance_id: str, **options: Any) -> Any:
    """What the call leaves out stays. moto forgets it."""
    before = backend.get_instance(instance_id).metadata_options
    changed = modify(backend, instance_id, **options)
    for name, value in vars(before).items():
        left_out = options.get(_METADATA.get(name, "")) is None
        if left_out:
            setattr(changed, name, value)
    return changed


_METADATA = {
    "http_tokens": "http_tokens",
    "http_put_response_hop_limit": "hop_limit",
    "http_endpoint": "http_endpoint",
    "http_protocol_ipv6": "http_protocol",
    "instance_metadata_tags": "metadata_tags",
}


@PATCHES.around(MetadataOptions, "__init__")
def _metadata(make: Method, metadata: Any, options: Any = None) -> None:
    """Settings that are named without a value are AWS's own."""
    make(metadata, {name: value for name, value in (options or {}).items() if value is not None})


@PATCHES.around(AmisResponse, "create_image")
def _create_image(create: Method, response: Any) -> Any:
    """One call tags the image and its snapshot. moto has an error of its own."""
    specifications = response.params.get("TagSpecifications", [])
    of_image = [specification for specification in specifications if specification["ResourceType"] != "snapshot"]
    response.params["TagSpecifications"] = of_image
    answer = create(response)
    image = response.ec2_backend.amis[answer.result["ImageId"]]
    for specification in [other for other in specifications if other not in of_image]:
        image.ebs_snapshot.add_tags({tag["Key"]: tag["Value"] for tag in specification["Tags"]})
    return answer
