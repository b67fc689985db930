"""The compiled parser gives what botocore's own gives; botocore's is the judge in every test."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import count
from typing import Any
from xml.etree.ElementTree import Element, tostring

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.parsers import ResponseParser, ResponseParserError, ResponseParserFactory
from botocore.utils import parse_timestamp

from controller.aws.client.answers import CHECKS
from controller.aws.client.models import service_model
from controller.aws.client.parser import LARGE_AT_ONCE, LARGE_BYTES, PageParser, PageParserFactory, timestamp
from tests.aws.xml_answers import NAMESPACE, written

TEXTS = {
    "boolean": ("true", "false"),
    "integer": ("0", "-42"),
    "long": ("9007199254740993",),
    "float": ("1.5",),
    "double": ("-0.25",),
    "timestamp": (
        "2024-02-29T23:59:59.000Z",
        "2024-02-29T23:59:59Z",
        "1709251199",
        "2024-02-29T23:59:59+02:00",
    ),
    "blob": ("aGVsbG8=",),
}


class Maker:
    """Makes values for the answer of an operation, scalars as texts; `keep` decides which members are there."""

    def __init__(self, items: int, keep: int) -> None:
        self._items, self._keep = items, keep
        self._turn = count()

    def made(self, shape: Shape) -> Any:
        """A value of a shape."""
        if isinstance(shape, StructureShape):
            return {
                name: self.made(member)
                for name, member in shape.members.items()
                if next(self._turn) % self._keep == 0 and "location" not in member.serialization
            }
        if isinstance(shape, ListShape):
            return [self.made(shape.member) for _ in range(self._items)]
        if isinstance(shape, MapShape):
            return {f"k{number}": self.made(shape.value) for number in range(self._items)}
        turn = next(self._turn)
        texts = TEXTS.get(shape.type_name, (f"text <{turn}> & ü", "", None))
        return texts[turn % len(texts)]


def answer(service: str, operation: str, items: int, keep: int) -> bytes:
    """An answer to an operation, as its output shape says."""
    shape = service_model(service).operation_model(operation).output_shape
    assert isinstance(shape, StructureShape)
    made = Maker(items, keep)
    payload = shape.serialization.get("payload")
    values = {payload: made.made(shape.members[payload])} if payload else made.made(shape)
    return written(service, operation, values)


def response(operation: str, body: bytes, status: int = 200) -> dict[str, Any]:
    """An HTTP response as botocore gives it to a parser."""
    headers = {"X-Amzn-RequestId": "r-1", "x-amz-request-id": "r-2", "x-amz-id-2": "h"}
    context = {"operation_name": operation}
    return {"status_code": status, "headers": headers, "body": body, "context": context}


def exactly(value: Any) -> Any:
    """A value with its types: 1 is not True, and a time is its zone too."""
    if isinstance(value, Element):  # what botocore gives where a text is repeated
        return tostring(value)
    if isinstance(value, dict):
        return {name: exactly(item) for name, item in value.items()}
    if isinstance(value, list):
        return [exactly(item) for item in value]
    return type(value), value, repr(value.tzinfo) if isinstance(value, datetime) else None


def stock(service: str, operation: str, body: bytes, status: int = 200) -> Any:
    """What botocore makes of an answer."""
    return _parsed(ResponseParserFactory(), service, operation, body, status)


def ours(service: str, operation: str, body: bytes, status: int = 200) -> Any:
    """What we make of it."""
    return _parsed(PageParserFactory(), service, operation, body, status)


def _parsed(factory: ResponseParserFactory, service: str, operation: str, body: bytes, status: int) -> Any:
    parser = factory.create_parser(service_model(service).metadata["protocol"])
    shape = service_model(service).operation_model(operation).output_shape
    assert shape is not None
    return parser.parse(response(operation, body, status), shape)


def refuse(*_: Any) -> Any:
    raise AssertionError("left to botocore's parser")


NETWORK = [
    "DescribeAddresses",
    "DescribeAvailabilityZones",
    "DescribeDhcpOptions",
    "DescribeEgressOnlyInternetGateways",
    "DescribeFlowLogs",
    "DescribeImages",
    "DescribeInstances",
    "DescribeInternetGateways",
    "DescribeLaunchTemplateVersions",
    "DescribeLaunchTemplates",
    "DescribeManagedPrefixLists",
    "DescribeNatGateways",
    "DescribeNetworkAcls",
    "DescribeNetworkInterfaces",
    "DescribeRouteTables",
    "DescribeSecurityGroupRules",
    "DescribeSecurityGroups",
    "DescribeSubnets",
    "DescribeTags",
    "DescribeVolumes",
    "DescribeVpcAttribute",
    "DescribeVpcEndpoints",
    "DescribeVpcPeeringConnections",
    "DescribeVpcs",
]
OTHERS = [
    ("elbv2", "DescribeLoadBalancers"),
    ("elbv2", "DescribeTargetGroups"),
    ("elbv2", "DescribeListeners"),
    ("elbv2", "DescribeRules"),
    ("elbv2", "DescribeTags"),
    ("sns", "GetTopicAttributes"),
    ("autoscaling", "DescribeAutoScalingGroups"),
    ("rds", "DescribeDBInstances"),
    ("iam", "GetAccountAuthorizationDetails"),
    ("iam", "ListRoles"),
    ("elasticache", "DescribeReplicationGroups"),
    ("route53", "ListHostedZones"),
    ("route53", "ListResourceRecordSets"),
    ("cloudfront", "ListDistributions"),
    ("s3", "ListBuckets"),
]


@pytest.mark.parametrize(("items", "keep"), [(2, 1), (1, 1), (0, 1), (2, 2), (1, 3)])
@pytest.mark.parametrize(("service", "operation"), [("ec2", name) for name in NETWORK] + OTHERS)
def test_same_as_botocore(
    service: str, operation: str, items: int, keep: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Full, sparse and empty answers come out the same, types included, and without botocore's help."""
    body = answer(service, operation, items, keep)
    expected = stock(service, operation, body)
    monkeypatch.setattr(ResponseParser, "parse", refuse)
    assert exactly(expected) == exactly(ours(service, operation, body))


