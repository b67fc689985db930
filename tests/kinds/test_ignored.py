"""What a document ignores is never written: whatever else is corrected, a call takes it as it is live, or not at all.

Every kind is tried in every field of its documents, offline, on the calls of the plan.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from controller.aws.catalog import catalog
from controller.aws.declaration.kind import AwsKind
from controller.aws.elbv2.listener_rule_spec import PLACES
from controller.core.model.live import Live
from controller.core.model.node import Lifecycle
from controller.core.model.paths import covers, label
from controller.core.model.reference import Address, Encoded, Expression, Placeholder, replace_expressions
from controller.core.model.shape import Field, Many, Record, Scalar, Shape, Table
from controller.core.model.stack import Allow, Stack
from controller.core.planning.guard import GuardContext
from controller.core.planning.inventory import Inventory
from controller.core.planning.matching import match
from controller.core.planning.plan import make_plan
from controller.core.planning.plan_input import PlanInput
from controller.core.planning.step import Action, Step
from tests.kinds.answers import original_of
from tests.kinds.fixtures import Sample, Tree, kinds, samples, samples_of
from tests.kinds.test_odd_values import put

CATALOG = catalog()
REGION, ACCOUNT, NOW = "us-east-1", "123456789012", datetime(2026, 1, 2, tzinfo=UTC)
Loc = tuple[str | int, ...]


# --- an account as a document wants it ---


def id_of(stack: Stack, address: Address) -> str:
    """The id of a node's live thing."""
    id_from = CATALOG[address.kind].id_from
    return str(stack.nodes[address].fields[id_from]) if id_from else f"live-{address}"


def shown(stack: Stack, expression: Expression) -> Any:
    """What AWS shows in the place of an expression."""
    if not isinstance(expression, Placeholder):
        return "from-elsewhere"
    address, attribute = expression.address, expression.attribute
    if attribute == "id" or attribute in CATALOG[address.kind].exports:
        return id_of(stack, address) if attribute == "id" else f"{attribute} of {address}"
    return replace_expressions(stack.nodes[address].fields.get(attribute), lambda each: shown(stack, each))


def live_of(stack: Stack, address: Address) -> Live:
    """The live thing that a node asks for."""
    kind, node = CATALOG[address.kind], stack.nodes[address]
    fields = {**kind.initial(node.fields), **replace_expressions(node.fields, lambda each: shown(stack, each))}
    attributes = {name: f"{name} of {address}" for name in kind.exports}
    live = Live(address.kind, id_of(stack, address), fields, node.tags, attributes=attributes)
    return with_original(live)


def with_original(live: Live) -> Live:
    """The thing with AWS's own form of it, and with values in that for which no field stands."""
    kind = CATALOG[live.kind]
    if not isinstance(kind, AwsKind) or not (kind.read_modify_write or kind.open_fields):
        return live
    return replace(live, original=original_of(kind, live.fields, planting=True)[0])


def step_of(stack: Stack, it: Address, live: Tree, tags: Mapping[str, str] = {}) -> Step:
    """What is to be done to the node under test where it is live with these fields, and these tags among its own."""
    lives = {address: live_of(stack, address) for address in stack.nodes}
    lives[it] = with_original(replace(lives[it], fields=live, tags={**lives[it].tags, **tags}))
    listed = {kind: tuple(each for each in lives.values() if each.kind == kind) for kind in {it.kind, *stack.by_kind}}
    inventory = Inventory(ACCOUNT, REGION, listed)
    world = PlanInput(stack, CATALOG, inventory, match(stack, CATALOG, inventory), GuardContext(stack, ACCOUNT, NOW))
    (found,) = [step for step in make_plan(world).steps if step.address == it]
    return found


def asked(step: Step) -> list[tuple[str, Any]]:
    """What the calls of a step ask for."""

    def plain(expression: Expression) -> Any:
        return expression.document if isinstance(expression, Encoded) else expression

    return [(call.operation, replace_expressions(call.parameters, plain)) for call in step.calls]


