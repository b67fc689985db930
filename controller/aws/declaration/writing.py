"""The writes of a kind as data: what its declaration makes of a node and of changes to it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from botocore.model import ListShape, StructureShape

from controller.aws.client import models
from controller.aws.declaration.elements import ElementWriting, Writes
from controller.aws.declaration.keeping import bare, displaced, kept, laid_over
from controller.aws.declaration.tags import Described
from controller.aws.declaration.wire import (
    Item,
    input_shape,
    nested,
    overlay,
    parameters_of,
    renamed,
    takes,
    value_at,
    written,
    written_name,
)
from controller.aws.declaration.words import (
    Op,
    ReadModifyWrite,
    Setter,
)
from controller.core.model.call import Call, Change
from controller.core.model.live import Live
from controller.core.model.naming import OpenName, named
from controller.core.model.node import Node
from controller.core.model.ownership import OWNER_NAME, OWNER_RETAIN, OWNER_STACK, OWNER_TAGS
from controller.core.model.paths import element_keys
from controller.core.model.reference import Address, Placeholder, Token, replace_expressions
from controller.core.model.shape import Field, Many, Record, Tree
from controller.core.model.spec import Named
from controller.core.model.writer import WriteContext, Writer


class Writing(ElementWriting, Writer):
    """Creation, changes and deletion as calls; nothing is made here."""

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """Names that the document leaves open are filled in."""
        self.check_room_for_owner_tags(stack, address, fields)
        words = {name: part.named for name, part in self.shape.fields.items() if part.named and name not in fields}
        return {**{name: self.open_name(stack, address, name, word) for name, word in words.items()}, **fields}

    def check_room_for_owner_tags(self, stack: str, address: Address, fields: Tree) -> None:
        """Raises `ValueError` where a text leaves no room for the owner tags that it is to carry."""
        if isinstance(self.tagging, Described):
            tags = {OWNER_STACK: stack, OWNER_NAME: address.name, OWNER_RETAIN: "false"}
            fault = self.tagging.fault(fields.get(self.tagging.within), tags)
            if fault:
                raise ValueError(fault)

    def open_name(self, stack: str, address: Address, field: str, word: Named) -> OpenName:
        """The name of a node that has none. Raises `ValueError` where AWS would not take it."""
        name = named(stack, address.name, word.limit, identifies=not self.tagged)
        if word.legal and not re.fullmatch(word.legal.pattern, name):
            raise ValueError(f"AWS would reject the {field} {name}: {word.legal.words}; set one yourself")
        return name

    def alias(self, fields: Tree) -> Placeholder | None:
        """The attribute of the parent that AWS makes it with, where the declaration says so."""
        if self.created_with is None or not fields.get(self.created_with.flag):
            return None
        parent = fields[self.created_with.parent]
        if not isinstance(parent, Placeholder):
            raise ValueError(f"{self.created_with.flag} requires a {self.created_with.parent} in the same stack")
        return Placeholder(parent.address, self.created_with.attribute)

    def initial(self, fields: Tree) -> Tree:
        """What AWS shows of a new thing, as the declaration says; of what is made with another, as that word says."""
        alias = self.created_with if self.created_with and fields.get(self.created_with.flag) else None
        return alias.initial if alias else self.gives_initially

    def taken(self, fields: Tree) -> frozenset[str]:
        """The fields that are parameters of the create call in AWS's model."""
        if self.alias(fields):
            return frozenset(name for name, part in self.shape.fields.items() if part.immutable)
        way = self.made_by(fields)
        shape = self.taking(way.operation, way.within)
        return frozenset(name for name, value in fields.items() if takes(shape, self.shape.fields[name], value))

    def made_once(self, node: Node) -> bool:
        """Whether its create call carries a token, or its natural key is a name or a place that AWS keeps unique."""
        token = models.token_of(self.service, self.made_by(node.fields).operation)
        words = [self.shape.fields[name] for name in self.natural_key]
        kept = bool(self.parent and words) or any(part.named or part.unique for part in words)
        return bool(token) or kept or node.alias is not None

    def create(self, node: Node) -> tuple[Call, ...]:
        """The create call with every field that it takes and the tags."""
        if node.alias:
            return ()
        creation = self.made_by(node.fields)
        given = parameters_of(
            self.shape, self.carrying(node).fields, self.taking(creation.operation, creation.within)
        )
        made = overlay(creation.constant, nested(creation.within, given))
        shape = input_shape(self.service, creation.operation)
        token = models.token_of(self.service, creation.operation)
        made = overlay(made, nested(token, Token())) if token else made
        parameters = overlay(made, self.tagging.at_creation(node.tags, shape))
        fields = tuple(sorted(self.taken(node.fields)))
        return (Call(self.service, creation.operation, parameters, fields, makes=True),)

    def create_with(self, node: Node, children: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[Call, ...]:
        """The create call with the children as one more of its parameters."""
        calls = self.create(node)
        return tuple(
            replace(call, parameters={**call.parameters, **children}) if call.makes else call for call in calls
        )

    def within_parent(self, node: Node, parent: Writer) -> Mapping[str, Any]:
        """Its fields as the parent's create call takes them; the parent itself is none of them."""
        assert isinstance(parent, Writing)
        many = input_shape(parent.service, parent.creation.operation).members[self.made_within]
        assert isinstance(many, ListShape)
        assert isinstance(many.member, StructureShape)
        return parameters_of(self.shape, node.fields, many.member)

    def update(
        self, node: Node, changes: Iterable[Change], live: Live | None, around: WriteContext
    ) -> tuple[Call, ...]:
        """Additions, then settings, then changes, then removals; a single attachment is taken off first."""
        changes, node = tuple(changes), self.with_unmanaged(node, live, around)
        me = node.alias if live is None and node.alias else Placeholder(node.address)
        writes = Writes()
        writes.settings += self.settings(node, changes, live, me)
        for members in self.members:
            for change in changes:
                if change.field == members.field:
                    self.sort(writes, members, change)
            self.write_members(writes, members, live, me, around)
        return (*writes.first, *writes.additions, *writes.settings, *writes.alterations, *writes.removals)

    def with_unmanaged(self, node: Node, live: Live | None, around: WriteContext) -> Node:
        """The node with the elements of others that the document lets be, for calls that take all there are."""
        if live is None or not node.lifecycle.additive:
            return node
        whole = {name: [*node.fields[name], *elements] for name, elements in self.unmanaged(node, live, around)}
        return replace(node, fields={**node.fields, **whole})

    def unmanaged(self, node: Node, live: Live, around: WriteContext) -> Iterator[tuple[str, list[Any]]]:
        """The live elements that the node does not name, by collection that it does not want for itself."""
        for name in node.lifecycle.additive & {*node.fields}:
            many = self.shape.fields[name].shape
            if isinstance(many, Many):
                wanted = replace_expressions(node.fields[name], around.known)
                ours = {key for key, _ in element_keys(many, wanted)}
                shown = element_keys(many, live.fields.get(name) or [])
                yield name, [element for key, element in shown if key not in ours]

    def settings(self, node: Node, changes: Iterable[Change], live: Live | None, me: Placeholder) -> Iterator[Call]:
        """The calls that set plain fields."""
        changed, node = {change.field for change in changes}, self.carrying(node, live)
        for setter in self.whole_setters:
            names = [name for name in setter.fields if name in changed]
            for group in filter(None, [[name] for name in names] if setter.one_at_a_time else [names]):
                yield self.separable(setter, node, group, live, me)

    def displaced(self, node: Node, changes: Iterable[Change], live: Live) -> Iterator[Change]:
        """What AWS takes only one of, where a call sends it as a whole."""
        changed = {change.field for change in changes}
        setters = [] if self.read_modify_write else [each for each in self.whole_setters if not each.merges]
        for setter in setters:
            group = [name for name in setter.fields if name in changed]
            names = setter.fields if setter.whole and group else group
            fields, shown = (
                {name: tree[name] for name in names if name in tree} for tree in (node.fields, live.fields)
            )
            yield from displaced(self.shape, fields, shown)

    def separable(self, setter: Setter, node: Node, group: list[str], live: Live | None, me: Placeholder) -> Call:
        """One call that sets some fields, with the calls that set them by themselves where that means the same."""
        call = self.setting(setter, node, group, live, me)
        if not setter.separable:
            return call
        parts: list[Call] = []
        for part in (self.setting(setter, node, [name], live, me) for name in group):
            same = [other for other in parts if other.parameters == part.parameters]
            parts = [other for other in parts if other not in same]
            parts.append(replace(part, fields=(*(name for other in same for name in other.fields), *part.fields)))
        return replace(call, apart=tuple(parts)) if len(parts) > 1 else call

    def carrying(self, node: Node, live: Live | None = None) -> Node:
        """The node with the owner tags in the text that carries them, where AWS takes no tags."""
        if not isinstance(self.tagging, Described):
            return node
        text = self.tagging.with_owner_tags(
            node.fields.get(self.tagging.within), {**(live.tags if live else {}), **node.tags}
        )
        return replace(node, fields={**node.fields, self.tagging.within: text})

    def setting(self, setter: Setter, node: Node, group: list[str], live: Live | None, me: Placeholder) -> Call:
        """One call that sets some fields, or all of them where AWS takes nothing less."""
        if setter.empty and all(_nothing(node.fields[name]) for name in group):
            return self.call(Op(setter.empty, constant=setter.constant), {}, tuple(group), me)
        along = [reset for name in group for reset in setter.resets.get(name, ())]
        fields = {name: value for name, value in node.fields.items() if setter.whole or name in (*group, *along)}
        if live and not self.read_modify_write:
            staying = {name: value for name, value in live.fields.items() if setter.whole or name in fields}
            fields = laid_over(self.shape, fields, _said(fields, staying) if setter.merges else staying)
        parameters = self.spelled(setter, fields)
        if live and live.original and setter.keeps:
            names = setter.fields if setter.whole else (*group, *along)
            parameters = self.completing(setter, names, fields, parameters, live.original)
        parameters = overlay(setter.constant, {**parameters, **self.identity(setter.operation, me)})
        return Call(
            self.service,
            setter.operation,
            parameters,
            tuple(group),
            renews=setter.renews,
            separable=setter.separable,
            occupies=setter.occupies,
        )

    def spelled(self, setter: Setter, fields: Tree) -> dict[str, Any]:
        """Fields as parameters of a call, which may spell them otherwise than the create call does."""
        within = self.read_modify_write.parameter if self.read_modify_write else ""
        shape = self.taking(setter.operation, within)
        if setter.spread:
            ((name, value),) = fields.items()
            record = self.shape.fields[name].shape
            assert isinstance(record, Record)
            return parameters_of(record, value, shape)
        if setter.pair:
            ((name, value),) = fields.items()
            key = written_name(self.shape.fields[name]).rpartition(".")[2]
            text = written(self.shape.fields[name], value, shape.members[setter.pair[1]])
            return dict(zip(setter.pair, (key, text), strict=True))
        return {**nested(within, parameters_of(renamed(self.shape, setter.renamed), fields, shape))}

    def completing(
        self, setter: Setter, names: Sequence[str], fields: Tree, parameters: dict[str, Any], original: Item
    ) -> dict[str, Any]:
        """Parameters with what AWS shows beside them that no field stands for."""
        if self.read_modify_write:
            return _rewritten(self.read_modify_write, original, parameters)
        record, shape = renamed(self.shape, setter.renamed), input_shape(self.service, setter.operation)
        return kept(record, fields, shape, parameters, self.repeated(setter, names, original))

    def repeated(self, setter: Setter, names: Sequence[str], original: Item) -> Item:
        """What AWS shows of all that a call sets, in the places of its parameters."""
        shown: dict[str, Any] = {}
        for name in names:
            detail, path = self.read_at(name)
            answer = original.get(detail.name) or {} if detail else original
            shown = overlay(
                overlay(shown, answer if setter.whole else {}), _placed(self.shape.fields[name], path, answer)
            )
        return shown

    def tag(self, node: Node, tags: Mapping[str, str], live: Live | None = None) -> tuple[Call, ...]:
        """The tag call of the service, or the call that sets the text in which the tags stand."""
        if live and self.tagging.within:
            return self.correct(node, tags, (), live, WriteContext(known=lambda value: value))
        me = node.alias or Placeholder(node.address, self.tagging.of)
        paths = tuple(f"tags[{key}]" for key in tags)
        written = {**live.tags, **tags} if live and self.tagging.replaces else tags
        return tuple(self.tagging.later(self.service, me, written, paths))

    def correct(
        self, node: Node, tags: Mapping[str, str], changes: Sequence[Change], live: Live, around: WriteContext
    ) -> tuple[Call, ...]:
        """Tags and fields by calls of their own; or by one call where a field's text carries the tags."""
        within = self.tagging.within
        if not (tags and within):
            return super().correct(node, tags, changes, live, around)
        if within not in {change.field for change in changes}:  # the text itself stays as it is
            node = replace(node, fields={**node.fields, within: live.fields.get(within)})
        retagged = Change(within, "change", None, None)
        calls = self.update(replace(node, tags={**node.tags, **tags}), (*changes, retagged), live, around)
        paths = (*(change.path for change in changes), *(f"tags[{key}]" for key in tags))
        return tuple(replace(call, fields=paths) if within in call.fields else call for call in calls)

    def delete(self, address: Address, live: Live, around: WriteContext) -> tuple[Call, ...]:
        """Empty what binds, then delete. What AWS keeps with its parent is released: it loses its owner tags."""
        if self.created_with and live.fields.get(self.created_with.flag):
            ours = tuple(key for key in OWNER_TAGS if key in live.tags)
            return tuple(self.tagging.release(self.service, self.target(live), ours))
        return (*self.emptying(live, around), self.final(live))

    def final(self, live: Live) -> Call:
        """The call that deletes, with its parent and the version that was read, where AWS asks for them."""
        parameters = self.identity(self.deletion, live.id)
        if self.read_modify_write and live.original:
            parameters[ReadModifyWrite.GIVEN_AS] = live.original[ReadModifyWrite.VERSION]
        names = {*([self.parent] if self.parent else []), *(self.natural_key if not parameters else [])}
        told = {name: live.fields[name] for name in names if name in live.fields}
        parameters |= parameters_of(self.shape, told, input_shape(self.service, self.deletion))
        return Call(self.service, self.deletion, parameters, deletes=True)


def _rewritten(original: ReadModifyWrite, whole: Item, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What was read, changed, with the version that was read."""
    below = {original.parameter: value_at(whole, original.path), original.GIVEN_AS: whole[original.VERSION]}
    changed: dict[str, Any] = overlay(below, parameters)
    return changed


def _said(fields: Tree, live: Tree) -> Tree:
    """What is live of structures, as far as the fields speak of it."""
    parts = ((name, value, fields[name]) for name, value in live.items() if isinstance(value, Mapping))
    return {name: {key: each for key, each in value.items() if key in said} for name, value, said in parts}


def _placed(part: Field, path: str, answer: Item) -> Item:
    """What AWS shows at a path in the place in which it takes it, with the structures in which it stands in both."""
    steps, names = (bare(each).split(".") for each in (part.aws.write, path))
    outer = next((at for at in range(len(steps)) if names[at - len(steps) :] == steps[at:]), len(steps))
    around = ".".join(path.split(".")[: len(names) - len(steps) + outer]) if outer < len(steps) else path
    value = value_at(answer, around) if "[]" not in around else None
    if outer == 0 and isinstance(value, Mapping):
        return {steps[0]: value.get(steps[0])}
    return nested(".".join(steps[:outer]), value) if value is not None else {}


def _nothing(value: Any) -> bool:
    """Whether a field is said to be empty, or off."""
    if isinstance(value, Mapping):
        return all(_nothing(part) for part in value.values())
    return value is False or value in ([], "")
