"""The images that AWS offers everybody, see
https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html"""

from functools import cache
from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.amis import Ami
from moto.utilities.utils import load_resource

from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("ec2")


@PATCHES.around(EC2Backend, "describe_images")
def _offered(describe: Method, backend: Any, *arguments: Any, **named: Any) -> Any:
    """An image that a public parameter names is there. moto has those and hundreds of others, or none."""
    for image in _latest(backend.region_name):
        if image["ami_id"] not in backend.amis:
            backend.amis[image["ami_id"]] = Ami(backend, owner_alias="amazon", **image)
    return describe(backend, *arguments, **named)


@cache
def _latest(region: str) -> list[dict[str, Any]]:
    """What moto knows of the images that the parameters of a region name; of a new region it knows none."""
    try:
        images: list[dict[str, Any]] = load_resource(f"ec2/resources/latest_amis/{region}.json")
    except FileNotFoundError:
        return []
    return [{name: value for name, value in image.items() if name != "creation_date"} for image in images]