# --- what can differ ---


@dataclass(frozen=True)
class Leaf:
    """One value in the fields of a node: how it is called, where it is, and the field at the top."""

    path: str
    at: Loc
    top: Field


def leaves(kind: AwsKind, fields: Tree) -> Iterator[Leaf]:
    """Every value that a document can ignore, and that may differ without making another thing of it."""
    told = {*kind.natural_key, kind.parent, kind.id_from}
    for name, value in fields.items():
        part = kind.shape.fields[name]
        if name not in told and not part.named:
            yield from (Leaf(path, at, part) for path, at in below(part, value, name, (name,)))


def below(part: Field, value: Any, path: str, at: Loc) -> Iterator[tuple[str, Loc]]:
    if not part.write_only:
        yield from parts_of(part.shape, value, path, at)


def parts_of(shape: Shape, value: Any, path: str, at: Loc) -> Iterator[tuple[str, Loc]]:
    match shape:
        case Record():
            for name, each in value.items():
                yield from below(shape.fields[name], each, f"{path}.{name}", (*at, name))
        case Table():
            yield from ((f"{path}[{key}]", (*at, key)) for key in value)
        case Many(item=Record() as record):
            for number, element in enumerate(value):
                name = label(shape, element) if shape.key else str(number)
                inner = {key: each for key, each in element.items() if key not in shape.key}
                yield from parts_of(record, inner, f"{path}[{name}]", (*at, number))
        case Scalar() | Many():
            yield path, at


def of_every(shape: Shape, at: Loc) -> str:
    """The path to what is at this place in every element of the lists on the way."""
    if not at:
        return ""
    match shape, at[0]:
        case Record(), str() as name:
            return f".{name}" + of_every(shape.fields[name].shape, at[1:])
        case Many(), int():
            return "[]" + of_every(shape.item, at[1:])
    return f"[{at[0]}]"


def at_place(tree: Any, at: Loc) -> Any:
    """What stands at a place."""
    for key in at:
        tree = tree[key]
    return tree


def without(tree: Any, at: Loc) -> Any:
    """The tree without what stands at a place."""
    *outer, last = at
    holder = at_place(tree, tuple(outer))
    return put(tree, tuple(outer), {key: each for key, each in holder.items() if key != last})


