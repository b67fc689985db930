"""Images from snapshots, see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RegisterImage.html"""

from typing import Any

from moto.ec2.models.amis import Ami
from moto.ec2.responses.amis import AmisResponse

from emulators.patched_moto.patches.asking import keep
from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("ec2")

_KEPT = (
    *("Architecture", "RootDeviceName", "VirtualizationType", "EnaSupport"),
    *("BootMode", "ImdsSupport", "TpmSupport"),
)


@PATCHES.around(AmisResponse, "register_image")
def _register(register: Method, response: Any) -> Any:
    """The image is as the call says, tags included. moto takes the name and the description alone."""
    answer = register(response)
    image = response.ec2_backend.amis[answer.result["ImageId"]]
    image.ena_support = False
    keep(response, image, _KEPT)
    image.ena_support = response._get_bool_param("EnaSupport", False)
    image.registered = [_device(device) for device in response.params["BlockDeviceMappings"]]
    tags = [tag for specification in response.params.get("TagSpecifications", []) for tag in specification["Tags"]]
    image.add_tags({tag["Key"]: tag["Value"] for tag in tags})
    return answer


def _device(device: dict[str, Any]) -> dict[str, Any]:
    return {**device, "Ebs": {"DeleteOnTermination": True, "VolumeType": "gp2", **device["Ebs"]}}


@PATCHES.around(Ami, "__init__")
def _made(make: Method, image: Any, *arguments: Any, **keywords: Any) -> None:
    """What a registered image is told afterwards."""
    image.registered = None
    make(image, *arguments, **keywords)


_devices = Ami.block_device_mappings.fget  # type: ignore[attr-defined]  # it is a property


@PATCHES.shown(Ami, "block_device_mappings")
def _mappings(image: Any) -> Any:
    """Those that it was registered with."""
    return image.registered or _devices(image)
