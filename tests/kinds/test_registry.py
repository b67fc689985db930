"""The registry against its fixtures and against AWS's own models, offline: adding a kind is guided by these."""

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape

from controller.aws.catalog import catalog
from controller.aws.client import models
from controller.aws.client.cloud import AwsCloud
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.wire import input_shape, takes, value_at
from controller.aws.declaration.words import Create, Join, Op
from controller.core.model.node import Node
from controller.core.model.reference import Token
from controller.core.model.shape import Field, Many, Record, Scalar
from tests.kinds.cases import backends
from tests.kinds.fixtures import IT, Sample, Tree, collections_of, folder_of, kinds, samples, samples_of

KINDS = [pytest.param(kind, id=kind.name) for kind in kinds()]
DOCUMENTS = [pytest.param(sample, id=str(sample)) for sample in samples()]


# --- fixtures ---------------------------------------------------------------------------------------------


def fields_set(record: Record, tree: Tree) -> Iterator[str]:
    """Every field that a tree of a document sets, at any depth, as `Spec.field`."""
    for name, value in tree.items():
        if name not in record.fields:
            continue
        yield f"{record.spec.__name__}.{name}"
        inner = inner_of(record.fields[name])
        if inner:
            for part in value if isinstance(value, list) else [value]:
                yield from fields_set(inner, part)


def all_fields(record: Record) -> Iterator[tuple[str, Field]]:
    """Every field of a spec, at any depth, as `Spec.field`."""
    for name, part in record.fields.items():
        yield f"{record.spec.__name__}.{name}", part
        inner = inner_of(part)
        if inner:
            yield from all_fields(inner)


def inner_of(part: Field) -> Record | None:
    """The record that a field, or each of its elements, is."""
    shape = part.shape.item if isinstance(part.shape, Many) else part.shape
    return shape if isinstance(shape, Record) else None


def one_value(part: Field) -> bool:
    """Whether a field has only one value, so that no other can be given to it."""
    return isinstance(part.shape, Scalar) and len(part.shape.choices) == 1


def folded(kind: AwsKind) -> set[str]:
    """The fields that a kind turns into others, so that they are neither compared nor sent under their own names."""
    return {*kind.shape.fields} - {"tags"} - {name for sample in samples_of(kind) for name in sample.desired}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_fixtures(kind: AwsKind) -> None:
    """Every kind has documents; the first is `document.yaml`, and the node under test is called `it` in each."""
    folder = folder_of(kind)
    assert (folder / "document.yaml").exists(), f"write {folder}/document.yaml, as docs/new-kind.md says"
    for sample in samples_of(kind):
        assert IT in sample.tree["spec"]["resources"][kind.name]
        assert backends(sample), f"{sample}: no backend serves it"


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_in_a_document(kind: AwsKind) -> None:
    """Every field of the spec, at any depth, is set in some document of the kind."""
    said = {
        path
        for sample in samples_of(kind)
        for tree in (sample.tree["spec"]["resources"][kind.name][IT], sample.desired)
        for path in fields_set(kind.shape, tree)
    }
    assert set() == {name for name, _ in all_fields(kind.shape)} - said


@pytest.mark.parametrize("kind", KINDS)
def test_every_mutable_field_drifts(kind: AwsKind) -> None:
    """For every field that AWS can change there is a drift in `mutations.yaml`."""
    drifting = {drift.field for sample in samples_of(kind) for drift in sample.drifts}
    mutable = {
        name
        for name, part in kind.shape.fields.items()
        if not part.immutable and not part.write_only and name != "tags" and name not in folded(kind)
    }
    assert mutable == drifting


@pytest.mark.parametrize("kind", KINDS)
def test_every_collection_gets_a_stranger(kind: AwsKind) -> None:
    """For every collection there is a drift that adds what the document does not name."""
    strangers = {drift.field for sample in samples_of(kind) for drift in sample.drifts if drift.stranger}
    assert set() == set(collections_of(kind)) - strangers