def other(value: Any) -> Any:
    """Another value of the same sort; None where there is none."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str() if type(value) is str:  # a content that is compared by its checksum is no text
            return other_text(value)
        case Mapping():
            return {**value, "Other": "x"}
        case list() if all(isinstance(each, str) for each in value):
            return [*value, "other"]
    return None


def other_text(value: str) -> str:
    """Another text, where it matters of the same sort: a part of a request that a rule looks at, or a time."""
    if value in PLACES:
        return "host-header" if value != "host-header" else "source-ip"
    return f"21{value[2:]}" if re.match(r"20\d\d-\d\d-\d\d", value) else f"{value}-other"


def neighbours(kind: AwsKind, leaf: Leaf, among: list[Leaf]) -> Iterator[Leaf]:
    """Values whose correction may take this one along: in the same field, of the same setter, or of a new thing."""
    beside = {name for setter in kind.whole_setters if leaf.top.name in setter.fields for name in setter.fields}
    rest = [each for each in among if each.at != leaf.at]
    for chosen in (
        [each for each in rest if each.top.name == leaf.top.name],
        [each for each in rest if each.top.name != leaf.top.name and each.top.name in beside],
        [each for each in rest if each.top.immutable and not leaf.top.immutable],
    ):
        yield from chosen[:1]


# --- examples ---

FIRST, SECOND = "ingress[tcp:443:443:0.0.0.0/0]", "ingress[tcp:443:443:::/0]"


def example(kind: str, folder: Path, ignore: str, live: Mapping[str, Any], tags: Mapping[str, str] = {}) -> list[Any]:
    """The calls for the main document of a kind that ignores one path, with other values live."""
    (sample,) = [each for each in samples() if (each.kind.name, each.name) == (kind, "document")]
    stack = sample.stack(folder)
    node = replace(stack.nodes[sample.it], lifecycle=Lifecycle(ignore=(ignore,)))
    stack = replace(stack, nodes={**stack.nodes, sample.it: node})
    shown = live_of(stack, sample.it).fields
    for path, value in live.items():
        at = tuple(int(each) if each.isdecimal() else each for each in path.split("."))
        shown = put(shown, at, value(at_place(shown, at)) if callable(value) else value)
    return asked(step_of(stack, sample.it, shown, tags))


def test_a_threshold_stays_where_a_description_is_corrected(tmp_path: Path) -> None:
    """AWS takes an alarm as a whole."""
    calls = example("Alarm", tmp_path, "threshold", {"threshold": 99.5, "alarmDescription": "mine"})
    assert [("PutMetricAlarm", 99.5)] == [(name, sent["Threshold"]) for name, sent in calls]


def test_a_flag_stays_where_another_of_the_structure_is_corrected(tmp_path: Path) -> None:
    """S3 takes an aspect of a bucket as a whole."""
    live = {"publicAccessBlock.blockPublicAcls": False, "publicAccessBlock.ignorePublicAcls": True}
    sent = dict(example("Bucket", tmp_path, "publicAccessBlock.blockPublicAcls", live))["PutPublicAccessBlock"]
    expected = {"BlockPublicAcls": False, "IgnorePublicAcls": False}
    assert expected == {name: sent["PublicAccessBlockConfiguration"][name] for name in expected}


def test_a_behavior_stays_where_a_comment_is_corrected(tmp_path: Path) -> None:
    """CloudFront takes a distribution as a whole."""
    live = {"defaultCacheBehavior.viewerProtocolPolicy": "allow-all", "comment": "mine"}
    ((_, sent),) = example("Distribution", tmp_path, "defaultCacheBehavior.viewerProtocolPolicy", live)
    assert "allow-all" == sent["DistributionConfig"]["DefaultCacheBehavior"]["ViewerProtocolPolicy"]


def test_an_instance_type_stays_where_user_data_is_corrected(tmp_path: Path) -> None:
    """A new version of a template says all there is to say."""
    live = {"instanceType": "m7g.large", "userData": "mine"}
    (_, sent), *_ = example("LaunchTemplate", tmp_path, "instanceType", live)
    assert "m7g.large" == sent["LaunchTemplateData"]["InstanceType"]


def test_a_rule_stays_away_where_another_is_put_back(tmp_path: Path) -> None:
    """Two rules are gone, of which one is ignored."""
    calls = example("SecurityGroup", tmp_path, FIRST, {"ingress": lambda rules: rules[2:]})
    ((operation, sent),) = calls
    assert "AuthorizeSecurityGroupIngress" == operation
    ranges = [(each.get("IpRanges"), each.get("Ipv6Ranges")) for each in sent["IpPermissions"]]
    assert [(None, [{"CidrIpv6": "::/0"}])] == ranges


@pytest.mark.parametrize("path", ["tags[Env]", "tags.Env"])
def test_a_tag_stays_where_another_is_corrected(tmp_path: Path, path: str) -> None:
    """A tag that is ignored is in no call; it may be written as a key or behind a dot."""
    ((operation, sent),) = example("SecurityGroup", tmp_path, path, {}, {"Env": "mine", "Name": "mine"})
    assert ("CreateTags", ["Name"]) == (operation, [tag["Key"] for tag in sent["Tags"]])


def test_a_field_of_every_element_stays(tmp_path: Path) -> None:
    """Two descriptions are another's, and one rule is gone: it alone is put back."""
    live = {
        "ingress": lambda rules: [{**rule, "description": "mine"} for rule in rules[1:]],
    }
    ((operation, sent),) = example("SecurityGroup", tmp_path, "ingress[].description", live)
    assert "AuthorizeSecurityGroupIngress" == operation
    assert [FIRST] == [f"ingress[tcp:443:443:{range['CidrIp']}]" for range in sent["IpPermissions"][0]["IpRanges"]]
    assert 1 == len(sent["IpPermissions"])


