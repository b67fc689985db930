"""The reads of a kind: the bulk listing, what completes it, and what is read for one thing only."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from botocore.model import ListShape

from controller.aws.client import models
from controller.aws.client.regions import told_in
from controller.aws.declaration.items import UNREAD, Items
from controller.aws.declaration.wire import (
    Item,
    field_reader,
    input_shape,
    one_answer,
    value_at,
    values_at,
)
from controller.aws.declaration.words import Join, Listing, Single
from controller.core.model.cloud import Cloud, Meaning, Refused, Unreachable
from controller.core.model.inquiry import Inquiry
from controller.core.model.live import Live
from controller.core.model.reader import Scope
from controller.core.model.shape import Tree
from controller.core.model.spec import Aws
from controller.core.planning.inventory import natural_key

_HEALTH, _ORIGINAL = "(health)", "(whole)"
"""Names of details that are no field."""


class _Answer(NamedTuple):
    """A field that a read of its own shows, with AWS's own form of it."""

    value: Any
    body: Item


class Observing(Items):
    """Every live thing of a kind, and the details of one."""

    def observe(self, cloud: Cloud, scope: Scope) -> Iterator[Live]:
        """Walk the bulk listing to its end, and read what it leaves out for what is wanted."""
        ours = self.searched(cloud, scope) if scope.search and not scope.everything else frozenset()
        items = [item for parent in self.looked_into(scope) for item in self.listed(cloud, parent)]
        items += self.astray(cloud, items, ours) if self.listing.parent else ()
        for join in self.joins:
            items = self.joined(cloud, scope, join, items, ours)
        lives = list(filter(None, map(self.live, items)))
        yield from self.with_tags(cloud, scope, lives, ours) if self.tagging.unlisted else lives

    def searched(self, cloud: Cloud, scope: Scope) -> frozenset[str]:
        """The names of what is ours, as AWS's search for tags says; nothing, and a word on it, where it is denied."""
        there = cloud.at(told_in(cloud.region)) if self.worldwide else cloud
        try:
            return self.tagging.owned(there, scope.stacks)
        except Refused as error:
            if error.meaning is not Meaning.DENIED:
                raise
            scope.unsearched(str(error))
            return frozenset()

    def looked_into(self, scope: Scope) -> tuple[str, ...]:
        """The parents whose listings make up that of the kind; one without a name where there is just one listing."""
        return scope.parents if self.listing.parent else ("",)

    def listed(self, cloud: Cloud, parent: str) -> Iterator[Item]:
        """One listing, page by page; a parent that is gone in between has nothing in it."""
        listing = self.listing
        within = self.confines(cloud, parent)
        try:
            parameters = {**self.paged(listing), **within}
            for body in cloud.pages(self.service, listing.operation, parameters):
                for shown in values_at(body, f"{listing.items}[]"):
                    item = shown if isinstance(shown, Mapping) else {self.id_field: shown}
                    yield {**item, **within} if within else item
        except Refused as error:
            if not (parent and error.meaning is Meaning.NOT_FOUND):
                raise

    def paged(self, listing: Listing | Join) -> Item:
        """The parameters of a bulk read, with the size of its pages."""
        size = {models.page_size_of(self.service, listing.operation): listing.page} if listing.page else {}
        return {**listing.parameters, **size}

    def confines(self, cloud: Cloud, parent: str) -> Item:
        """What a listing is confined to, as parameters that each of its items is given too: its parent."""
        return {self.listing.parent: parent} if parent else {}

    def astray(self, cloud: Cloud, listed: Iterable[Item], ours: Iterable[str]) -> Iterator[Item]:
        """What is ours in parents that were not looked into: AWS's search for tags names it, and its id is an ARN."""
        known = {self.id_of(item) for item in listed}
        for arn in sorted(name for name in ours if name.startswith("arn:") and name not in known):
            yield from self.one(cloud, arn) or ()

    def joined(
        self, cloud: Cloud, scope: Scope, join: Join, items: list[Item], ours: Collection[str] = frozenset()
    ) -> list[Item]:
        """The items with what a further read shows of them; `ours` is what AWS's search for ours has told of."""
        chosen = [(item, not join.batch or self.may_be_ours(scope, ours, item)) for item in items]
        if join.batch and not self.takes_list(join):
            shown = [(item, self.described(cloud, join, item) if wanted else {}) for item, wanted in chosen]
            return [{**item, **description} for item, description in shown if description is not None]
        return self.completed_items(cloud, join, items, [item for item, wanted in chosen if wanted])

    def completed_items(self, cloud: Cloud, join: Join, items: list[Item], wanted: list[Item]) -> list[Item]:
        """The items with what is listed beside them."""
        left, _, right = join.key.partition("=")
        shown: dict[Any, Item] = {}
        for item in self.joining(cloud, join, wanted):
            key = value_at(item, right or left)
            shown[key] = {**shown.get(key, {}), **item}
        if join.always:
            lost = {item[left] for item in wanted} - {*shown}
            shown |= {id: {UNREAD: self.nothing(join.operation)} for id in lost}
        return [{**item, **shown.get(item.get(left), {})} for item in items]

    def may_be_ours(self, scope: Scope, ours: Collection[str], item: Item) -> bool:
        """Whether an item is what the look is for: by its natural key, or as AWS's search says."""
        return scope.wants(self.key_of(item)) or self.tagging.known_as(self.id_of(item)) in ours

    def takes_list(self, join: Join) -> bool:
        """Whether a further read takes several ids at once."""
        return isinstance(input_shape(self.service, join.operation).members[join.ids], ListShape)

    def within(self, join: Join, item: Item) -> Item:
        """The parameter that says in what an item stands, where a further read takes it as the listing does."""
        taken = self.listing.parent in input_shape(self.service, join.operation).members
        return {self.listing.parent: item[self.listing.parent]} if taken and join.batch else {}

    def described(self, cloud: Cloud, join: Join, item: Item) -> Item | None:
        """What the read of one thing shows of it; None where it is gone. Raises `Unreachable` for an empty answer."""
        named = {**self.within(join, item), join.ids: item[join.key.partition("=")[0]]}
        try:
            body = one_answer(cloud.pages(self.service, join.operation, {**join.parameters, **named}))
        except Refused as error:
            if error.meaning is not Meaning.NOT_FOUND:
                raise
            return None
        return dict(value_at(self.expected(body, join.items, join.operation), join.items))

    def nothing(self, operation: str) -> str:
        """Why a read that answered has failed all the same."""
        return f"{self.service}:{operation} returned nothing about it, although it exists; reading it again"

    def joining(self, cloud: Cloud, join: Join, wanted: list[Item]) -> Iterator[Item]:
        """What the further read shows, of all things or of those that are wanted."""
        for named in self.batches(join, wanted) if join.batch else [{}]:
            for body in cloud.pages(self.service, join.operation, {**self.paged(join), **named}):
                yield from values_at(body, f"{join.items}[]")

    def batches(self, join: Join, wanted: list[Item]) -> Iterator[Item]:
        """The parameters that name things in a further read, so many at once; those in one parent together."""
        by_parent: dict[str, list[Item]] = {}
        for item in wanted:
            by_parent.setdefault(str(self.within(join, item)), []).append(item)
        left = join.key.partition("=")[0]
        for items in by_parent.values():
            ids = [item[left] for item in items]
            for at in range(0, len(ids), join.batch):
                yield {**self.within(join, items[0]), join.ids: ids[at : at + join.batch]}

    def key_of(self, item: Item) -> Hashable | None:
        """The natural key of an item."""
        return natural_key(self, self.fields(item))

    def with_tags(self, cloud: Cloud, scope: Scope, lives: list[Live], ours: Collection[str]) -> list[Live]:
        """The things with their tags, as far as those can be ours: by their natural key, or as AWS's search says.

        All that is in a parent that may be ours may be so too. What is gone when its tags are asked for is left out,
        and what was not described, because it is not wanted, has nothing to ask by.
        """
        targets = {
            live.thing: target
            for live in lives
            if (target := self.target(live))
            and (
                self.listing.parent
                or scope.wants(natural_key(self, live.fields))
                or self.tagging.known_as(target) in ours
            )
        }
        tags = scope.recall(self.name, [*targets.values()], partial(self.tagging.fetch, cloud, self.service))
        gone = {thing for thing, target in targets.items() if target not in tags}
        return [
            replace(live, tags=tags.get(targets.get(live.thing, ""), live.tags))
            for live in lives
            if live.thing not in gone
        ]

    def detailed(self, fields: Tree) -> frozenset[str]:
        """The fields that have a read of their own; always the health, the whole, and what a deletion takes off."""
        always = {_HEALTH} if self.health_source and self.health_source.operation else set()
        always |= {_ORIGINAL} if self.read_modify_write else set()
        named = frozenset(fields) | {members.field for members in self.members if members.binding}
        return frozenset(read.name for read in self.reads if named & {read.name, *read.fields}) | always

    def momentary(self, detail: str) -> bool:
        """Health changes by itself."""
        return detail == _HEALTH

    def guards(self, detail: str) -> bool:
        """As its declaration says."""
        if detail == _ORIGINAL:
            return self.read_modify_write is not None and self.read_modify_write.guards
        return any(read.guards for read in self.reads if read.name == detail)

    def details(self, cloud: Cloud, live: Live, fields: Iterable[str]) -> Tree:
        """One read for each field."""
        return {name: self.detail(cloud, live, name) for name in fields}

    def detail(self, cloud: Cloud, live: Live, name: str) -> Any:
        """One read; what AWS says is not set is empty, and a thing that it does not find is an error."""
        if name == _HEALTH and self.health_source:
            return self.health(self.answer(cloud, self.health_source.operation, live))
        if name == _ORIGINAL and self.read_modify_write:
            body = self.answer(cloud, self.read_modify_write.operation, live)
            return self.expected(body, self.read_modify_write.path, self.read_modify_write.operation)
        detail = next(read for read in self.reads if read.name == name)
        try:
            body = self.answer(cloud, detail.operation, live, detail.parameters)
        except Refused as error:
            if error.code != detail.not_set:
                raise
            body = {}
        else:
            body = self.expected(body, detail.path, detail.operation) if detail.always else body
        if body and name in self.open_fields:
            return _Answer(field_reader(replace(self.shape.fields[name], aws=Aws(detail.path)))(body), body)
        if detail.fields:
            structure = value_at(body, detail.path) or {}
            return {field: field_reader(self.shape.fields[field])(structure) for field in detail.fields}
        return field_reader(replace(self.shape.fields[name], aws=Aws(detail.path)))(body)

    def answer(self, cloud: Cloud, operation: str, live: Live, parameters: Item = MappingProxyType({})) -> Item:
        """The answer to a read for one thing, all its pages."""
        return one_answer(cloud.pages(self.service, operation, {**self.identity(operation, live.id), **parameters}))

    def expected(self, body: Item, path: str, operation: str) -> Item:
        """The answer, if it has something where AWS always has something. Raises `Unreachable` if not."""
        if (value_at(body, path) if path else body) in (None, {}, []):
            raise Unreachable(
                self.service, operation, Meaning.TRANSIENT, "the response lacks what it always contains"
            )
        return body

    def shows(self, cloud: Cloud, id: str) -> bool | None:
        """By the listing where that takes ids, or by a read of one thing."""
        items = self.one(cloud, id)
        return None if items is None else any(self.phase(item) is not None for item in items)

    def one(self, cloud: Cloud, id: str) -> list[Item] | None:
        """What AWS shows of one thing, asked for it by its id; nothing when it is gone, None where there is no such
        read."""
        single = self.single or Single(self.listing.operation, f"{self.listing.items}[]")
        named = self.named(single, id)
        if not named:
            return None
        parameters = {**(single.constant if self.single else self.listing.parameters), **named}
        try:
            body = one_answer(cloud.pages(self.service, single.operation, parameters))
        except Refused as error:
            if error.meaning is not Meaning.NOT_FOUND:
                raise
            return []
        if single.item and not single.item.endswith("[]"):
            self.expected(body, single.item, single.operation)
        items = values_at(body, single.item) if single.item else [body]
        return [item for item in items if self.is_called(item, id)]

    def is_called(self, item: Item, id: str) -> bool:
        """Whether an item has this id, or shows none where just one thing was asked for."""
        shown = [value_at(item, path) for path in self.id_field.split("/")]
        return self.id_of(item) == id or shown == [None]

    def named(self, single: Single, id: str) -> dict[str, Any]:
        """The parameters that name one thing in its read; none where they cannot."""
        if not single.parameters:
            return self.identity(single.operation, id)
        members = input_shape(self.service, single.operation).members
        parts = id.split("/", len(single.parameters) - 1)
        named = zip(single.parameters, parts, strict=True)
        return {name: [part] if isinstance(members[name], ListShape) else part for name, part in named}

    def completed(self, live: Live, details: Mapping[str, Any]) -> Live:
        """The live thing with what was read for it; of what was read whole, the fields are read from there."""
        rest = {name: value for name, value in details.items() if name not in (_HEALTH, _ORIGINAL)}
        answers = {name: answer for name, answer in rest.items() if isinstance(answer, _Answer)}
        rest |= {name: answer.value for name, answer in answers.items()}
        if answers:
            bodies = {name: answer.body for name, answer in answers.items()}
            live = replace(live, original={**(live.original or {}), **bodies})
        together = [rest.pop(read.name) or {} for read in self.reads if read.fields and read.name in rest]
        live = super().completed(live, {name: value for part in (rest, *together) for name, value in part.items()})
        if details.get(_HEALTH):
            live = replace(live, health=details[_HEALTH])
        if self.read_modify_write and details.get(_ORIGINAL):
            whole = details[_ORIGINAL]
            fields = self._read({**value_at(whole, self.read_modify_write.path), self.id_field: live.id})
            live = replace(live, original=whole, fields={**live.fields, **fields})
        return replace(live, protection=self.protection(live.fields) or live.protection)

    def attribute(self, cloud: Cloud, live: Live, attribute: str) -> Any:
        """One read for one attribute."""
        source = self.attributes.get(attribute)
        if source is None or not source.operation:
            return None
        filters = [{"Name": name, "Values": [value or live.id]} for name, value in source.filters]
        parameters = {"Filters": filters} if filters else self.identity(source.operation, live.id)
        body = cloud.call(self.service, source.operation, {**parameters, **source.parameters}).body
        return value_at(body, source.path.format(**{**live.fields, "id": live.id}))

    def unoffered(self, inquiry: Inquiry, fields: Tree, changed: Collection[str]) -> Iterator[str]:
        """As the offerings say."""
        for offering in self.all_offerings:
            if any(map(offering.concerns, changed)):
                yield from offering.told(inquiry, fields)

    def unlisted(self, attributes: Iterable[str]) -> frozenset[str]:
        """The attributes that have an operation of their own."""
        return frozenset(name for name, source in self.attributes.items() if source.operation and name in attributes)