@pytest.mark.parametrize("kind", KINDS)
def test_every_immutable_field_gets_another_value(kind: AwsKind) -> None:
    """For every immutable field with more than one value there is another in `mutations.yaml`, which is set. What
    takes no tags is another thing with another parent, with another key where nothing else is looked for, or with a
    name that no document may fix."""
    immutable = {name for name, part in kind.shape.fields.items() if part.immutable and not one_value(part)}
    changes = [change for sample in samples_of(kind) for change in sample.immutables]
    key = folded(kind) | {*kind.identifying_names}
    key |= set() if kind.tagged else {kind.parent, *(kind.natural_key if kind.scoped else ())}
    assert immutable - key == {change.field for change in changes} - key
    assert [] == [change.field for change in changes if change.field not in change.set]


@pytest.mark.parametrize("sample", DOCUMENTS)
def test_every_document_says_how_its_node_goes_away(sample: Sample) -> None:
    """All but what AWS makes together with its parent can go away from outside."""
    flag = sample.kind.created_with.flag if sample.kind.created_with else ""
    stays = flag in sample.tree["spec"]["resources"][sample.kind.name][IT]
    assert stays is not bool(sample.gone)


@pytest.mark.parametrize("kind", KINDS)
def test_mutations_name_documents_that_exist(kind: AwsKind) -> None:
    """Nothing in `mutations.yaml` is left untested because of a wrong name."""
    names = {sample.name for sample in samples_of(kind)}
    mutations: Tree = samples_of(kind)[0].mutations
    said = {entry.get("document", "document") for entries in mutations.get("drift", {}).values() for entry in entries}
    said |= {entry.get("document", "document") for entry in mutations.get("immutable", {}).values()}
    for section in ("gone", "before", "backends", "evidence"):
        said |= {*mutations.get(section, ())}
    assert set() == said - names
    assert set() == {*mutations} - {"drift", "immutable", "gone", "before", "backends", "evidence"}


# --- files ---

MOST_WITH_ITS_SPEC, MOST, MEDIAN = 100, 250, 65
"""Lines of a kind's file, its docstrings and imports with them; a spec that stands apart is not counted."""


def file_of(thing: type) -> Path:
    """The file that a class is written in."""
    return Path(inspect.getfile(thing))


def lines_of(kind: AwsKind) -> int:
    """The length of a kind's own file."""
    return len(file_of(type(kind)).read_text().splitlines())


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_read_in_one_sitting(kind: AwsKind) -> None:
    """No kind's file is longer than 250 lines; over 100 the spec stands in `<kind>_spec.py` beside it."""
    file, spec = file_of(type(kind)), file_of(kind.spec)
    assert lines_of(kind) <= (MOST if spec != file else MOST_WITH_ITS_SPEC)
    assert spec in (file, file.with_name(f"{file.stem}_spec.py"))


def test_most_kinds_are_short() -> None:
    """Half of the kinds say what they have to say in 65 lines."""
    assert median(lines_of(kind) for kind in kinds()) <= MEDIAN


# --- declarations -----------------------------------------------------------------------------------------


def at(shape: Shape | None, path: str) -> Shape | None:
    """The shape at a path as declarations write it, or None where AWS has nothing there."""
    for name in filter(None, path.split(".")):
        bare, bracket, inside = name.partition("[")
        value = shape.value if isinstance(shape, MapShape) else None
        shape = shape.members.get(bare) if isinstance(shape, StructureShape) else value
        if bracket:
            shape = shape.member if isinstance(shape, ListShape) else None
            key = inside.rstrip("]").partition("=")[0]
            if key and key != "0" and at(shape, key) is None:
                return None
    return shape


def item_of(kind: AwsKind) -> Shape | None:
    """One thing in the answer of a kind's listing. A plain id is what the first read that describes it shows, or
    called there as in the call that deletes."""
    item = at(models.output_shape(kind.service, kind.listing.operation), f"{kind.listing.items}[]")
    if item is None or item.type_name != "string":
        return item
    return joined_by(kind, kind.joins[0]) if kind.joins else input_shape(kind.service, kind.deletion)