def test_no_mark_is_ignored(tmp_path: Path) -> None:
    """Whose a thing is stands in tags that are no document's to ignore."""
    ((_, sent),) = example("SecurityGroup", tmp_path, "tags", {}, {"Env": "mine", "holdfast.dev/name": ""})
    assert ["holdfast.dev/name"] == [tag["Key"] for tag in sent["Tags"]]


def test_an_ignored_content_is_copied(tmp_path: Path) -> None:
    """Of what somebody else put, only the checksum is known: with other settings the object is copied over itself."""
    live = {"files.0.content": "sha256:0", "files.0.cacheControl": "mine"}
    ((operation, sent),) = example("Object", tmp_path, "files[site/index.html].content", live)
    assert ("CopyObject", "${bucket}/site/index.html") == (operation, sent["CopySource"].text)
    assert "max-age=60" == sent["CacheControl"]
    assert "Body" not in sent


# --- the promise ---


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in kinds()])
def test_what_is_ignored_is_not_written(kind: AwsKind, tmp_path: Path) -> None:
    """Where one value is ignored and has changed, and another is corrected, or the thing is replaced, the calls are
    those of a document that says what is live, or says nothing where nothing is live.
    """
    for sample in samples_of(kind):
        stack = replace(sample.stack(tmp_path), allow=frozenset(Allow))
        fields = live_of(stack, sample.it).fields
        found = list(leaves(kind, stack.nodes[sample.it].fields))
        for leaf in found:
            for neighbour in neighbours(kind, leaf, found):
                check(sample, stack, fields, leaf, neighbour)


def check(sample: Sample, stack: Stack, fields: Tree, leaf: Leaf, neighbour: Leaf) -> None:
    """Change both in what is live; ignore one of them, alone and in every element where it is in one."""
    node = stack.nodes[sample.it]
    ignored, corrected = other(at_place(fields, leaf.at)), other(at_place(fields, neighbour.at))
    if ignored is None or corrected is None:
        return
    drifted = put(fields, neighbour.at, corrected)
    lives = [(put(drifted, leaf.at, ignored), put(node.fields, leaf.at, ignored))]
    if isinstance(leaf.at[-1], str) and leaf.at[-1] != "field":  # without which no rule is read
        lives += [(without(drifted, leaf.at), without(node.fields, leaf.at))]
    every = of_every(sample.kind.shape, leaf.at).removeprefix(".")
    for (live, said), path in product(lives, {leaf.path, every}):
        if covers(path, neighbour.path):
            continue
        ignoring = replace(node, lifecycle=Lifecycle(ignore=(path,)))
        got = step_of(replace(stack, nodes={**stack.nodes, sample.it: ignoring}), sample.it, live)
        want = step_of(replace(stack, nodes={**stack.nodes, sample.it: replace(node, fields=said)}), sample.it, live)
        assert want.live is not None
        assert (want.action, asked(want)) == (got.action, asked(got)), (path, neighbour.path)


def test_the_promise_is_about_something(tmp_path: Path) -> None:
    """In most kinds there are calls that would take something ignored along."""
    writing = set()
    for sample in samples():
        stack = replace(sample.stack(tmp_path), allow=frozenset(Allow))
        fields = live_of(stack, sample.it).fields
        for leaf in leaves(sample.kind, stack.nodes[sample.it].fields):
            changed = other(at_place(fields, leaf.at))
            if changed is not None and step_of(stack, sample.it, put(fields, leaf.at, changed)).action in (
                Action.UPDATE,
                Action.REPLACE,
            ):
                writing.add(sample.kind.name)
    assert len(writing) > 35