def test_every_reading_operation_of_ec2() -> None:
    """Whatever EC2 can describe is parsed as botocore does."""
    model = service_model("ec2")
    names = [name for name in model.operation_names if name.startswith("Describe")]
    differing = []
    for name in names:
        if model.operation_model(name).output_shape is not None:
            body = answer("ec2", name, 1, 1)
            if exactly(stock("ec2", name, body)) != exactly(ours("ec2", name, body)):
                differing.append(name)
    assert [] == differing


def vpcs(inside: str, namespace: str = f' xmlns="{NAMESPACE}"') -> bytes:
    """An answer to DescribeVpcs with this inside."""
    return f"<DescribeVpcsResponse{namespace}>{inside}</DescribeVpcsResponse>".encode()


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<requestId>r-1</requestId>",
        "<vpcSet/><requestId/>",
        "<vpcSet><item/></vpcSet>",
        "<vpcSet> <item> <vpcId>\n</vpcId> </item>\n</vpcSet>",
        "<vpcSet><!-- no --><item><vpcId>a<b>c</b></vpcId></item></vpcSet>",
        "<vpcSet><item><vpcId>a</vpcId><unheardOf><x/></unheardOf></item></vpcSet>",
        "<vpcSet><item><isDefault>TRUE</isDefault></item></vpcSet>",
        "<vpcSet><item><vpcId>a</vpcId><vpcId>b</vpcId></item></vpcSet>",
        "<vpcSet><item><vpcId>a</vpcId></item></vpcSet><vpcSet><item/></vpcSet>",
        '<vpcSet><item><vpcId xmlns="other">a</vpcId></item></vpcSet>',
        '<x:vpcSet xmlns:x="other"><item/></x:vpcSet>',
    ],
)
@pytest.mark.parametrize("namespace", [f' xmlns="{NAMESPACE}"', ""])
def test_odd_answers(inside: str, namespace: str) -> None:
    """Blank, unknown, repeated and foreign elements come out as with botocore."""
    body = vpcs(inside, namespace)
    assert _or_error(stock, body) == _or_error(ours, body)


def _or_error(parse: Any, body: bytes) -> Any:
    try:
        return exactly(parse("ec2", "DescribeVpcs", body))
    except (ResponseParserError, ValueError, AttributeError):
        return ResponseParserError


