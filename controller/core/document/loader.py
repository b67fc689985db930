"""From documents to stacks: reads them, checks them against the kinds, and tells all that is wrong at once.

source → contents → parts with places (`yaml_source`), files in theirs (`included`) → models (`schema` and the
kinds' specs) → nodes → rules across nodes (`checks`) → stacks
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from controller.core.document import mistakes
from controller.core.document.checks import DocumentScope, Fault, faults
from controller.core.document.ignoring import wrong_path
from controller.core.document.included import RESOURCES, Inclusion
from controller.core.document.lookups import lookup_faults
from controller.core.document.meetings import meetings
from controller.core.document.part import Part, part_of
from controller.core.document.problem import WHOLE_FILE, DocumentError, Loc, Mark, Problem, near, path_text, quoted
from controller.core.document.regions import placed, region_faults
from controller.core.document.schema import (
    API_VERSION,
    KIND,
    NODE_NAME,
    PATTERNS,
    REGION,
    Document,
    LifecycleSection,
    Tags,
    elementwise,
    sound_fields,
)
from controller.core.document.source import Files, NoFiles, Source
from controller.core.document.yaml_source import read_parts
from controller.core.model.cloud import Bug, blaming
from controller.core.model.facts import Facts
from controller.core.model.kind import Catalog
from controller.core.model.node import Lifecycle, Node
from controller.core.model.ownership import OWNER_NAME, OWNER_ORIGIN, OWNER_RETAIN, OWNER_STACK
from controller.core.model.reference import Address
from controller.core.model.shape import shape_of, tree_of
from controller.core.model.spec import Spec
from controller.core.model.stack import Identity, Stack

M = TypeVar("M", bound=BaseModel)
Judge = Callable[[Iterable[Node]], Iterable[Fault]]
_TAGS: TypeAdapter[dict[str, str]] = TypeAdapter(Tags)
_REGION: TypeAdapter[str] = TypeAdapter(Annotated[str, Field(pattern=REGION)])


def lenient(nodes: Iterable[Node]) -> Iterable[Fault]:
    """Nothing else is wrong."""
    return ()


def load(source: Source, catalog: Catalog, judge: Judge = lenient) -> list[Stack]:
    """Every stack of a source. Raises `DocumentError` with all that is wrong in all of its documents.

    `judge` sees those nodes of each document that are right so far, and says what else is wrong with them.
    """
    loaded = _Loaded(catalog, source, judge=judge)
    for place, content in source.documents(loaded.problems):
        for part in read_parts(content, place, loaded.problems):
            loaded.take(place, part)
    loaded.tell_meetings()
    if loaded.problems:
        raise DocumentError(loaded.problems)
    return loaded.stacks


def read_object(document: Mapping[str, Any], source: str, catalog: Catalog, origin: str = "") -> Stack:
    """The stack of a document that is no file, such as an object of Kubernetes; `source` says where it is.

    `origin` becomes part of the owner tags of all that it owns, where stacks of one name may be kept in several
    places.

    Nothing beside it can be included. Raises `DocumentError`, whose problems have no place in a file but say the same
    as for a file.
    """
    loaded = _Loaded(catalog, NoFiles(), origin=origin)
    loaded.take("", part_of(document))
    loaded.tell_meetings()
    if loaded.problems:
        raise DocumentError(loaded.problems)
    (stack,) = loaded.stacks
    return replace(stack, source=source)


# --- stacks -----------------------------------------------------------------------------------------------


@dataclass
class _Loaded:
    """The stacks read so far, and what was wrong."""

    catalog: Catalog
    files: Files
    problems: list[Problem] = field(default_factory=list)
    stacks: list[Stack] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """Where each stack's name stands."""
    origin: str = ""
    judge: Judge = lenient
    drafts: dict[str, "_Draft"] = field(default_factory=dict)
    """The document of each stack."""

    def take(self, file: str, part: Part) -> None:
        draft = _Draft(file, part, self.catalog, self.problems, origin=self.origin)
        if not draft.is_stack():
            return
        before = len(self.problems)
        draft.part = Inclusion(file, self.catalog, self.files, self.problems).document(part)
        document = draft.validated(Document, draft.part.value, ())
        if document:
            self.claim(draft, document.metadata.name)
            draft.stack, draft.tags = document.metadata.name, document.spec.tags
            draft.region = document.spec.region
            draft.check_stack_region()
        nodes = draft.nodes()
        for fault in self.judge(nodes.values()):
            draft.tell_fault(fault)
        if document and len(self.problems) == before:
            self.stacks.append(_stack(document, nodes, f"{file}:{part.mark.line}", self.origin))
            self.drafts[document.metadata.name] = draft

    def tell_meetings(self) -> None:
        """Nodes, of whatever stacks, that would have the same live thing."""
        for claim, other in meetings(self.stacks, self.catalog):
            place = self.drafts[other.stack.name].place((*RESOURCES, *other.address, other.field))
            message = (
                f"{claim.name} is also the {other.field} of {other.address} of stack {other.stack.name} ({place})"
            )
            loc = (*RESOURCES, *claim.address, claim.field)
            self.drafts[claim.stack.name].problem(loc, message, "it has to be unique: change one of them")

    def claim(self, draft: "_Draft", name: str) -> None:
        mark = draft.part.find(("metadata", "name"))[0].mark
        first = self.names.setdefault(name, f"{draft.file}:{mark}")
        if first != f"{draft.file}:{mark}":
            message = f"there are two stacks named {name}, the first at {first}"
            draft.problem(("metadata", "name"), message, "each stack is one document")


