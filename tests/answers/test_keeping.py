"""The write for a difference keeps all else that AWS's real answer shows."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from botocore.model import ListShape, Shape, StructureShape

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.wire import Item, input_shape, value_at
from controller.core.model.call import Call, Change
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reader import Scope
from controller.core.model.reference import Address, Encoded, Expression, replace_expressions
from controller.core.model.shape import tree_of
from controller.core.model.writer import WriteContext
from controller.core.planning.diff import diff
from tests.answers.recordings import Recording
from tests.answers.test_observing import DETAILS, LISTINGS, PARENT, altered, descriptions, document, read, unknowable
from tests.engine.harness import ScriptedCloud

KNOWN = WriteContext(known=lambda value: value)
ITSELF = "(itself)"
"""What stands for the id of the thing."""
GOES = {
    "ScheduledAction.Time": "AWS's old name of startTime, which is shown beside it",
    "AutoScalingGroup.LaunchTemplate.LaunchTemplateName": "AWS takes the id or the name",
    "AutoScalingGroup.MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.LaunchTemplateName": "the same",
    "Bucket.LifecycleConfiguration.Rules.Prefix": "AWS's old form of a filter, which is sent as one",
    "Listener.DefaultActions.ForwardConfig": "AWS shows a single target group in two forms, and takes one",
    "ListenerRule.Conditions.Values": "AWS shows values twice, and takes them once",
}
"""What a call leaves out although AWS shows it, and why."""


def items_of(kind: AwsKind, recording: Recording) -> list[Item]:
    """The items in an answer to the listing of a kind, or in a description."""
    answer, described = recording.answer, descriptions(kind)
    if recording.operation in described:
        return [value_at(answer, described[recording.operation])]
    cloud = ScriptedCloud(lambda operation, parameters: answer if operation == kind.listing.operation else {})
    items = [*kind.listed(cloud, PARENT if kind.listing.parent else "")]
    for join in kind.joins:
        items = kind.joined(cloud, Scope(), join, items)
    return items


def lost(shape: Shape, shown: Any, sent: Any, path: str = "") -> Iterator[str]:
    """The paths of what AWS shows and a call would take, but does not say, or says otherwise."""
    if shown in (None, "", [], {}) or sent == ITSELF:
        return
    if isinstance(shape, StructureShape) and list(shape.members) == ["Value"] and isinstance(sent, Mapping):
        yield from lost(shape.members["Value"], shown, sent.get("Value"), path)
    elif isinstance(shape, StructureShape) and isinstance(sent, Mapping):
        for name in shape.members.keys() & {*shown}:
            yield from lost(shape.members[name], shown[name], sent.get(name), f"{path}.{name}".strip("."))
    elif isinstance(shape, ListShape) and isinstance(sent, list) and len(shown) == len(sent):
        for one, other in zip(shown, sent, strict=True):
            yield from lost(shape.member, one, other, path)
    elif sent is None or plain(shown) != plain(sent):
        yield path


def plain(value: Any) -> str:
    """A value as it is compared: AWS writes a number as a text, a time with its fractions, JSON with blanks."""
    if isinstance(value, str) and value.startswith("{"):
        return json.dumps(json.loads(value), sort_keys=True)
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return re.sub(r"(\.0+)?(\+00:00|Z)?$", "", text)


def settled(call: Call) -> Mapping[str, Any]:
    """The parameters of a call with what is encoded when it is made in AWS's form."""

    def written(expression: Expression) -> Any:
        return expression.write(expression.document) if isinstance(expression, Encoded) else ITSELF

    parameters: Mapping[str, Any] = replace_expressions(call.parameters, written)
    return parameters


@pytest.mark.parametrize(("kind", "recording"), LISTINGS)
def test_a_correction_keeps_what_the_listing_shows(kind: AwsKind, recording: Recording) -> None:
    """For each field that differs alone, in the calls for it."""
    sets = {setter.operation: setter for setter in kind.setters}
    for item in items_of(kind, recording):
        live = kind.live(item)
        spec, _ = read(kind, live) if live else (None, set())
        if live is None or spec is None or "<" in str(live.fields) or kind.read_modify_write:
            continue
        desired = kind.desired("web", Address(kind.name, "x"), tree_of(spec))
        for name in document(kind, live):
            if kind.shape.fields[name].immutable:
                continue
            changed = {**live.fields, name: altered(live.fields[name])}
            other = replace(live, fields={n: value for n, value in changed.items() if value is not None})
            changes = diff(kind.shape, desired, other.fields, unknowable).changes
            for call in kind.update(Node(Address(kind.name, "x"), desired, {}), changes, other, KNOWN):
                if call.operation in sets and not sets[call.operation].pair:
                    sent, shape = settled(call), input_shape(kind.service, call.operation)
                    shown = item if sets[call.operation].whole else {n: item[n] for n in sent.keys() & item.keys()}
                    gone = {f"{kind.name}.{path}" for path in lost(shape, shown, sent)}
                    assert gone <= GOES.keys(), (live.id, name, gone)


@pytest.mark.parametrize(("kind", "name", "recording"), DETAILS)
def test_a_correction_keeps_what_a_read_of_its_own_shows(kind: AwsKind, name: str, recording: Recording) -> None:
    """The same where a field has such a read: what the call says is what the answer shows."""
    answer = recording.answer
    if name not in kind.open_fields:
        return
    details = kind.details(ScriptedCloud(lambda operation, parameters: answer), Live(kind.name, "x", {}, {}), [name])
    live = kind.completed(Live(kind.name, "x", {}, {}), details)
    spec, _ = read(kind, live)
    (setter,) = [each for each in kind.setters if name in each.fields]
    if spec is None or name not in tree_of(spec):
        return
    node = Node(Address(kind.name, "x"), kind.desired("web", Address(kind.name, "x"), tree_of(spec)), {})
    (call,) = kind.update(node, [Change(name, "change", node.fields[name], None)], live, KNOWN)
    shape, sent = input_shape(kind.service, setter.operation), settled(call)
    (parameter,) = sent.keys() - answer.keys() - {"Bucket"} or [*sent.keys() & answer.keys()]
    whole = {**answer, parameter: answer.get(parameter, answer)}
    assert {f"{kind.name}.{path}" for path in lost(shape, whole, sent)} <= GOES.keys()
