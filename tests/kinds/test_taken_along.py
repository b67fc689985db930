"""A write takes nothing along but what the plan shows: what the document leaves open, and what no field stands for,
stays as it is.

Every kind is tried in every field of its documents, offline, against answers in AWS's shapes, with a value wherever
botocore's model has a member and the spec has no field.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.aws.declaration.kind import AwsKind
from controller.core.model.call import Call
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Encoded, Expression, replace_expressions
from controller.core.model.shape import Record, Shape
from controller.core.model.writer import WriteContext
from controller.core.planning.diff import Unknowable, diff
from tests.kinds.answers import Loc, original_of, value_of
from tests.kinds.fixtures import Sample, kinds, samples_of
from tests.kinds.test_ignored import Leaf, at_place, leaves, live_of, other, shown, with_original, without
from tests.kinds.test_odd_values import put

KNOWN = WriteContext(known=lambda value: value)
KINDS = [pytest.param(kind, id=kind.name) for kind in kinds()]
OPEN = [pytest.param(kind, id=kind.name) for kind in kinds() if kind.open_fields or kind.read_modify_write]


def settled(sample: Sample, folder: Path) -> tuple[Node, Live]:
    """The node under test with all that it refers to filled in, and the live thing that it asks for."""
    stack = sample.stack(folder)
    node, live = stack.nodes[sample.it], live_of(stack, sample.it)
    fields = replace_expressions(node.fields, lambda each: shown(stack, each))
    return replace(node, fields=fields), live


def calls_for(kind: AwsKind, node: Node, live: Live) -> list[Call]:
    """The calls that make of the live thing what the node says."""
    found = diff(kind.shape, node.fields, live.fields, lambda each: Unknowable(str(each)))
    changes = [change for change in found.changes if not kind.shape.fields[change.field].immutable]
    return [plainly(call) for call in kind.update(node, changes, live, KNOWN)] if changes else []


def plainly(call: Call) -> Call:
    """A call with what is encoded when it is made in AWS's form."""

    def plain(expression: Expression) -> Any:
        return expression.write(expression.document) if isinstance(expression, Encoded) else str(expression)

    return replace(call, parameters=replace_expressions(call.parameters, plain))


def settable(kind: AwsKind, node: Node) -> Iterator[Leaf]:
    """Every value of a node that a setter sets."""
    set_by = {name for setter in kind.whole_setters for name in setter.fields}
    yield from (leaf for leaf in leaves(kind, node.fields) if leaf.top.name in set_by)


GONE = {
    "ScheduledAction": {"Time": "AWS's old name of startTime, which is shown beside it"},
    "Listener": {
        "MutualAuthentication.TrustStoreAssociationStatus": "AWS shows it, and takes it in no write",
        "DefaultActions.JwtValidationConfig": "another type of action",
        "DefaultActions.AuthenticateOidcConfig.UseExistingClientSecret": "the secret is sent",
        "Certificates.IsDefault": "AWS takes it in no write: the listener has one certificate, the default",
    },
    "ListenerRule": {
        "Actions.JwtValidationConfig": "another type of action",
        "Actions.AuthenticateOidcConfig.UseExistingClientSecret": "the secret is sent",
        "Conditions.*": "patterns in place of values, or another field",
    },
    "Alarm": {
        "EvaluationCriteria": "the alarm is on metrics",
        "EvaluationInterval": "the alarm is on metrics",
    },
    "ScalingPolicy": {
        "MinAdjustmentStep": "AWS's old name of minAdjustmentMagnitude",
    },
    "AutoScalingGroup": {
        "LaunchTemplate.LaunchTemplateName": "AWS takes the id or the name",
        "MixedInstancesPolicy.LaunchTemplate.Overrides.LaunchTemplateSpecification.LaunchTemplateName": "the same",
        "MixedInstancesPolicy.InstancesDistribution.DistributionSegments": "in place of a base and a percentage",
    },
    "LaunchTemplate": {
        "LaunchTemplateData.InstanceRequirements.*": "a document says all of it",
        "LaunchTemplateData.SecurityGroups": "in place of ids",
        "LaunchTemplateData.IamInstanceProfile.Name": "in place of the ARN",
        "LaunchTemplateData.Placement.AvailabilityZoneId": "in place of the name",
        "LaunchTemplateData.Placement.GroupId": "in place of the name",
        "LaunchTemplateData.NetworkInterfaces.Ipv6Addresses": "in place of a number of them",
        "LaunchTemplateData.NetworkInterfaces.Ipv4Prefixes": "in place of a number of them",
        "LaunchTemplateData.NetworkInterfaces.Ipv6Prefixes": "in place of a number of them",
        "LaunchTemplateData.NetworkInterfaces.PrivateIpAddresses": "in place of the one, or of a number of them",
        "LaunchTemplateData.NetworkInterfaces.NetworkInterfaceId": "in place of a new one",
        "LaunchTemplateData.InstanceMarketOptions.SpotOptions.ValidUntil": "for a persistent request alone",
    },
    "Bucket": {
        "LifecycleConfiguration.Rules.Prefix": "AWS's old form of a filter",
        "BucketLoggingStatus.LoggingEnabled.TargetObjectKeyFormat.SimplePrefix": "in place of a partitioned one",
    },
    "Distribution": {
        "DistributionConfig.ViewerCertificate.Certificate": "AWS's old form of the certificate",
        "DistributionConfig.ViewerCertificate.CertificateSource": "AWS's old form of the certificate",
    },
    "LoadBalancer": {"SubnetMappings.SourceNatIpv6Prefix": "AWS shows it in another form, of each address"},
}
"""What no field stands for and goes all the same, because of what the document says instead."""


