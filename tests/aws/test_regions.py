"""Where nodes are: what a document may say of that, and what botocore's lists say of regions and partitions."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session

from controller.aws.catalog import catalog
from controller.aws.client.regions import WORLDWIDE, dns_suffix, is_offered, partition_of, region_fault, told_in
from controller.aws.declaration.kind import AwsKind
from controller.core.document.loader import load
from controller.core.document.problem import DocumentError
from controller.core.model.reference import Address, Foreign, Lookup
from controller.core.model.stack import Stack
from controller.sources.files import LocalFiles
from tests.kinds.fixtures import kinds

CATALOG = catalog()
ORIGIN = {"id": "o", "domainName": "o.example.com", "customOriginConfig": {"originProtocolPolicy": "https-only"}}
BEHAVIOR = {"targetOrigin": "o", "viewerProtocolPolicy": "https-only", "cachePolicyId": "658327ea"}
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}


def stack_of(folder: Path, region: str, resources: Mapping[str, Any]) -> Stack:
    """A stack of a region with these resources."""
    spec = {"region": region, "resources": resources}
    document = {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "web"}, "spec": spec}
    path = folder / "web.yaml"
    path.write_text(json.dumps(document, indent=1))
    (stack,) = load(LocalFiles([path]), CATALOG)
    return stack


def told(folder: Path, region: str, resources: Mapping[str, Any]) -> list[str]:
    """What is wrong with such a stack, without the places."""
    with pytest.raises(DocumentError) as error:
        stack_of(folder, region, resources)
    assert all(problem.line for problem in error.value.problems)
    return [f"{problem.path}: {problem.message}; {problem.hint}" for problem in error.value.problems]


def edge(certificate: Any) -> dict[str, Any]:
    """A distribution with a certificate."""
    site = {"origins": [ORIGIN], "defaultCacheBehavior": BEHAVIOR, "viewerCertificate": {"certificate": certificate}}
    return {"Distribution": {"site": site}}


CERTIFICATE = "spec.resources.Distribution.site.viewerCertificate.certificate"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
NETWORK = {"cidrBlock": "10.0.0.0/16"}
SITE = {"domainName": "www.example.com"}
ARN = "arn:aws:acm:eu-west-1:123456789012:certificate/1"


@pytest.mark.parametrize(
    ("region", "resources", "problem"),
    [
        (
            "eu-west-1",
            {**edge("site"), "Certificate": {"site": SITE}},
            (
                f"{CERTIFICATE}: Certificate/site is in eu-west-1, and certificate has to be in us-east-1; "
                "write region: us-east-1 in Certificate/site"
            ),
        ),
        (
            "eu-west-1",
            edge({"id": ARN}),
            (
                f"{CERTIFICATE}: {ARN} is in eu-west-1, and certificate has to be in us-east-1; "
                "AWS accepts none of another region here"
            ),
        ),
        (
            "eu-west-1",
            {"Vpc": {"a": {**NETWORK, "region": "us-east-1"}}, "InternetGateway": {"a": {"vpc": "a"}}},
            (
                "spec.resources.InternetGateway.a.vpc: Vpc/a is in us-east-1, and InternetGateway/a is in eu-west-1; "
                "AWS wants both in the same region"
            ),
        ),
        (
            "eu-west-1",
            {"Role": {"a": {"region": "us-east-1", "assumeRolePolicyDocument": TRUST}}},
            (
                "spec.resources.Role.a.region: Role is in no region: AWS has it once for all regions of an account; "
                "omit region"
            ),
        ),
        ("eu-wset-1", {"Topic": {"a": {}}}, "spec.region: AWS has no region eu-wset-1; did you mean eu-west-1?"),
        (
            "eu-west-1",
            {"Topic": {"a": {"region": "eu-wset-1"}}},
            "spec.resources.Topic.a.region: AWS has no region eu-wset-1; did you mean eu-west-1?",
        ),
        (
            "eu-west-1",
            {"Volume": {"a": {"availabilityZone": "us-east-1a", "size": 8}}},
            (
                "spec.resources.Volume.a.availabilityZone: us-east-1a is no zone of eu-west-1; "
                "its zones are eu-west-1a and so on"
            ),
        ),
        (
            "eu-west-1",
            {"Topic": {"a": {"region": "Ireland"}}},
            'spec.resources.Topic.a.region: "Ireland" is not valid; a region looks like eu-west-1',
        ),
        (
            "eu-west-1",
            {"Topic": {"a": {"region": "cn-north-1"}}},
            (
                "spec.resources.Topic.a.region: cn-north-1 is in the partition aws-cn, and eu-west-1 is in aws; "
                "an account belongs to one partition: use another stack"
            ),
        ),
        (
            "us-gov-west-1",
            {"OriginAccessControl": {"a": {}}},
            "spec.resources.OriginAccessControl.a: AWS has no OriginAccessControl for accounts with us-gov-west-1; ",
        ),
        (
            "cn-north-1",
            {"Queue": {"a": {"kmsMasterKeyId": KEY}}},
            (
                f"spec.resources.Queue.a.kmsMasterKeyId: {KEY} is not in the partition "
                "of cn-north-1; ARNs begin with arn:aws-cn: there"
            ),
        ),
    ],
)
def test_what_cannot_be_is_told(tmp_path: Path, region: str, resources: Mapping[str, Any], problem: str) -> None:
    """With its place, and what would be right; nothing else is told beside it."""
    assert [problem] == told(tmp_path, region, resources)


@pytest.mark.parametrize("zone", ["us-west-2a", "us-west-2-lax-1a", "us-west-2-wl1-las-wlz-1"])
def test_zones_of_a_region(tmp_path: Path, zone: str) -> None:
    """Local Zones and Wavelength Zones are within a region too."""
    volume = {"availabilityZone": zone, "size": 8, "region": "us-west-2"}
    assert stack_of(tmp_path, "eu-west-1", {"Volume": {"a": volume}}).abroad


def test_equal_names_meet_in_one_region_only(tmp_path: Path) -> None:
    """A name that AWS keeps unique within a region may be there in each."""
    group = {"logGroupName": "/web"}
    stack = stack_of(tmp_path, "eu-west-1", {"LogGroup": {"a": group, "b": {**group, "region": "us-east-1"}}})
    assert {Address("LogGroup", "b"): "us-east-1"} == stack.abroad
    problems = told(tmp_path, "eu-west-1", {"LogGroup": {"a": group, "b": {**group, "region": "eu-west-1"}}})
    assert 2 == len(problems)


def test_where_is_looked(tmp_path: Path) -> None:
    """In the region of the node, or where AWS wants the target, or where the document says."""
    listener = {"loadBalancer": {"find": {"name": "web"}}, "port": 80, "protocol": "HTTP"}
    forward = {**listener, "defaultActions": [{"type": "forward", "targetGroup": {"stack": "web", "name": "web"}}]}
    far = stack_of(tmp_path, "eu-west-1", {"Listener": {"a": {**forward, "region": "us-east-2"}}})
    assert {"us-east-2"} == {named.region for several in far.elsewhere.values() for named in several}
    near = stack_of(tmp_path, "eu-west-1", {"Listener": {"a": forward}})
    assert {""} == {named.region for several in near.elsewhere.values() for named in several}
    (found,) = stack_of(tmp_path, "eu-west-1", edge({"find": SITE})).elsewhere["Certificate"]
    assert isinstance(found, Lookup)
    assert "us-east-1" == found.region
    (theirs,) = stack_of(tmp_path, "us-east-1", edge({"stack": "tls", "name": "site"})).elsewhere["Certificate"]
    assert isinstance(theirs, Foreign)
    assert "" == theirs.region


@pytest.mark.parametrize(("region", "partition"), [("us-gov-west-1", "aws-us-gov"), ("eu-west-1", "aws")])
def test_policies_of_aws_are_those_of_the_partition(tmp_path: Path, region: str, partition: str) -> None:
    """What is written by its name is meant in the partition of the stack."""
    role = {"assumeRolePolicyDocument": TRUST, "managedPolicies": ["ReadOnlyAccess"], "permissionsBoundary": "Power"}
    fields = stack_of(tmp_path, region, {"Role": {"a": role}}).nodes[Address("Role", "a")].fields
    assert [f"arn:{partition}:iam::aws:policy/ReadOnlyAccess"] == fields["managedPolicies"]
    assert f"arn:{partition}:iam::aws:policy/Power" == fields["permissionsBoundary"]


# --- botocore's lists ---


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in kinds()])
def test_a_kind_is_in_a_region_or_in_none(kind: AwsKind) -> None:
    """As botocore has it; and each commercial region has all services, so that nothing is to be looked up for one."""
    session = Session()
    regions = session.get_available_regions(kind.service, "aws")
    assert kind.worldwide is (not regions) is (kind.service in WORLDWIDE)
    assert kind.worldwide or set(session.get_available_regions("ec2", "aws")) <= {*regions}


def test_partitions() -> None:
    """Regions, names of hosts and services of the partitions that are set apart."""
    assert ["aws", "aws-cn", "aws-us-gov"] == [partition_of(r) for r in ("eu-west-1", "cn-north-1", "us-gov-east-1")]
    assert ["amazonaws.com.cn", "amazonaws.com"] == [dns_suffix("cn-north-1"), dns_suffix("us-gov-west-1")]
    assert ["us-east-1", "cn-northwest-1", "us-gov-west-1"] == [
        told_in(region) for region in ("eu-west-1", "cn-north-1", "us-gov-east-1")
    ]
    assert [False, True, True] == [is_offered("cloudfront", r) for r in ("us-gov-west-1", "cn-north-1", "eu-west-1")]
    assert all(is_offered("iam", region) for region in ("us-gov-west-1", "cn-north-1", "eusc-de-east-1"))
    assert ("", "") == region_fault("eusc-de-east-1", "eusc-de-east-1")
