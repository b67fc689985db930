"""What is not the operation's answer is no answer: not an empty listing, and no success of a write."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import botocore.endpoint
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.parsers import ResponseParserError

from controller.aws.catalog import catalog
from controller.aws.client.answers import CHECKS, ROOTS, body_of, root_of
from controller.aws.client.cloud import AwsCloud, new_session
from controller.aws.client.models import operation_exists, service_model
from controller.aws.declaration.kind import AwsKind
from controller.core.model.cloud import Meaning, Refused, Unreachable
from tests.direct import Answer, direct
from tests.unlimited import Unlimited

URL = "http://aws.test"
PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome</body></html>"
WELL_FORMED = b"<html><body><h1>It works!</h1></body></html>"
MARKED = {"x-amzn-RequestId": "r-1"}


class Asked(NamedTuple):
    """An operation with its parameters, a true answer that shows something, and one to another operation."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    true: bytes
    other: bytes


READS = (
    Asked(
        "ec2",
        "DescribeVpcs",
        {},
        b"<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet></DescribeVpcsResponse>",
        b"<DescribeSubnetsResponse><subnetSet/></DescribeSubnetsResponse>",
    ),
    Asked(
        "rds",
        "DescribeDBInstances",
        {},
        b"<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance/></DBInstances>"
        b"</DescribeDBInstancesResult></DescribeDBInstancesResponse>",
        b"<DescribeDBInstancesResponse><DescribeDBProxiesResult/></DescribeDBInstancesResponse>",
    ),
    Asked(
        "s3",
        "ListBuckets",
        {},
        b"<ListAllMyBucketsResult><Buckets><Bucket><Name>b</Name></Bucket></Buckets></ListAllMyBucketsResult>",
        b"<ListBucketResult><Name>b</Name></ListBucketResult>",
    ),
    Asked(
        "s3",
        "GetBucketPolicy",
        {"Bucket": "bucket"},
        b'{"Version": "2012-10-17", "Statement": []}',
        b"<Tagging><TagSet/></Tagging>",
    ),
    Asked(
        "cloudfront",
        "ListDistributions",
        {},
        b"<DistributionList><Quantity>1</Quantity><Items><DistributionSummary/></Items></DistributionList>",
        b"<OriginAccessControlList><Quantity>0</Quantity></OriginAccessControlList>",
    ),
    Asked("ssm", "DescribeParameters", {}, b'{"Parameters": [{"Name": "p"}]}', b'{"TagList": []}'),
    Asked(
        "acm",
        "ListCertificates",
        {},
        b'{"CertificateSummaryList": [{"CertificateArn": "arn"}]}',
        b'{"Certificate": {}}',
    ),
    Asked("cloudwatch", "DescribeAlarms", {}, b'{"MetricAlarms": [{"AlarmName": "a"}]}', b'{"DashboardEntries": []}'),
    Asked("lambda", "ListFunctions", {}, b'{"Functions": [{"FunctionName": "f"}]}', b'{"EventSourceMappings": []}'),
)
WRITES = (
    Asked(
        "ec2",
        "CreateVpc",
        {"CidrBlock": "10.0.0.0/16"},
        b"<CreateVpcResponse><vpc><vpcId>vpc-1</vpcId></vpc></CreateVpcResponse>",
        b"<CreateSubnetResponse><subnet/></CreateSubnetResponse>",
    ),
    Asked(
        "ec2",
        "DeleteVpc",
        {"VpcId": "vpc-1"},
        b"<DeleteVpcResponse><return>true</return></DeleteVpcResponse>",
        b"<DeleteSubnetResponse><return>true</return></DeleteSubnetResponse>",
    ),
    Asked(
        "acm",
        "RequestCertificate",
        {"DomainName": "example.com"},
        b'{"CertificateArn": "arn"}',
        b'{"CertificateSummaryList": []}',
    ),
    Asked(
        "cloudfront",
        "CreateOriginAccessControl",
        {
            "OriginAccessControlConfig": {
                "Name": "n",
                "SigningProtocol": "sigv4",
                "SigningBehavior": "always",
                "OriginAccessControlOriginType": "s3",
            }
        },
        b"<OriginAccessControl><Id>E1</Id></OriginAccessControl>",
        b"<Distribution><Id>E1</Id></Distribution>",
    ),
)
ASKED = [pytest.param(asked, id=f"{asked.service}-{asked.operation}") for asked in (*READS, *WRITES)]