def place_of(at: Loc) -> str:
    """A place in parameters by the names on the way."""
    return ".".join(step for step in at if isinstance(step, str))


def unreal(kind: AwsKind, place: str) -> bool:
    """Whether what is planted there makes nothing that AWS would show."""
    return any(each.endswith("*") and place.startswith(each[:-1]) for each in GONE.get(kind.name, {}))


@pytest.mark.parametrize("kind", OPEN)
def test_what_no_field_stands_for_stays(kind: AwsKind, tmp_path: Path) -> None:
    """Where one value is corrected, all that AWS's model knows besides is sent as it is live, in each structure; what
    is known to go does so where the document says something instead."""
    stayed, lost = set[str](), set[str]()
    for sample in samples_of(kind):
        node, live = settled(sample, tmp_path)
        for leaf in settable(kind, node):
            changed = other(at_place(node.fields, leaf.at))
            if changed is None or tells_apart(kind, leaf):
                continue
            fields = put(live.fields, leaf.at, changed)
            original, planted = original_of(kind, fields, planting=True)
            for call in calls_for(kind, node, replace(live, fields=fields, original=original)):
                for at in planted.get(call.operation, ()):
                    if not has(call.parameters, at[:-1]) or unreal(kind, place_of(at)):
                        continue
                    (stayed if has(call.parameters, at) else lost).add(place_of(at))
    expected = {place for place in GONE.get(kind.name, {}) if not place.endswith("*")}
    assert expected == lost
    assert stayed or expected or kind.read_modify_write


def has(tree: Any, at: Loc) -> bool:
    """Whether something is at a place."""
    try:
        return at_place(tree, at) is not None
    except (KeyError, IndexError, TypeError):
        return False


APART = {
    ("Listener", "type"),
    ("ListenerRule", "type"),
    ("ListenerRule", "field"),
    ("Distribution", "pathPattern"),
}


def tells_apart(kind: AwsKind, leaf: Leaf) -> bool:
    """Whether an element with another value there is another element."""
    return (kind.name, leaf.at[-1]) in APART


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_document_leaves_open_stays(kind: AwsKind, tmp_path: Path) -> None:
    """Where a value is corrected and the document says nothing of another, the calls are those of a document that
    says of it what is live."""
    for sample in samples_of(kind):
        node, live = settled(sample, tmp_path)
        found = [leaf for leaf in settable(kind, node) if isinstance(leaf.at[-1], str)]
        for leaf in found:
            changed = other(at_place(node.fields, leaf.at))
            if changed is None or (kind.name, leaf.path) in UNSHOWN:
                continue
            drifted = with_original(replace(live, fields=put(live.fields, leaf.at, changed)))
            want = calls_for(kind, node, drifted)
            for neighbour in found:
                if at_place(node.fields, neighbour.at) != "" and beside(kind, leaf, neighbour):
                    silent = replace(node, fields=without(node.fields, neighbour.at))
                    assert want == calls_for(kind, silent, drifted), (leaf.path, neighbour.path)


UNSHOWN = {("DynamoDbTable", "timeToLiveSpecification.enabled")}
"""What is never live as it is tried here: expiry has an attribute."""
ANEW = ("capacityReservationSpecification.capacityReservationTarget.", "viewerCertificate.", "geoRestriction.")
"""Of the first AWS takes one, though a document that has to show every field has both; a document that leaves part of
the second open means what Holdfast says in its place; and one that does so of the third is not valid."""


def beside(kind: AwsKind, leaf: Leaf, neighbour: Leaf) -> bool:
    """Whether AWS takes two values together: in one structure, or because it takes all. In a list the elements are
    the document's. What is not compared unless it is said is no matter of this."""
    if leaf.at == neighbour.at or any(isinstance(step, int) for step in neighbour.at) or required(kind, neighbour.at):
        return False
    if neighbour.path.startswith(ANEW):
        return False
    setters = [setter for setter in kind.whole_setters if leaf.top.name in setter.fields]
    whole = any(setter.whole and neighbour.top.name in setter.fields for setter in setters)
    same = leaf.top.name == neighbour.top.name and not any(setter.merges for setter in setters)
    return whole or same


def required(kind: AwsKind, at: Loc) -> bool:
    """Whether a document has to say it."""
    shape: Shape = kind.shape
    part = None
    for step in at:
        shape = part.shape if part else shape
        part = shape.fields[str(step)] if isinstance(shape, Record) else None
    return part is not None and part.required


def test_some_value_of_each_shape() -> None:
    """What is planted is nothing that counts as absent."""
    for kind in (each for each in kinds() if each.open_fields):
        for setter in kind.whole_setters:
            for inner in kind.taking(setter.operation).members.values():
                assert value_of(inner) not in (None, "", [], {})
