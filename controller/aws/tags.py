"""The ways in which AWS's services write tags: each is one small class, and a kind names the one it speaks."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from controller.core.kind import Call


def key_value_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags in the form that most services take."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


class Tagging(ABC):
    """How a service reads and writes tags."""

    @abstractmethod
    def at_creation(self, tags: Mapping[str, str]) -> Mapping[str, Any]:
        """The parameters of a create call that set tags."""

    @abstractmethod
    def later(self, service: str, target: Any, tags: Mapping[str, str], paths: tuple[str, ...]) -> Iterator[Call]:
        """The calls that set tags on a live thing; `target` is its id, or a placeholder of it."""

    @abstractmethod
    def release(self, service: str, id: str, keys: tuple[str, ...]) -> Iterator[Call]:
        """The calls that take tags off a live thing that stays."""

    @abstractmethod
    def read(self, item: Mapping[str, Any]) -> Mapping[str, str]:
        """The tags as an item of a listing shows them."""


@dataclass(frozen=True)
class Ec2Tags(Tagging):
    """EC2: `TagSpecifications` at creation, `CreateTags` later.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html
    """

    resource_type: str

    def at_creation(self, tags: Mapping[str, str]) -> Mapping[str, Any]:
        """One tag specification for the kind's own resource type."""
        return {"TagSpecifications": [{"ResourceType": self.resource_type, "Tags": key_value_list(tags)}]}

    def later(self, service: str, target: Any, tags: Mapping[str, str], paths: tuple[str, ...]) -> Iterator[Call]:
        """One call for all tags."""
        yield Call(service, "CreateTags", {"Resources": [target], "Tags": key_value_list(tags)}, paths)

    def release(self, service: str, id: str, keys: tuple[str, ...]) -> Iterator[Call]:
        """One `DeleteTags`."""
        parameters = {"Resources": [id], "Tags": [{"Key": key} for key in keys]}
        yield Call(service, "DeleteTags", parameters, deletes=True)

    def read(self, item: Mapping[str, Any]) -> Mapping[str, str]:
        """The `Tags` of the item."""
        return {tag["Key"]: tag["Value"] for tag in item.get("Tags", ())}