def _stack(document: Document, nodes: dict[Address, Node], source: str, origin: str) -> Stack:
    spec, moved = document.spec, document.spec.moved_from
    return Stack(
        name=document.metadata.name,
        region=spec.region,
        nodes=nodes,
        account_id=spec.account_id or "",
        mode=spec.mode,
        allow=frozenset(spec.allow),
        tags=spec.tags,
        deletion_policy=spec.deletion_policy,
        source=source,
        namespace=document.metadata.namespace or "",
        origin=origin,
        moved_from=Identity(moved.name or document.metadata.name, moved.origin) if moved else None,
    )


@dataclass
class _Draft:
    """One document on its way to a stack."""

    file: str
    part: Part
    catalog: Catalog
    problems: list[Problem]
    stack: str = "stack"
    """Stands in for a name that is faulty, so that the nodes can be checked all the same."""
    region: str = ""
    origin: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    faulty: dict[Address, Node] = field(default_factory=dict)
    unsound: dict[Address, frozenset[str]] = field(default_factory=dict)
    """What is right in nodes of which something else is wrong, and the fields that are not."""

    def problem(self, loc: Loc, message: str, hint: str = "", mark: Mark | None = None) -> None:
        """Something wrong at `loc`, or as near to it as the document goes."""
        nearest, path = self.part.find(loc)
        self.problems.append(Problem(self.file, *(mark or nearest.mark), path_text(path), message, hint))

    def place(self, loc: Loc) -> str:
        """Where something stands, as people are told of it."""
        nearest, path = self.part.find(loc)
        return path_text(path) if nearest.mark == WHOLE_FILE else f"{self.file}:{nearest.mark}"

    def key_problem(self, loc: Loc, message: str, hint: str = "") -> None:
        self.problem(loc, message, hint, self.part.key_mark(loc))

    def is_stack(self) -> bool:
        """Whether it claims to be a stack of this version; nothing else is looked at in what does not."""
        document = self.part.value
        if document is None:
            self.problem((), "the document is empty")
        elif not isinstance(document, dict):
            self.problem((), f"a document must be a mapping, found {mistakes.shown(self.part)}")
        elif document.get("apiVersion") != API_VERSION or document.get("kind") != KIND:
            told = " and ".join(f"{key} is {mistakes.written(self.part, key)}" for key in ("apiVersion", "kind"))
            wrong = "apiVersion" if document.get("apiVersion") != API_VERSION else "kind"
            message = f"this is not a Stack: {told}"
            self.problem((wrong,), message, f"a Stack has apiVersion {API_VERSION} and kind {KIND}")
        else:
            return True
        return False

    def validated(self, model: type[M], raw: Any, loc: Loc) -> M | None:
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            self.tell(error, model, loc)
            return None

    def tell(self, error: ValidationError, model: type[BaseModel] | None, loc: Loc) -> None:
        """Every fault that a model has found, at its place and in words for people."""
        for fault in error.errors(include_url=False, include_input=False):
            inner, kind = fault["loc"], fault["type"]
            secret = bool(model and issubclass(model, Spec) and mistakes.is_secret(shape_of(model), inner))
            if kind == "missing" and loc + inner and str(inner[-1]) in self.part.find(loc + inner[:-1])[0].keys:
                self.key_problem(loc + inner, f"{inner[-1]} has no value")
            elif kind == "missing":
                self.problem(loc + inner[:-1], f"{inner[-1]} is missing", mistakes.described(model, inner))
            elif kind == "extra_forbidden":
                fields = mistakes.fields_at(model, inner[:-1], top=self.beside_fields(model) if loc else ())
                self.key_problem(
                    loc + inner, f"there is no field {quoted(str(inner[-1]))} here", mistakes.meant(inner, fields)
                )
            elif inner and inner[-1] == "[key]":
                self.key_problem(loc + inner[:-1], *mistakes.told(dict(fault), Part(inner[-2], WHOLE_FILE), secret))
            else:
                self.problem(loc + inner, *mistakes.told(dict(fault), self.part.find(loc + inner)[0], secret))

    def beside_fields(self, model: type[BaseModel] | None) -> tuple[str, ...]:
        """What a node may say beside the fields of its kind."""
        worldwide = any(kind.worldwide for kind in self.catalog.values() if kind.spec is model)
        return ("lifecycle",) if worldwide else ("lifecycle", "region")

    def nodes(self) -> dict[Address, Node]:
        """The nodes that are right by themselves; then also what is wrong between them is told."""
        made: dict[Address, Node] = {}
        names: dict[str, set[str]] = {}
        for kind_name, nodes in self.part.find(RESOURCES)[0].parts.items() if self.has_resources() else ():
            if self.has_nodes(str(kind_name), nodes):
                names[str(kind_name)] = set(nodes.keys)
                for name, part in nodes.parts.items():
                    node = self.node(Address(str(kind_name), str(name)), part)
                    made |= {node.address: node} if node else {}
        scope = DocumentScope(made, names, self.catalog, self.faulty, self.unsound)
        for fault in chain(faults(scope), region_faults(scope), lookup_faults(scope)):
            self.tell_fault(fault)
        return made

    def has_resources(self) -> bool:
        part, path = self.part.find(RESOURCES)
        return path == RESOURCES and isinstance(part.value, dict)

    def has_nodes(self, kind: str, nodes: Part) -> bool:
        loc = (*RESOURCES, kind)
        if kind not in self.catalog:
            hint = near(kind, self.catalog) or "`holdfast kinds` lists the kinds"
            self.key_problem(loc, f"there is no kind {quoted(kind)}", hint)
        elif not isinstance(nodes.value, dict) or not nodes.value:
            message = f"expected a mapping of node names to their fields, found {mistakes.shown(nodes)}"
            self.problem(loc, message, "omit the kind if it has no nodes")
        else:
            return True
        return False

    def node(self, address: Address, part: Part) -> Node | None:
        """One node; a mistake in the code of its kind keeps nothing else from being read."""
        try:
            with blaming("reading", address):
                return self.read_node(address, part)
        except Bug as bug:
            self.key_problem((*RESOURCES, *address), str(bug))
            return None

    def read_node(self, address: Address, part: Part) -> Node | None:
        loc, kind = (*RESOURCES, *address), self.catalog[address.kind]
        before = len(self.problems)
        if not re.fullmatch(NODE_NAME, address.name):
            self.key_problem(loc, f"{quoted(address.name)} is not a valid node name", PATTERNS[NODE_NAME])
        if not isinstance(part.value, dict):
            self.problem(
                loc, f"expected a mapping of fields, found {mistakes.shown(part)}", "write {} if there are none"
            )
            return None
        raw = {name: value for name, value in part.value.items() if value is not None}
        region = self.region_of(kind, raw.pop("region", None), (*loc, "region"))
        lifecycle = self.lifecycle(kind, raw.pop("lifecycle", {}), loc)
        tags = self.own_tags(raw.pop("tags", {}), (*loc, "tags")) if kind.taggable else {}
        try:
            fields = tree_of(kind.spec.model_validate(raw))
        except ValidationError as error:
            self.tell(error, kind.spec, loc)
            fields, self.unsound[address] = sound_fields(kind.spec, raw, error)
        fields = kind.placed(placed(fields, region, self.region, self.catalog), region)
        node = Node(address, fields, self.all_tags(kind, address, tags, lifecycle), lifecycle, region=region)
        if len(self.problems) == before:
            return self.desired(kind, node)
        self.faulty[address] = node
        return None

    def desired(self, kind: Facts, node: Node) -> Node | None:
        """The node in the form that is compared and sent."""
        try:
            fields = kind.desired(self.stack, node.address, node.fields)
            return replace(node, fields=fields, alias=kind.alias(fields))
        except ValueError as error:
            self.key_problem((*RESOURCES, *node.address), str(error))
            self.faulty[node.address] = node
            return None

    def region_of(self, kind: Facts, raw: Any, loc: Loc) -> str:
        """Where a node is: where it says, or else where its stack is."""
        if raw is None:
            return self.region
        if kind.worldwide:
            message = f"{kind.name} is in no region: AWS has it once for all regions of an account"
            self.key_problem(loc, message, "omit region")
            return self.region
        try:
            region: str = _REGION.validate_python(raw, strict=True)
        except ValidationError as error:
            self.tell(error, None, loc)
            return self.region
        self.check_region(kind, region, loc)
        return region

    def check_stack_region(self) -> None:
        """All kinds agree on which regions there are: any of them can be asked."""
        loc: Loc = ("spec", "region")
        try:
            with blaming("looking for", f"the region {self.region}"):
                self.check_region(next(iter(self.catalog.values())), self.region, loc)
        except Bug as bug:
            self.problem(loc, str(bug))

    def check_region(self, kind: Facts, region: str, loc: Loc) -> None:
        message, hint = kind.region_fault(region, self.region)
        if message:
            self.problem(loc, message, hint)

    def own_tags(self, raw: Any, loc: Loc) -> dict[str, str]:
        try:
            return _TAGS.validate_python(raw, strict=True)
        except ValidationError as error:
            self.tell(error, None, loc)
            return {}

    def all_tags(self, kind: Facts, address: Address, tags: dict[str, str], lifecycle: Lifecycle) -> dict[str, str]:
        """The node's own over the stack's, and the owner tags, which no document can set."""
        owner = {OWNER_STACK: self.stack, OWNER_NAME: address.name} if kind.tagged else {}
        owner |= {OWNER_ORIGIN: self.origin} if kind.tagged and self.origin else {}
        owner |= {OWNER_RETAIN: "true"} if kind.tagged and lifecycle.retain else {}
        said = {"Name": f"{self.stack}-{address.name}", **self.tags, **tags} if kind.taggable else {}
        return {**said, **owner}

    def lifecycle(self, kind: Facts, raw: Any, loc: Loc) -> Lifecycle:
        told = self.validated(LifecycleSection, raw, (*loc, "lifecycle")) or LifecycleSection()
        if raw:
            self.check_collections((*loc, "lifecycle", "exclusive"), elementwise(kind))
            self.check_paths((*loc, "lifecycle", "ignore"), kind)
        return Lifecycle(
            retain=told.retain,
            ignore=tuple(told.ignore),
            adopt=told.adopt.id if told.adopt else "",
            hold_until=told.hold.until if told.hold else "",
            hold_by=told.hold.by if told.hold else "",
            hold_why=told.hold.why if told.hold else "",
            additive=frozenset(name for name, alone in told.exclusive.items() if not alone),
        )

    def check_collections(self, loc: Loc, known: list[str]) -> None:
        part, place = self.part.find(loc)
        for name in part.parts if place == loc else ():
            if isinstance(name, str) and name not in known:
                hint = near(name, known) or (f"its collections are {', '.join(known)}" if known else "it has none")
                self.key_problem((*loc, name), f"the kind has no collection {quoted(name)}", hint)

    def check_paths(self, loc: Loc, kind: Facts) -> None:
        part, place = self.part.find(loc)
        for number, item in part.parts.items() if place == loc else ():
            wrong = wrong_path(kind.shape, item.value) if isinstance(item.value, str) else None
            if wrong:
                self.problem((*loc, number), *wrong)

    def tell_fault(self, fault: Fault) -> None:
        loc, message = (*RESOURCES, *fault.address, *fault.at), fault.message
        if fault.other:
            place, path = self.part.find((*RESOURCES, *fault.other[0], *fault.other[1]))
            where = path_text(path) if place.mark == WHOLE_FILE else place.mark
            message = f"{message} (the other is at {where})"
        mark = None if fault.at else self.part.key_mark(loc)
        self.problem(loc, message, fault.hint, mark)
