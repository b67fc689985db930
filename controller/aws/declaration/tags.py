"""The ways in which AWS's services write tags: each is one small class, and a kind names the one it speaks."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from controller.aws.declaration.wire import Item, inner_shape, input_shape, one_answer, value_at, values_at
from controller.core.model.call import Call
from controller.core.model.cloud import Cloud, Meaning, Refused, Unreachable
from controller.core.model.ownership import OWNER, OWNER_STACK
from controller.core.model.reader import TagsByTarget
from controller.core.model.reference import EXPRESSIONS, Encoded
from controller.core.model.spec import Form


def key_value_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags in the form that most services take."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


class Tagging(ABC):
    """How a service reads and writes tags."""

    of: str = "id"
    """The attribute by which the tag calls name a thing."""
    unlisted: bool = False
    """Whether the listing leaves the tags out."""
    replaces: bool = False
    """Whether setting tags takes off all others."""
    within: str = ""
    """The field whose text carries the owner tags, where AWS knows no tags."""

    @abstractmethod
    def at_creation(self, tags: Mapping[str, str], shape: StructureShape) -> Mapping[str, Any]:
        """The parameters of a create call of this shape that set tags."""

    @abstractmethod
    def later(self, service: str, target: Any, tags: Mapping[str, str], paths: tuple[str, ...]) -> Iterator[Call]:
        """The calls that set tags on a live thing; `target` is what they name it by, or a placeholder of that."""

    @abstractmethod
    def release(self, service: str, target: str, keys: tuple[str, ...]) -> Iterator[Call]:
        """The calls that take tags off a live thing that stays."""

    @abstractmethod
    def read(self, item: Item) -> Mapping[str, str]:
        """The tags as an item of a listing shows them."""

    def fetch(self, cloud: Cloud, service: str, targets: Sequence[str]) -> TagsByTarget:
        """The tags that no listing shows, by target; what is gone in between is left out."""
        return {}

    def owned(self, cloud: Cloud, stacks: Iterable[str]) -> frozenset[str]:
        """Names under which things that carry the owner tags of these stacks may be listed, tags unlisted."""
        return frozenset()

    def known_as(self, target: str) -> str:
        """The name among those of `owned` by which the search for owner tags tells of a target."""
        return target


class NoTags(Tagging):
    """No tags: the thing belongs to whom its parent belongs, or its name says whose it is."""

    def at_creation(self, tags: Mapping[str, str], shape: StructureShape) -> Mapping[str, Any]:
        """Nothing."""
        return {}

    def later(self, service: str, target: Any, tags: Mapping[str, str], paths: tuple[str, ...]) -> Iterator[Call]:
        """Nothing."""
        return iter(())

    def release(self, service: str, target: str, keys: tuple[str, ...]) -> Iterator[Call]:
        """Nothing."""
        return iter(())

    def read(self, item: Item) -> Mapping[str, str]:
        """Nothing."""
        return {}


_OWNER_TAGS = re.compile(rf" ?\[((?:{OWNER}[a-z-]+=[^\s\]]+ ?)+)\]\Z")


def without_owner_tags(text: str) -> str:
    """A text that carries owner tags as people wrote it."""
    return _OWNER_TAGS.sub("", text)


WITHOUT_OWNER_TAGS = Form(read=without_owner_tags, write=lambda text: text)
"""The form of a field that `Described` names."""


@dataclass(frozen=True, kw_only=True)
class Described(NoTags):
    """No tags, but a text that people may write: the owner tags stand in brackets behind what they wrote.

    lets the CDN in [holdfast.dev/stack=edge holdfast.dev/name=cdn]
    """

    within: str
    shown: str
    """Where an item of the listing shows the text."""
    limit: int
    """So many characters AWS takes."""

    def read(self, item: Item) -> Mapping[str, str]:
        """What stands in the brackets at the end of the text."""
        brackets = _OWNER_TAGS.search(value_at(item, self.shown) or "")
        return dict(part.split("=", 1) for part in brackets[1].split()) if brackets else {}

    def with_owner_tags(self, text: Any, tags: Mapping[str, str]) -> Any:
        """The text with the owner tags behind it; it may have expressions inside."""
        owner_tags = f"[{' '.join(f'{key}={value}' for key, value in tags.items() if key.startswith(OWNER))}]"
        if isinstance(text, EXPRESSIONS):
            return Encoded(text, lambda told: f"{told} {owner_tags}")
        return f"{text} {owner_tags}" if text else owner_tags

    def fault(self, text: Any, tags: Mapping[str, str]) -> str:
        """Why the text cannot carry the tags; empty when it can."""
        if isinstance(text, str) and OWNER in text:
            return f"{self.within} must not contain {OWNER}, which marks the owner"
        room = self.limit - len(self.with_owner_tags("x", tags)) + 1
        if isinstance(text, str) and len(text) > room:
            return f"{self.within} has room for {room} characters, because the owner is stored in it too"
        return ""


@dataclass(frozen=True)
class Ec2Tags(Tagging):
    """EC2: `TagSpecifications` at creation, `CreateTags` later.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html
    """

    resource_type: str

    def at_creation(self, tags: Mapping[str, str], shape: StructureShape) -> Mapping[str, Any]:
        """One tag specification for the kind's own resource type."""
        return {"TagSpecifications": [{"ResourceType": self.resource_type, "Tags": key_value_list(tags)}]}

    def later(self, service: str, target: Any, tags: Mapping[str, str], paths: tuple[str, ...]) -> Iterator[Call]:
        """One call for all tags."""
        yield Call(service, "CreateTags", {"Resources": [target], "Tags": key_value_list(tags)}, paths)

    def release(self, service: str, target: str, keys: tuple[str, ...]) -> Iterator[Call]:
        """One `DeleteTags`."""
        parameters = {"Resources": [target], "Tags": [{"Key": key} for key in keys]}
        yield Call(service, "DeleteTags", parameters, deletes=True)

    def read(self, item: Item) -> Mapping[str, str]:
        """The `Tags` of the item."""
        return {tag["Key"]: tag["Value"] for tag in item.get("Tags", ())}


