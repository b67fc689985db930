"""Reading one item of an answer as a live thing."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cached_property
from typing import Any

from controller.aws.declaration.facts import Declaration
from controller.aws.declaration.wire import (
    Item,
    record_reader,
    value_at,
    values_at,
    written_name,
)
from controller.aws.declaration.words import (
    Collection,
)
from controller.core.model.call import Call
from controller.core.model.live import Health, Live, Phase, Prepared
from controller.core.model.node import Node
from controller.core.model.reader import Reader
from controller.core.model.shape import Tree

UNREAD = "(unread)"
"""The name under which the reader says why an item is not all there is."""


def still_set(path: str) -> str:
    """That a field keeps AWS from deleting what has it, and the way out."""
    return f"{path} is set; set it to false in the document and apply that first"


class Items(Declaration, Reader):
    """What AWS shows of one thing, in the form of the spec."""

    @cached_property
    def _read(self) -> Callable[[Item], Tree]:
        return record_reader(self.shape)

    def fields(self, item: Item) -> Tree:
        """The fields of the spec as one item of the listing shows them."""
        return self._read(item)

    def live(self, item: Item) -> Live | None:
        """One item as a live thing; None when AWS says that it is gone."""
        phase = self.phase(item)
        if phase is None:
            return None
        fields = self.fields(item)
        return Live(
            kind=self.name,
            id=self.id_of(item),
            fields=fields,
            tags=self.tagging.read(item),
            phase=phase,
            attributes=self.shown(item),
            members=self.member_ids(item),
            original={name: item[name] for name in self.open_members if name in item} or None,
            health=self.health(item) if self.health_source and not self.health_source.operation else None,
            prepared=self.prepared(item),
            protection=self.protection(fields),
            notice=self.notice(item),
            stamp=str(value_at(item, self.listing.stamp) or "") if self.listing.stamp else "",
            progress=self.progress(item) if phase is not Phase.READY else "",
            awaits=self.awaits(item, fields) if phase is not Phase.READY else "",
            unread=item.get(UNREAD, ""),
        )

    def prepared(self, item: Item) -> Prepared | None:
        """What was made for a change and is not in force yet; None where AWS keeps no such state."""
        return None

    def protection(self, fields: Tree) -> str:
        """What keeps AWS from deleting a thing with these fields, with the way out; empty where nothing does."""
        return still_set(self.protected_by) if fields.get(self.protected_by) is True else ""

    def notice(self, item: Item) -> str:
        """What people should know of it, and no field shows."""
        return ""

    def id_of(self, item: Item) -> str:
        """The id of an item; where AWS has none, what together tells it from all others."""
        return "/".join(str(value_at(item, path)) for path in self.id_field.split("/"))

    def progress(self, item: Item) -> str:
        """What AWS is at work on, in its own words."""
        return str(value_at(item, self.states.path)) if self.states else ""

    def awaits(self, item: Item, fields: Tree) -> str:
        """What a person has to do before AWS goes on; empty where nobody has to."""
        words = self.states.awaits.get(self.state(item)) if self.states else None
        return words.format(id=self.id_of(item), **fields) if words else ""

    def health(self, item: Item) -> Health | None:
        """How well the thing does its work, where an item or the read for it shows that."""
        source = self.health_source
        states = [str(state).lower() for state in values_at(item, source.path)] if source else []
        if source is None or not (states or "[]" in source.path):
            return None
        good, several = sum(state in source.good for state in states), "[]" in source.path
        total = len(states)
        healthy = good == total > 0
        why = (
            ""
            if healthy
            else next((str(reason) for reason in values_at(item, source.why) if source.why and reason), "")
        )
        why = why or (
            "" if healthy else ", ".join(sorted({s for s in states if s not in source.good})) or "none is there"
        )
        return Health(healthy, why, good if several else None, total if several else None)

    def phase(self, item: Item) -> Phase | None:
        """How far the thing has come; None when it is gone."""
        if self.states is None:
            return Phase.READY
        state = self.state(item)
        if state in self.states.gone:
            return None
        if state in self.states.leaving:
            return Phase.LEAVING
        if state in self.states.usable:
            return Phase.USABLE
        return Phase.PENDING if state in self.states.pending or state in self.states.awaits else Phase.READY

    def state(self, item: Item) -> str:
        """AWS's word for how far the thing has come, in lower case."""
        return str(value_at(item, self.states.path)).lower() if self.states else ""

    def shown(self, item: Item) -> dict[str, Any]:
        """The attributes that the listing shows."""
        attributes = {
            name: value_at(item, attribute.path)
            for name, attribute in self.attributes.items()
            if not attribute.operation
        }
        return {name: value for name, value in attributes.items() if value is not None}

    def member_ids(self, item: Item) -> dict[str, dict[Hashable, str]]:
        """AWS's own ids of the elements of each collection that has them."""
        return {members.field: dict(self._handles(members, item)) for members in self.members if members.handle_path}

    def _handles(self, members: Collection, item: Item) -> Iterator[tuple[Hashable, str]]:
        entries, _, value = self.shape.fields[members.field].aws.name.rpartition("].")
        for entry in values_at(item, f"{entries}]"):
            element = value_at(entry, value)
            if element is not None and entry.get(members.handle_path):
                yield element, entry[members.handle_path]

    def born(self, node: Node, sent: Mapping[str, Any], body: Mapping[str, Any]) -> Live:
        """The thing in the answer to its create call, with the id it was given where the answer has none.

        Asked with the token of an earlier try, AWS may tell of what that made, and what is gone since.
        """
        result = self.made_by(node.fields).result
        answered = value_at(body, result) if result else body
        item = {**(answered or {})}
        for path in self.id_field.split("/"):
            if value_at(item, path) is None:
                part = self.shape.fields.get(self.id_from)
                item[path] = value_at(sent, written_name(part, node.fields.get(part.name)) if part else path)
        return self.live(item) or Live(self.name, self.id_of(item), {}, {}, Phase.LEAVING)

    def renewals(self, call: Call, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Each attribute at its path in the answer."""
        return {name: value_at(body, path) for name, path in call.renews.items()}