def foreign(asked: Asked) -> Iterator[bytes]:
    """What may come instead of an answer."""
    yield from (PAGE, WELL_FORMED, b"<feed><entry/></feed>", asked.other)
    yield from (b'{"message": "ok", "status": 200}', b"[]", b"null", b'"fine"', b"1", b"OK", b"\x00\xff")
    yield from (b"", b" ")
    yield from (asked.true[:end] for end in (1, len(asked.true) // 2, len(asked.true) - 1))


class NoTime:
    """What stands in for time between attempts."""

    @staticmethod
    def sleep(seconds: float) -> None:
        """At once."""


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> AwsCloud:
    """A cloud whose endpoint is ours, and which waits for nothing."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", URL)
    monkeypatch.setattr(botocore.endpoint, "time", NoTime)
    return AwsCloud("eu-west-1", limits=Unlimited())


class Server:
    """Answers with these bodies in turn, the last one for ever, and counts the requests."""

    def __init__(self, *bodies: bytes, status: int = 200, headers: Mapping[str, str] = MARKED) -> None:
        self.bodies, self.status, self.headers, self.requests = list(bodies), status, headers, 0

    def __call__(self, request: AWSPreparedRequest) -> Answer:
        self.requests += 1
        return self.status, self.headers, self.bodies.pop(0) if len(self.bodies) > 1 else self.bodies[0]


def call(cloud: AwsCloud, asked: Asked, server: Server) -> Mapping[str, Any]:
    """What the client makes of what the server says."""
    with direct(URL, server):
        return cloud.call(asked.service, asked.operation, asked.parameters).body


@pytest.mark.parametrize("asked", ASKED)
def test_the_operations_own_answer(cloud: AwsCloud, asked: Asked) -> None:
    """What AWS says is taken; nothing here is refused for being of the wrong form."""
    call(cloud, asked, Server(asked.true, headers={}))


@pytest.mark.parametrize("asked", ASKED)
def test_anything_else_is_no_answer(cloud: AwsCloud, asked: Asked) -> None:
    """Neither nothing nor done: nobody knows what came of the call, and no write is repeated behind our back."""
    for body in foreign(asked):
        server = Server(body)
        with pytest.raises((Refused, Unreachable)) as caught:  # of S3, botocore itself takes some for a 500
            call(cloud, asked, server)
        assert isinstance(caught.value, Refused | Unreachable)
        assert (body, Meaning.TRANSIENT) == (body, caught.value.meaning)
        assert 1 == server.requests or asked in READS
        assert "Welcome" not in str(caught.value)


def test_the_words_for_it(cloud: AwsCloud) -> None:
    """Whoever has set another endpoint, or sits behind a proxy, is told where to look."""
    with pytest.raises(Unreachable, match="could not be parsed: is this an AWS endpoint"):
        call(cloud, READS[0], Server(WELL_FORMED))


def test_an_answer_that_is_shorter_than_announced(cloud: AwsCloud) -> None:
    """What broke off is no answer, even where what came of it could be read."""
    whole = {**MARKED, "Content-Length": str(len(READS[0].true))}
    assert call(cloud, READS[0], Server(READS[0].true, headers=whole))
    with pytest.raises(Unreachable, match="could not be parsed"):
        call(cloud, READS[0], Server(READS[0].true, headers={**MARKED, "Content-Length": "500"}))


SILENT = [
    pytest.param(Asked(service, operation, parameters, b"", b""), id=f"{service}-{operation}")
    for service, operation, parameters in (
        ("s3", "PutBucketVersioning", {"Bucket": "bucket", "VersioningConfiguration": {"Status": "Enabled"}}),
        ("s3", "DeleteBucket", {"Bucket": "bucket"}),
        ("s3", "CreateBucket", {"Bucket": "bucket"}),
        ("s3", "HeadBucket", {"Bucket": "bucket"}),
        ("s3", "HeadObject", {"Bucket": "bucket", "Key": "key"}),
        ("cloudfront", "DeleteDistribution", {"Id": "E1", "IfMatch": "E"}),
        ("logs", "CreateLogGroup", {"logGroupName": "group"}),
        ("secretsmanager", "TagResource", {"SecretId": "secret", "Tags": []}),
    )
]


@pytest.mark.parametrize("asked", SILENT)
def test_an_answer_that_says_nothing(cloud: AwsCloud, asked: Asked) -> None:
    """What has nothing to say is AWS's by the id of the request, and nobody else's."""
    call(cloud, asked, Server(b""))
    for body in (b"", PAGE):
        with pytest.raises(Unreachable, match="could not be parsed"):
            call(cloud, asked, Server(body, headers={"Server": "proxy"}))


def test_an_answer_with_nothing_set(cloud: AwsCloud) -> None:
    """JSON leaves out what is not set: without a member, AWS's own is told by the id of the request."""
    asked = Asked("ssm", "DescribeParameters", {}, b"{}", b"")
    assert {} == call(cloud, asked, Server(b"{}"))
    with pytest.raises(Unreachable):
        call(cloud, asked, Server(b"{}", headers={}))


def test_a_page_in_the_middle_of_a_listing(cloud: AwsCloud) -> None:
    """A listing whose second page is somebody else's breaks off, and is never a short one."""
    first = b"<DescribeVpcsResponse><vpcSet/><nextToken>more</nextToken></DescribeVpcsResponse>"
    with direct(URL, Server(first, WELL_FORMED)):
        pages = cloud.pages("ec2", "DescribeVpcs", {})
        assert {"Vpcs", "NextToken"} == {*next(pages)}
        with pytest.raises(Unreachable, match="could not be parsed"):
            next(pages)


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("s3", "GetBucketPolicy", {"Bucket": "bucket"}),
        ("ssm", "DescribeParameters", {}),
        ("lambda", "GetFunction", {"FunctionName": "f"}),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<p>no such page", b'{"message": "no such page"}', b"[]"])
def test_not_found_by_the_status_alone(
    cloud: AwsCloud, service: str, operation: str, parameters: Mapping[str, Any], body: bytes
) -> None:
    """A server that does not know the page does not know the thing: nothing is taken for missing."""
    with pytest.raises((Refused, Unreachable)) as caught, direct(URL, Server(body, status=404)):
        cloud.call(service, operation, parameters)
    assert isinstance(caught.value, Refused | Unreachable)
    assert Meaning.NOT_FOUND is not caught.value.meaning


def test_a_head_that_finds_nothing(cloud: AwsCloud) -> None:
    """The answer to a HEAD has no body: there the status is all AWS says."""
    with pytest.raises(Refused) as caught, direct(URL, Server(b"", status=404)):
        cloud.call("s3", "HeadBucket", {"Bucket": "bucket"})
    assert Meaning.NOT_FOUND is caught.value.meaning


def test_cbor_is_held_to_the_same(cloud: AwsCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A protocol that botocore may choose for a service one day is checked as well as the others."""
    check, shape = CHECKS["smithy-rpc-v2-cbor"], service_model("cloudwatch").operation_model("DescribeAlarms")
    answer = {"headers": MARKED, "body": b"\xa1\x6cMetricAlarms\x80"}
    assert check("DescribeAlarms", shape.output_shape, answer) is None
    for body in (b"", PAGE, b"\xa1\x61x\x80", b"\x80", b"\xa1\x6cMetric"):
        with pytest.raises(ResponseParserError):
            check("DescribeAlarms", shape.output_shape, {**answer, "body": body})


# --- what the catalog asks ---


def operations(kind: AwsKind) -> set[str]:
    """Every operation that a kind's declaration names."""
    named = {word for word in words(vars(type(kind))) if operation_exists(kind.service, word)}
    return {*named, kind.listing.operation}


def words(value: Any) -> Iterator[str]:
    """Every text in a declaration."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from words(part)
    elif isinstance(value, list | tuple | frozenset):
        for part in value:
            yield from words(part)
    elif hasattr(value, "__dataclass_fields__"):
        yield from words(vars(value))


KINDS = [kind for kind in catalog().values() if isinstance(kind, AwsKind)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_root_is_known(kind: AwsKind) -> None:
    """Where botocore's model does not name the root of an answer, AWS's page does, and it stands in `ROOTS`."""
    if service_model(kind.service).metadata["protocol"] != "rest-xml":
        return
    unnamed = []
    for operation in operations(kind):
        shape = service_model(kind.service).operation_model(operation).output_shape
        held, _ = body_of(shape)
        if held is not None and held is shape and operation not in ROOTS:
            unnamed.append(operation)
    assert [] == unnamed
    assert all(root_of(name, None) for name in ROOTS)


@pytest.mark.parametrize("service", sorted({kind.service for kind in KINDS} | {"sts", "resourcegroupstaggingapi"}))
def test_every_protocol_is_checked(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever protocol botocore speaks with a service, there is a check for it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", URL)
    session = new_session()
    made = session.create_client(service, region_name="eu-west-1", config=Config())
    assert made.meta.service_model.resolved_protocol in CHECKS
