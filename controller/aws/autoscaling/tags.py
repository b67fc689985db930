"""The tags of Auto Scaling groups, which go on to what a group launches."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import StructureShape

from controller.aws.declaration.tags import Tagging
from controller.aws.declaration.wire import Item
from controller.core.model.call import Call

_OWNER = "holdfast.dev/"
_TYPE = "auto-scaling-group"


class GroupTags(Tagging):
    """`CreateOrUpdateTags` and `DeleteTags`, which name the group in every tag.

    All tags go on to the instances that the group launches, but for the owner tags: those are the group's alone.
    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateOrUpdateTags.html
    """

    def at_creation(self, tags: Mapping[str, str], shape: StructureShape) -> Mapping[str, Any]:
        """A parameter of the create call."""
        return {"Tags": [_written(key, value) for key, value in tags.items()]}

    def later(self, service: str, target: Any, tags: Mapping[str, str], paths: tuple[str, ...]) -> Iterator[Call]:
        """One call for all tags."""
        listed = [{**_of(target), **_written(key, value)} for key, value in tags.items()]
        yield Call(service, "CreateOrUpdateTags", {"Tags": listed}, paths)

    def release(self, service: str, target: str, keys: tuple[str, ...]) -> Iterator[Call]:
        """One call for all keys."""
        yield Call(service, "DeleteTags", {"Tags": [{**_of(target), "Key": key} for key in keys]}, deletes=True)

    def read(self, item: Item) -> Mapping[str, str]:
        """The `Tags` of the item."""
        return {tag["Key"]: tag.get("Value", "") for tag in item.get("Tags", ())}


def _of(target: Any) -> dict[str, Any]:
    return {"ResourceId": target, "ResourceType": _TYPE}


def propagating(parameters: Mapping[str, Any], by_key: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters of a call with each tag going on to instances, or not, as `by_key` says."""
    tags = parameters.get("Tags", ())
    told = [{**tag, "PropagateAtLaunch": by_key[tag["Key"]]} if tag["Key"] in by_key else tag for tag in tags]
    return {**parameters, "Tags": told} if told else parameters


def _written(key: str, value: str) -> dict[str, Any]:
    return {"Key": key, "Value": value, "PropagateAtLaunch": not key.startswith(_OWNER)}