def joined_by(kind: AwsKind, join: Join) -> Shape | None:
    """One thing in the answer of a further read."""
    found = at(models.output_shape(kind.service, join.operation), join.items)
    return found.member if isinstance(found, ListShape) else found


def read_paths(part: Field) -> list[str]:
    """Where in AWS's item a field is read from."""
    return [name for name, _ in part.aws.choices] or [part.aws.name]


def unread(record: Record, item: Shape | None, path: str = "") -> Iterator[str]:
    """The fields of a record that AWS's item does not have."""
    for part in record.fields.values():
        if part.name == "tags" or part.write_only:
            continue
        for name in read_paths(part):
            there = at(item, name)
            if there is None:
                yield f"{path}{part.name}: {name}"
                continue
            inner = inner_of(part)
            if inner:
                yield from unread(inner, element_of(part, there), f"{path}{part.name}.")


def element_of(part: Field, shape: Shape) -> Shape | None:
    """One element of a list, which CloudFront wraps together with its length; what is no list is its own."""
    if isinstance(part.shape, Many) and {"Quantity", "Items"} <= {*getattr(shape, "members", ())}:
        return at(shape, "Items[]")
    return shape.member if isinstance(shape, ListShape) else shape


def whole_of(kind: AwsKind) -> list[Shape | None]:
    """What a kind that AWS replaces as a whole is read from."""
    original = kind.read_modify_write
    return [at(models.output_shape(kind.service, original.operation), original.path)] if original else []


