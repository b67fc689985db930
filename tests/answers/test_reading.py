"""What real AWS answers to the reads beside the listing: tags, health, attributes, details, one thing."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from controller.aws.declaration.items import UNREAD
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.wire import Item, value_at, values_at
from controller.aws.declaration.words import Join
from controller.core.model.live import Health, Live
from controller.core.model.reader import Scope
from controller.core.model.reference import Address
from controller.core.model.shape import Many, Record, Shape, Tree, tree_of
from controller.core.model.spec import Spec
from controller.core.planning.diff import diff
from tests.answers.odd import ODD_ANSWERS, ODD_DETAILS, ODD_LISTINGS, ODD_READS
from tests.answers.recordings import KINDS, Recording, recordings
from tests.answers.test_observing import altered, descriptions, listed, said, unknowable
from tests.engine.harness import ScriptedCloud
from tests.kinds.fixtures import IT, samples

GAPS = Path(__file__).parent / "gaps.json"

TAGGED = [kind for kind in KINDS if isinstance(kind.tagging, ServiceTags) and kind.tagging.unlisted]


def about(*found: tuple[AwsKind, str]) -> list[Any]:
    """The recorded answers to an operation of a kind."""
    return [
        pytest.param(kind, each, id=f"{kind.name}-{each.label}")
        for kind, operation in found
        for each in recordings(kind.service, operation)
        if each.label not in ODD_READS
    ]


def answering(recording: Recording) -> ScriptedCloud:
    """A cloud that gives this answer to its operation, and nothing to any other."""
    answer = recording.answer
    return ScriptedCloud(lambda operation, parameters: answer if operation == recording.operation else {})


def pairs(found: Any) -> Iterator[tuple[str, str]]:
    """Every key of a tag with its value, wherever it stands in an answer."""
    if isinstance(found, list):
        for each in found:
            yield from pairs(each)
    elif isinstance(found, Mapping):
        by_name = {name.lower().removeprefix("tag"): value for name, value in found.items()}
        if isinstance(by_name.get("key"), str):
            yield by_name["key"], by_name.get("value", "")
        else:
            for name, value in found.items():
                yield from [(name, value)] if isinstance(value, str) else pairs(value)


@pytest.mark.parametrize(
    ("kind", "recording"), about(*((k, k.tagging.read_with) for k in TAGGED if isinstance(k.tagging, ServiceTags)))
)
def test_tags_are_read(kind: AwsKind, recording: Recording) -> None:
    """Each tag that AWS tells, of the thing that it is told of, and no other."""
    tagging, answer = kind.tagging, recording.answer
    assert isinstance(tagging, ServiceTags)
    items = list(values_at(answer, f"{tagging.items}[]")) if tagging.items else [answer]
    targets = [str(item[tagging.item_target]) for item in items] if tagging.items else ["a/b"]
    named = dict(zip(targets, items, strict=True))
    found = tagging.fetch(answering(recording), kind.service, targets)
    told = {name: dict(pairs(item.get(tagging.tags))) for name, item in named.items()}
    assert told == {name: dict(tags) for name, tags in found.items()}


@pytest.mark.parametrize(
    ("kind", "recording"), about(*((k, k.health_source.operation) for k in KINDS if k.health_source))
)
def test_health_is_read(kind: AwsKind, recording: Recording) -> None:
    """Each target that AWS tells of is counted, and what is not well has AWS's words."""
    ((name, health),) = kind.details(answering(recording), Live(kind.name, "a/b", {}, {}), ["(health)"]).items()
    assert name == "(health)"
    assert kind.health_source
    assert isinstance(health, Health)
    assert health.total == len(list(values_at(recording.answer, f"{kind.health_source.path.split('[]')[0]}[]")))
    assert health.healthy is not bool(health.why)


ATTRIBUTES = [(kind, name) for kind in KINDS for name, each in kind.attributes.items() if each.operation]


@pytest.mark.parametrize(
    ("kind", "name", "recording"),
    [
        pytest.param(kind, name, each, id=f"{kind.name}-{name}-{each.label}")
        for kind, name in ATTRIBUTES
        for each in recordings(kind.service, kind.attributes[name].operation)
    ],
)
def test_attributes_are_read(kind: AwsKind, name: str, recording: Recording) -> None:
    """An attribute is a text of the answer or a value that a document can hold, or there is none."""
    fields = dict.fromkeys(re.findall(r"{(\w+)}", kind.attributes[name].path), "a")
    found = kind.attribute(answering(recording), Live(kind.name, "a/b", fields, {}), name)
    assert found is None or json.dumps(found)


def ids_in(kind: AwsKind, recording: Recording) -> list[str]:
    """The ids of the things in an answer to the read of one."""
    items = values_at(recording.answer, kind.single.item or "[]") if kind.single else []
    return [id for item in items if isinstance(item, Mapping) and (id := kind.id_of(item))]


@pytest.mark.parametrize(("kind", "recording"), about(*((k, k.single.operation) for k in KINDS if k.single)))
def test_one_thing_is_shown_by_its_id(kind: AwsKind, recording: Recording) -> None:
    """What is in the answer is shown; something else with another id is not, where the answer tells ids."""
    assert kind.single
    several = kind.single.item.endswith("[]")
    whole = value_at(recording.answer, kind.single.item) if kind.single.item and not several else recording.answer
    items = values_at(recording.answer, kind.single.item) if several else [whole]
    for item in items:
        parts = [value_at(item, path) for path in kind.id_field.split("/")]
        known = all(isinstance(part, str) for part in parts)
        id = kind.id_of(item) if known else "/".join("ab"[: len(parts)])
        assert kind.shows(answering(recording), id) is (kind.phase(item) is not None)
        if known and parts != [None]:
            assert not kind.shows(answering(recording), f"{id}x")


