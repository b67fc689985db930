"""What a declaration says: the words of a kind, and what follows from them without a call."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

from botocore.model import ListShape, StructureShape

from controller.aws.client import models
from controller.aws.client.regions import WORLDWIDE, is_offered, partition_of, region_fault
from controller.aws.client.validation import UNKNOWN, complaints
from controller.aws.declaration.delays import DELAYS
from controller.aws.declaration.keeping import bare, below, has_more, parts_of
from controller.aws.declaration.offerings import Offering, zone_at
from controller.aws.declaration.tags import NoTags, Tagging
from controller.aws.declaration.wire import inner_shape, input_shape, renamed, takes
from controller.aws.declaration.words import (
    Attribute,
    Collection,
    Create,
    CreatedWith,
    Detail,
    HealthSource,
    Join,
    Listing,
    ReadModifyWrite,
    Setter,
    Single,
    States,
)
from controller.core.model.call import Call, Complaint
from controller.core.model.facts import Facts
from controller.core.model.live import Live
from controller.core.model.paths import fields_in
from controller.core.model.reference import Encoded, Expression, expressions_in, replace_expressions
from controller.core.model.shape import Tree


class Declaration(Facts):
    """A kind of AWS as data, in the words of `controller/aws/declaration/words.py`."""

    service: ClassVar[str]
    id_field: ClassVar[str]
    """Where the listing shows the id; paths joined by `/` where AWS has none, and several values tell it together."""
    listing: ClassVar[Listing]
    tagging: ClassVar[Tagging] = NoTags()
    creation: ClassVar[Create]
    deletion: ClassVar[str]
    states: ClassVar[States | None] = None
    id_parameter: ClassVar[str] = ""
    """The parameter that takes the id in the calls that do not know it by the `id_field` of the listing."""
    joins: ClassVar[tuple[Join, ...]] = ()
    single: ClassVar[Single | None] = None
    """Left out where the listing takes ids."""
    health_source: ClassVar[HealthSource | None] = None
    read_modify_write: ClassVar[ReadModifyWrite | None] = None
    attributes: ClassVar[Mapping[str, Attribute]] = {}
    reads: ClassVar[tuple[Detail, ...]] = ()
    offerings: ClassVar[tuple[Offering, ...]] = ()
    setters: ClassVar[tuple[Setter, ...]] = ()
    members: ClassVar[tuple[Collection, ...]] = ()
    created_with: ClassVar[CreatedWith | None] = None
    gives_initially: ClassVar[Tree] = {}
    """What AWS shows right after creation in the fields that the create call does not take."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.name = cls.__name__
        cls.exports = {name: attribute.doc for name, attribute in cls.attributes.items()}
        cls.delays = DELAYS.get(getattr(cls, "service", ""), cls.delays)
        cls.early = frozenset(name for name, attribute in cls.attributes.items() if attribute.early)
        cls.id_recurs = cls.id_recurs or bool(cls.id_from)
        cls.renewed = frozenset(name for setter in cls.setters for name in setter.renews)
        cls.lingers = cls.lingers or bool(cls.states and cls.states.leaving)
        cls.versioned = cls.read_modify_write is not None
        cls.tags_unlisted = cls.tagging.unlisted
        cls.worldwide = getattr(cls, "service", "") in WORLDWIDE
        cls.scoped = cls.scoped or cls.tags_unlisted or any(join.batch for join in cls.joins)

    @property
    def tagged(self) -> bool:
        """Whether it takes tags, or has a text that carries the owner tags."""
        return self.taggable or bool(self.tagging.within)

    def region_fault(self, region: str, home: str) -> tuple[str, str]:
        """What botocore's list of regions says."""
        return region_fault(region, home)

    def is_offered(self, region: str) -> bool:
        """What botocore's list of endpoints says."""
        return is_offered(self.service, region)

    def partition(self, region: str) -> str:
        """What botocore's list of partitions says."""
        return partition_of(region)

    def made_by(self, fields: Tree) -> Create:
        """The way in which a thing with these fields is made."""
        return self.creation

    def identity(self, operation: str, me: Any) -> dict[str, Any]:
        """The parameter that names the thing, as one id or as a list of ids, as the operation wants it."""
        ids = filter(None, (self.id_parameter, self.id_field))
        for name in (form for id in ids for form in (id, f"{id}s")):
            shape = input_shape(self.service, operation).members.get(name)
            if shape is not None:
                return {name: [me] if isinstance(shape, ListShape) else me}
        return {}

    def taking(self, operation: str, within: str = "") -> StructureShape:
        """What an operation takes of the fields: its parameters, or the members of the one that holds all of them."""
        shape = inner_shape(input_shape(self.service, operation), within.split(".") if within else [])
        if not isinstance(shape, StructureShape):
            raise LookupError(f"{self.service}:{operation} has no {within}")
        return shape

    @cached_property
    def whole_setters(self) -> tuple[Setter, ...]:
        """The setters, each with the fields that it sets."""
        return tuple(
            setter if setter.fields else replace(setter, fields=self.settable(setter)) for setter in self.setters
        )

    def settable(self, setter: Setter) -> tuple[str, ...]:
        """The fields that AWS can change and that a setter's operation takes: any where it takes one by its name."""
        shape = self.taking(setter.operation, self.read_modify_write.parameter if self.read_modify_write else "")
        apart = {"tags", *(members.field for members in self.members)}
        return tuple(
            name
            for name, part in renamed(self.shape, setter.renamed).fields.items()
            if name not in apart and not part.immutable and (setter.pair or takes(shape, part, None))
        )

    @cached_property
    def all_offerings(self) -> tuple[Offering, ...]:
        """The offerings, with those of the fields that name zones."""
        zones = (zone_at(path) for path, part in fields_in(self.shape) if part.zone)
        return (*self.offerings, *zones)

    @cached_property
    def open_fields(self) -> Mapping[str, frozenset[str]]:
        """The fields that AWS sets in structures of which it knows more than the spec, each with where it shows them:
        AWS's own form of that is kept."""
        setters = [setter for setter in self.whole_setters if setter.keeps] if not self.read_modify_write else []
        found = {name: self._open(setter, name) for setter in setters for name in setter.fields}
        return {name: members for name, members in found.items() if members}

    @cached_property
    def open_members(self) -> tuple[str, ...]:
        """What is kept of an item of the listing."""
        listed = (members for name, members in self.open_fields.items() if self.read_at(name)[0] is None)
        return tuple(sorted(frozenset().union(*listed)))

    def _open(self, setter: Setter, name: str) -> frozenset[str]:
        """Where AWS may show more in what a setter sends for a field, or beside it where all goes together."""
        shape, parts = self.taking(setter.operation), parts_of(renamed(self.shape, setter.renamed))
        beside = shape.members.keys() & self.shown_beside(name) if setter.whole else frozenset()
        within = {steps[0] for steps, part in parts if part.name == name} & shape.members.keys()
        more = any(has_more(below(parts, step), shape.members[step]) for step in within)
        place = bare(self.read_at(name)[1]).partition(".")[0]
        return frozenset(beside - {steps[0] for steps, _ in parts}) | ({place} if more else frozenset())

    def shown_beside(self, name: str) -> frozenset[str]:
        """What AWS shows in the answer, or in the item, in which it shows a field."""
        detail, _ = self.read_at(name)
        reads = [(detail.operation, "")] if detail else [(read.operation, f"{read.items}[]") for read in self.bulk]
        shapes = (
            inner_shape(models.output_shape(self.service, read), path.split(".") if path else [])
            for read, path in reads
        )
        return frozenset(member for shape in shapes if isinstance(shape, StructureShape) for member in shape.members)

    @property
    def bulk(self) -> tuple[Listing | Join, ...]:
        """The reads that make up an item."""
        return (self.listing, *self.joins)

    def read_at(self, name: str) -> tuple[Detail | None, str]:
        """The read that shows a field, if not the listing, and where it does so."""
        path = self.shape.fields[name].aws.name
        detail = next((read for read in self.reads if name in (read.fields or (read.name,))), None)
        if detail is None or not detail.fields:
            return detail, detail.path if detail else path
        return detail, ".".join(filter(None, (detail.path, path)))

    def many(self, members: Collection) -> Any:
        """The shape of a collection's field."""
        return self.shape.fields[members.field].shape

    def target(self, live: Live) -> str:
        """What the calls for tags name it by; empty where only a description that was not read would show that."""
        return live.id if self.tagging.of == "id" else str(live.attributes.get(self.tagging.of, ""))

    def problems(self, call: Call) -> list[Complaint]:
        """What botocore's model says; whatever an expression is part of is not judged."""
        parameters = replace_expressions(call.parameters, _known)
        return complaints(call.service, call.operation, parameters)


def _known(expression: Expression) -> Any:
    """AWS's form of what is only encoded; anything else nobody knows yet."""
    if isinstance(expression, Encoded) and not any(expressions_in(expression.document)):
        return expression.write(expression.document)
    return UNKNOWN