def ways(kind: AwsKind) -> list[Create]:
    """Every way in which a kind makes things."""
    return [kind.made_by(sample.desired) for sample in samples_of(kind)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_operation_exists(kind: AwsKind) -> None:
    """Every operation that a declaration names is one of AWS's."""
    ops = [op for members in kind.members for op in (members.add, members.change, members.remove, members.move)]
    named = [
        kind.listing.operation,
        *(way.operation for way in ways(kind)),
        kind.deletion,
        *(join.operation for join in kind.joins),
        *(detail.operation for detail in kind.reads),
        *(attribute.operation for attribute in kind.attributes.values()),
        *(setter.operation for setter in kind.setters),
        *(op.operation for op in ops if op),
    ]
    assert [] == [name for name in named if name and not models.operation_exists(kind.service, name)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_read_path_exists(kind: AwsKind) -> None:
    """Every path that is read is in AWS's answer: of the listing, or of the read that the field has."""
    item = item_of(kind)
    shown = [item, *(joined_by(kind, join) for join in kind.joins)]
    shown += whole_of(kind)
    details = {
        name: at(models.output_shape(kind.service, d.operation), path)
        for d in kind.reads
        for name, path in [(n, f"{d.path}.{kind.shape.fields[n].aws.name}") for n in d.fields] or [(d.name, d.path)]
    }
    # What a kind reads by itself, the conformance test of reading back vouches for.
    own = type(kind).fields is not AwsKind.fields
    nowhere = set.intersection(*({*unread(kind.shape, each)} for each in shown))
    missing = [] if own else [each for each in nowhere if each.split(":")[0] not in details]
    assert [] == missing
    assert [] == [name for name, shape in details.items() if shape is None]
    assert [] == [path for path in kind.id_field.split("/") if at(item, path) is None]
    assert kind.states is None or at(item, kind.states.path) is not None
    assert not kind.listing.stamp or at(item, kind.listing.stamp) is not None
    assert [] == [m.field for m in kind.members if m.handle_path and at(_entry(kind, m.field), m.handle_path) is None]


def _entry(kind: AwsKind, name: str) -> Shape | None:
    return at(item_of(kind), kind.shape.fields[name].aws.name.rpartition("].")[0] + "]")


@pytest.mark.parametrize("kind", KINDS)
def test_every_attribute_exists(kind: AwsKind) -> None:
    """Every attribute is in the listing's item or in the answer of its own operation, and says what it is."""
    for name, attribute in kind.attributes.items():
        answer = models.output_shape(kind.service, attribute.operation) if attribute.operation else item_of(kind)
        assert at(answer, attribute.path) is not None, name
        assert attribute.doc.endswith("."), name


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_exists(kind: AwsKind) -> None:
    """Every parameter that a declaration names, or that a field becomes, is one of its operation."""
    listing = kind.listing
    asked = {*kind.paged(listing), *kind.confines(AwsCloud("us-east-1"), "")}
    assert set() == asked - models.input_members(kind.service, listing.operation)
    for way in ways(kind):
        assert set() == {*way.constant} - models.input_members(kind.service, way.operation)
    assert kind.identity(kind.deletion, "id") or takes_key(kind, kind.deletion), kind.deletion
    for join in kind.joins:
        named = {*kind.paged(join), *filter(None, [join.ids])}
        assert set() == named - models.input_members(kind.service, join.operation)
    for detail in kind.reads:
        assert set() == {*detail.parameters} - models.input_members(kind.service, detail.operation)
    for setter in kind.whole_setters:
        told = setter.whole and takes_key(kind, setter.operation)
        assert kind.identity(setter.operation, "id") or told, setter.operation
        shape = kind.taking(setter.operation, kind.read_modify_write.parameter if kind.read_modify_write else "")
        special = setter.pair or setter.spread
        plain = {*setter.fields} - {*setter.renamed} if not special else set()
        untaken = {name for name in plain if not takes(shape, kind.shape.fields[name], None)}
        # What is only ever on or off is said by the operations alone.
        assert untaken == (plain if setter.empty and untaken else set())
        assert set() == {*setter.renamed} - {*setter.fields}
        assert set() == {*setter.renamed.values(), *(setter.pair or ())} - {*shape.members}
    for members in kind.members:
        for op in filter(None, (members.add, members.change, members.remove, members.move)):
            check_op(kind, op, members.handle)


def takes_key(kind: AwsKind, operation: str) -> bool:
    """Whether an operation takes the natural key, which tells the thing where AWS has no id for it."""
    shape = input_shape(kind.service, operation)
    return bool(kind.natural_key) and all(takes(shape, kind.shape.fields[name], None) for name in kind.natural_key)


def check_op(kind: AwsKind, op: Op, handle: str) -> None:
    """One operation of a collection takes its batch and its constants, and names the thing or the element."""
    known = models.input_members(kind.service, op.operation)
    assert set() == {*op.constant, *filter(None, [op.batch])} - known, op.operation
    told = type(kind).call is not AwsKind.call
    assert kind.identity(op.operation, "id") or handle in known or told, op.operation


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_is_written_by_two_calls(kind: AwsKind) -> None:
    """What a setter sets because AWS's model lets it is set by no other, nor element by element."""
    set_by = [name for setter in kind.whole_setters for name in setter.fields] + [m.field for m in kind.members]
    assert sorted({*set_by}) == sorted(set_by)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_can_be_written(kind: AwsKind) -> None:
    """A field is a parameter of the create call, or set by a call later; only what AWS makes itself is neither."""
    later = {name for setter in kind.whole_setters for name in setter.fields} | {m.field for m in kind.members}
    # What a kind writes by itself, the conformance test of drift vouches for.
    later |= {*kind.shape.fields} if type(kind).update is not AwsKind.update else set()
    creates = [kind.taking(way.operation, way.within) for way in ways(kind)]
    flag = kind.created_with.flag if kind.created_with else None
    for name, part in kind.shape.fields.items():
        if name in ("tags", flag) or name in folded(kind):
            continue
        taken = any(takes(create, part, None) for create in creates)
        assert ((part.immutable or part.write_only) and taken) or name in later, name


@pytest.mark.parametrize("kind", KINDS)
def test_pages_are_as_large_as_aws_allows(kind: AwsKind) -> None:
    """The page size of a listing lies within the bounds of AWS's model; a listing with pages asks for a size."""
    shape = input_shape(kind.service, kind.listing.operation)
    size = shape.members.get(models.page_size_of(kind.service, kind.listing.operation))
    assert bool(size and size.type_name != "string") is bool(kind.listing.page)  # CloudFront's is a text
    bounds: Mapping[str, Any] = size.metadata if size else {}
    assert bounds.get("min", 0) <= kind.listing.page <= bounds.get("max", 1000)


@pytest.mark.parametrize("kind", KINDS)
def test_every_name_in_a_declaration_is_a_field(kind: AwsKind) -> None:
    """Natural keys, newborns, created_with parents and references speak of fields and kinds that there are."""
    fields, known = kind.shape.fields, catalog()
    born = {*kind.gives_initially}
    if kind.created_with:
        born |= {kind.created_with.flag, kind.created_with.parent, *kind.created_with.initial}
        to = fields[kind.created_with.parent].to
        assert to is not None
        assert all(kind.created_with.attribute in known[parent].exports for parent in to.kinds)
    assert set() == {*kind.natural_key, *born} - {*fields}
    for path, part in kind.shape.references:
        assert part.to is not None
        assert set() == {*part.to.kinds} - {*known}, path
        if part.to.attribute != "id":
            assert all(part.to.attribute in known[target].exports for target in part.to.kinds), path


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_documented(kind: AwsKind) -> None:
    """Every field of every spec, at any depth, and every kind says what it is: that is the manual."""
    assert type(kind).__doc__
    assert [] == [name for name, part in all_fields(kind.shape) if not part.doc.endswith(".")]


# --- made once --------------------------------------------------------------------------------------------


MADE_TWICE = {
    "Vpc": "CreateVpc takes no token, and two networks may have one range",
    "InternetGateway": "CreateInternetGateway takes no token, and it is attached only afterwards",
    "ElasticIp": "AllocateAddress takes no token, and AWS chooses the address",
    "Snapshot": "CreateSnapshot takes no token, and a volume may have many",
}
"""The kinds of which a create call that is made again makes a second thing, with the reason."""


def test_what_aws_does_not_keep_from_being_made_twice_is_known() -> None:
    """Every other kind has a token in its create call, or a name or place that AWS keeps unique."""
    nodes = [(sample.kind, Node(sample.it, sample.desired, {})) for sample in samples()]
    assert MADE_TWICE.keys() == {kind.name for kind, node in nodes if not kind.made_once(node)}


@pytest.mark.parametrize("sample", DOCUMENTS)
def test_a_create_call_has_a_token_where_aws_knows_one(sample: Sample) -> None:
    """The token stands where the model has it, and is of the length and the form that the model wants."""
    node = Node(sample.it, sample.desired, {})
    service, operation = sample.kind.service, sample.kind.made_by(sample.desired).operation
    path = models.token_of(service, operation)
    shape = at(input_shape(service, operation), path) if path else None
    if shape is not None:
        (call,) = sample.kind.create(node)
        assert isinstance(value_at(call.parameters, path), Token)
        token = "0a1b2c3d" * 4
        assert shape.metadata.get("min", 0) <= len(token) <= shape.metadata.get("max", 64)
        assert re.fullmatch(shape.metadata.get("pattern", ".*"), token)


@pytest.mark.parametrize(
    ("service", "operation", "path"),
    [
        ("ec2", "RunInstances", "ClientToken"),
        ("ec2", "CreateVpcEndpoint", "ClientToken"),
        ("acm", "RequestCertificate", "IdempotencyToken"),
        ("secretsmanager", "CreateSecret", "ClientRequestToken"),
        ("efs", "CreateFileSystem", "CreationToken"),
        ("ecs", "CreateService", "clientToken"),
        ("route53", "CreateHostedZone", "CallerReference"),
        (
            "cloudfront",
            "CreateDistributionWithTags",
            "DistributionConfigWithTags.DistributionConfig.CallerReference",
        ),
        ("ec2", "CreateVpc", ""),
        ("autoscaling", "StartInstanceRefresh", ""),
    ],
)
def test_tokens_are_read_off_the_models(service: str, operation: str, path: str) -> None:
    """Whether a model flags its token, only names it, or has it within a structure."""
    assert path == models.token_of(service, operation)