JOINS = [(kind, join) for kind in KINDS for join in kind.joins]


@pytest.mark.parametrize(
    ("kind", "join", "recording"),
    [
        pytest.param(kind, join, each, id=f"{kind.name}-{each.label}")
        for kind, join in JOINS
        for each in recordings(kind.service, join.operation)
        if each.label not in ODD_READS
    ],
)
def test_what_joins_completes_its_item(kind: AwsKind, join: Join, recording: Recording) -> None:
    """Each thing of the further read completes the item that has the same key, and only that."""
    left, _, right = join.key.partition("=")
    described = join.batch and not kind.takes_list(join)
    answer = recording.answer
    for each in [value_at(answer, join.items)] if described else [*values_at(answer, f"{join.items}[]")]:
        key = value_at(each, right or left) if not described else "a"
        items: list[Item] = [{left: key}, {left: "another"}] if not described else [{left: key}]
        first, *rest = kind.joined(answering(recording), Scope(everything=True), join, items)
        assert {**first, **{n: v for n, v in each.items() if n != left}} == first
        assert all(each.keys() <= {left, UNREAD} for each in rest)


def shown(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """The paths at which something is shown."""
    if isinstance(shape, Record) and isinstance(value, Mapping):
        for name, each in value.items():
            if name in shape.fields and each not in (None, "", [], {}):
                yield f"{path}{name}"
                yield from shown(shape.fields[name].shape, each, f"{path}{name}.")
    elif isinstance(shape, Many) and isinstance(value, list):
        for each in value:
            yield from shown(shape.item, each, path)


DETAILS = [
    pytest.param(kind, detail.name, each, id=f"{kind.name}-{detail.name}-{each.label}")
    for kind in KINDS
    for detail in kind.reads
    for each in recordings(kind.service, detail.operation)
    if (detail.name, each.label) not in ODD_ANSWERS.keys() | ODD_DETAILS and "<" not in str(each.answer)
]
"""A placeholder for what varied is nothing that AWS shows."""


def detailed(kind: AwsKind, detail: str, recording: Recording) -> Mapping[str, Any]:
    """The fields that an answer to the read of a detail shows."""
    live = Live(kind.name, "a/b", {}, {})
    return kind.completed(live, kind.details(answering(recording), live, [detail])).fields


def documents(kind: AwsKind, detail: str, fields: Mapping[str, Any]) -> Iterator[Spec]:
    """What the kind's fixtures say, but of a detail what these fields do, as far as the two go together."""
    together = (name for each in kind.reads if each.name == detail for name in each.fields)
    apart = {"lifecycle", "dynamicParameters", detail, *together}
    for sample in samples():
        if sample.kind.name == kind.name:
            whole = sample.tree["spec"]["resources"][kind.name][IT]
            with suppress(ValidationError):
                yield kind.spec.model_validate({**{n: v for n, v in whole.items() if n not in apart}, **fields})


@pytest.mark.parametrize(("kind", "detail", "recording"), DETAILS)
def test_details_plan_nothing_and_differ_alone(kind: AwsKind, detail: str, recording: Recording) -> None:
    """A document that says what AWS shows of a detail plans nothing for it; what then differs is found alone."""
    observed = detailed(kind, detail, recording)
    told = said(kind.shape, observed, kind.name)
    wanted = [kind.desired("web", Address(kind.name, "x"), tree_of(spec)) for spec in documents(kind, detail, told)]
    in_sync = [desired for desired in wanted if not changed(kind, desired, observed)]
    assert in_sync, told
    for name in told:
        assert {name} == changed(kind, in_sync[0], {**observed, name: otherwise(observed[name])})


def changed(kind: AwsKind, desired: Tree, observed: Mapping[str, Any]) -> set[str]:
    """The fields that a plan would change, where all else is as it is desired."""
    changes = diff(kind.shape, desired, {**desired, **observed}, unknowable).changes
    return {re.split(r"[.\[]", each.path)[0] for each in changes}


def otherwise(value: Any) -> Any:
    """Another value of the same sort; of a record, one with another first member."""
    if not isinstance(value, Mapping):
        return altered(value)
    name, each = next((name, each) for name, each in value.items() if each is not None)
    return {**value, name: otherwise(each)}


def test_the_fields_that_no_answer_shows() -> None:
    """What no recorded answer shows of a kind is written down: there only AWS's model and its pages speak."""
    gaps = {kind.name: sorted({*readable(kind.shape)} - {*recorded(kind)}) for kind in KINDS}
    assert json.loads(GAPS.read_text(encoding="utf-8")) == {name: paths for name, paths in gaps.items() if paths}


def recorded(kind: AwsKind) -> Iterator[str]:
    """The paths of all that some answer to a listing, or to the read of a detail, shows."""
    for operation in (kind.listing.operation, *descriptions(kind)) if kind.name != "Object" else ():
        for each in recordings(kind.service, operation):
            for live in listed(kind, each) if each.label not in ODD_LISTINGS else ():
                yield from shown(kind.shape, live.fields)
    for detail in kind.reads:
        for each in recordings(kind.service, detail.operation):
            if (detail.name, each.label) not in ODD_ANSWERS:
                yield from shown(kind.shape, detailed(kind, detail.name, each))


def readable(shape: Shape, path: str = "") -> Iterator[str]:
    """The paths of all that AWS shows of a shape, by the declaration."""
    if isinstance(shape, Many):
        yield from readable(shape.item, path)
    elif isinstance(shape, Record):
        for name, part in shape.fields.items():
            if not part.write_only:
                yield f"{path}{name}"
                yield from readable(part.shape, f"{path}{name}.")