def test_a_value_of_another_form() -> None:
    """A time that is none is no answer, whichever error botocore has for that."""
    body = b"<DescribeNatGatewaysResponse><natGatewaySet><item><createTime>soon</createTime></item></natGatewaySet>"
    with pytest.raises(ResponseParserError):
        ours("ec2", "DescribeNatGateways", body + b"</DescribeNatGatewaysResponse>")


def test_errors_are_left_to_botocore() -> None:
    """An error answer has its code and request id, as ever."""
    error = b"<Errors><Error><Code>C</Code><Message>M</Message></Error></Errors>"
    body = b"<Response>" + error + b"<RequestID>r</RequestID></Response>"
    assert stock("ec2", "DescribeVpcs", body, 400) == ours("ec2", "DescribeVpcs", body, 400)
    assert "C" == ours("ec2", "DescribeVpcs", body, 400)["Error"]["Code"]


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("cloudfront", "GetDistribution"),  # a member in a header
        ("s3", "GetBucketLifecycleConfiguration"),  # flattened lists
        ("sts", "GetCallerIdentity"),
    ],
)
def test_unusual_shapes(service: str, operation: str) -> None:
    """Shapes that we did not compile for come out the same, the second time as well."""
    body, model = answer(service, operation, 2, 1), service_model(service)
    parser = PageParserFactory().create_parser(model.metadata["protocol"])
    shape = model.operation_model(operation).output_shape
    assert shape is not None
    for _ in range(2):
        found = parser.parse(response(operation, body), shape)
        assert exactly(stock(service, operation, body)) == exactly(found)


@pytest.mark.parametrize("protocol", ["json", "rest-json", "query", "smithy-rpc-v2-cbor"])
def test_one_parser_a_protocol(protocol: str) -> None:
    """A factory keeps its parsers, and so what they have compiled."""
    factory = PageParserFactory()
    assert factory.create_parser(protocol) is factory.create_parser(protocol)


@pytest.mark.parametrize(
    "value",
    [
        "2024-02-29T23:59:59.123Z",
        "2024-02-29T23:59:59Z",
        "2024-02-29T23:59:59.123456Z",
        "2024-02-29T23:59:59+01:00",
        "2024-02-29 23:59:59.123Z",
        "20240229T235959Z",
        "Thu, 29 Feb 2024 23:59:59 GMT",
        "1709251199",
        "1709251199.5",
        1709251199,
        1709251199.5,
    ],
)
def test_timestamps(value: Any) -> None:
    """Every form of a time that AWS uses is read as botocore reads it, zone included."""
    assert exactly(parse_timestamp(value)) == exactly(timestamp(value))


@pytest.mark.parametrize("value", ["2024-02-30T00:00:00Z", "2024-02-29Tno:59:59.123Z", "never"])
def test_no_timestamps(value: str) -> None:
    """What is no time is refused as botocore refuses it."""
    with pytest.raises(ValueError, match="Invalid timestamp"):
        timestamp(value)


class Crowded(ResponseParser):
    """A parser that no thread leaves before as many as are allowed have come in."""

    def __init__(self) -> None:
        super().__init__()
        self._inside = 0
        self._lock = threading.Lock()
        self._full = threading.Barrier(LARGE_AT_ONCE, timeout=30)
        self.most = 0

    def parse(self, response: Any, shape: Any) -> Any:
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
        self._full.wait()
        with self._lock:
            self._inside -= 1
        return {}


def test_few_large_answers_at_a_time() -> None:
    """Threads may bring as many large answers as they like: only a few are in memory as trees at once."""
    crowded = Crowded()
    parser = PageParser(crowded, CHECKS["ec2"], None)
    shape = service_model("ec2").operation_model("DescribeVpcs").output_shape
    assert shape is not None
    large = response("DescribeVpcs", vpcs(" " * LARGE_BYTES))
    with ThreadPoolExecutor(LARGE_AT_ONCE * 3) as threads:
        list(threads.map(lambda _: parser.parse(large, shape), range(LARGE_AT_ONCE * 3)))
    assert LARGE_AT_ONCE == crowded.most