@dataclass(frozen=True)
class ServiceTags(Tagging):
    """Nearly all other services: a parameter of the create call, one call to add tags and one to take them off.

    Whether tags are a list or a map is read off AWS's models. Where `listed` is empty, `read` tells the tags of up
    to `batch` things; each is found at `tags` in the answer, or of several in those of `items` that name it as
    `item_target`. `untagged` is AWS's code for a thing without tags: any other "not found" is about the thing itself.
    `search` is the type by which AWS's tagging API knows such things.
    """

    add: str
    remove: str
    target: str
    """The parameter of the three calls that names the thing."""
    of: str = "arn"
    parameter: str = "Tags"
    """That of the create call; dots lead into structures. Empty where it takes none."""
    value: str = "Tags"
    """That of `add`."""
    keys: str = "TagKeys"
    """That of `remove`; empty where that takes off all tags, and `add` all but those that it is given."""
    listed: str = ""
    read_with: str = ""
    tags: str = "Tags"
    batch: int = 1
    items: str = ""
    item_target: str = ""
    untagged: str = ""
    sparse: bool = False
    """AWS leaves `tags` out of the answer for a thing that has none."""
    search: str = ""
    constant: Mapping[str, str] = field(default_factory=dict)
    """Parameters that all tag calls take beside the thing's name."""

    @property
    def unlisted(self) -> bool:  # type: ignore[override]  # follows from the other words here
        """Whether `read_with` has to be asked."""
        return not self.listed

    @property
    def replaces(self) -> bool:  # type: ignore[override]  # follows from the other words here
        """Whether the service knows no single tag."""
        return not self.keys

    def at_creation(self, tags: Mapping[str, str], shape: StructureShape) -> Mapping[str, Any]:
        """The tags in the parameter, if there is one."""
        if not (self.parameter and tags):
            return {}
        path = self.parameter.split(".")
        parameters: Any = _written(tags, inner_shape(shape, path))
        for step in reversed(path):
            parameters = {step: parameters}
        return dict(parameters)

    def later(self, service: str, target: Any, tags: Mapping[str, str], paths: tuple[str, ...]) -> Iterator[Call]:
        """One call for all tags."""
        shape = input_shape(service, self.add)
        named = self._named(service, self.add, target)
        yield Call(service, self.add, {**named, self.value: _written(tags, shape.members[self.value])}, paths)

    def release(self, service: str, target: str, keys: tuple[str, ...]) -> Iterator[Call]:
        """One call for all keys, or for all there are."""
        if not self.keys:
            yield Call(service, self.remove, self._named(service, self.remove, target), deletes=True)
            return
        shape = input_shape(service, self.remove).members[self.keys]
        taken: Any = {"Items": list(keys)} if isinstance(shape, StructureShape) else list(keys)
        if isinstance(shape, ListShape) and isinstance(shape.member, StructureShape):
            taken = [{next(iter(shape.member.members)): key} for key in keys]
        yield Call(
            service, self.remove, {**self._named(service, self.remove, target), self.keys: taken}, deletes=True
        )

    def read(self, item: Item) -> Mapping[str, str]:
        """The tags at `listed`."""
        return _read(value_at(item, self.listed)) if self.listed else {}

    def fetch(self, cloud: Cloud, service: str, targets: Sequence[str]) -> TagsByTarget:
        """One read for each `batch` things."""
        tags: dict[str, Mapping[str, str]] = {}
        for start in range(0, len(targets), self.batch):
            tags |= self._of(cloud, service, targets[start : start + self.batch])
        return tags

    def _of(self, cloud: Cloud, service: str, targets: Sequence[str]) -> TagsByTarget:
        """The tags of one batch; where one of several is gone or left out, they are read one by one.

        Raises `Unreachable` for one thing of which the answer says nothing: that is not one without tags.
        """
        named = list(targets) if self.batch > 1 else targets[0]
        try:
            body = one_answer(cloud.pages(service, self.read_with, self._named(service, self.read_with, named)))
        except Refused as error:
            if error.meaning is not Meaning.NOT_FOUND:
                raise
            if len(targets) > 1:
                return self._alone(cloud, service, targets)
            return {targets[0]: {}} if error.code == self.untagged else {}
        tags = self._shown(body, targets)
        lost = [target for target in targets if target not in tags]
        if lost and len(targets) == 1:
            raise Unreachable(service, self.read_with, Meaning.TRANSIENT, f"the response does not include {lost[0]}")
        return {**tags, **self._alone(cloud, service, lost)}

    def _alone(self, cloud: Cloud, service: str, targets: Sequence[str]) -> TagsByTarget:
        return {name: tags for target in targets for name, tags in self._of(cloud, service, [target]).items()}

    def _shown(self, body: Item, targets: Sequence[str]) -> TagsByTarget:
        if not self.items:
            shown = value_at(body, self.tags)
            return {} if shown is None and not self.sparse else {targets[0]: _read(shown)}
        return {item[self.item_target]: _read(item.get(self.tags)) for item in values_at(body, f"{self.items}[]")}

    def owned(self, cloud: Cloud, stacks: Iterable[str]) -> frozenset[str]:
        """ARNs from AWS's tagging API, and their last parts: it lags, so that it only says where to look."""
        if not self.search:
            return frozenset()
        filters = {
            "TagFilters": [{"Key": OWNER_STACK, "Values": sorted(stacks)}],
            "ResourceTypeFilters": [self.search],
        }
        pages = cloud.pages("resourcegroupstaggingapi", "GetResources", filters)
        arns = [arn for body in pages for arn in values_at(body, "ResourceTagMappingList[].ResourceARN")]
        return frozenset(part for arn in arns for part in _parts(arn))

    def known_as(self, target: str) -> str:
        """The name at the end of a URL, with which the ARN ends too; anything else is told as it is."""
        return target.rpartition("/")[2] if "://" in target else target

    def _named(self, service: str, operation: str, target: Any) -> dict[str, Any]:
        shape = input_shape(service, operation).members[self.target]
        several = isinstance(shape, ListShape) and not isinstance(target, list)
        return {**self.constant, self.target: [target] if several else target}


def _written(tags: Mapping[str, str], shape: Shape | None) -> Any:
    """Tags as the model of a parameter wants them: a map, a list, or a list within a structure."""
    if isinstance(shape, MapShape):
        return dict(tags)
    if isinstance(shape, StructureShape):
        ((name, inner),) = shape.members.items()
        return {name: _written(tags, inner)}
    if not (isinstance(shape, ListShape) and isinstance(shape.member, StructureShape)):
        raise TypeError("tags are a map, or a list of keys and values")
    key, value = list(shape.member.members)[:2]
    return [{key: name, value: text} for name, text in tags.items()]


def _read(shown: Any) -> Mapping[str, str]:
    """Tags in any of the forms in which services show them."""
    if isinstance(shown, Mapping):
        return _read(shown["Items"]) if "Items" in shown and not isinstance(shown["Items"], str) else dict(shown)
    pairs = [{name.lower().removeprefix("tag"): text for name, text in tag.items()} for tag in shown or ()]
    return {tag["key"]: tag.get("value", "") for tag in pairs}


def _parts(arn: str) -> Iterator[str]:
    yield arn
    resource = arn.split(":", 5)[-1]
    yield resource
    yield from (resource.partition(separator)[2] for separator in (":", "/"))
    yield resource.rpartition("/")[2]  # what is behind a path
    yield "/" + resource.partition("/")[2]  # a parameter's name begins with the slash that ends its type
