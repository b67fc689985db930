"""The compiled parser gives what botocore's own gives; botocore's is the judge in every test."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import count
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.parsers import ResponseParser, ResponseParserError, ResponseParserFactory
from botocore.utils import parse_timestamp

from controller.aws.models import service_model
from controller.aws.parser import LARGE_AT_ONCE, LARGE_BYTES, PageParser, PageParserFactory, timestamp

EC2 = "http://ec2.amazonaws.com/doc/2016-11-15/"
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


class Writer:
    """Writes the answer of an operation as AWS would; `keep` decides which members are there."""

    def __init__(self, items: int, keep: int) -> None:
        self._items, self._keep = items, keep
        self._turn = count()

    def fill(self, node: Element, shape: Shape) -> None:
        if isinstance(shape, StructureShape):
            for name, member in shape.members.items():
                if next(self._turn) % self._keep == 0:
                    self._member(node, name, member)
        elif isinstance(shape, ListShape):
            for _ in range(self._items):
                name = shape.member.serialization.get("name", "member")
                self.fill(SubElement(node, name), shape.member)
        elif isinstance(shape, MapShape):
            for number in range(self._items):
                entry = SubElement(node, "entry")
                SubElement(entry, shape.key.serialization.get("name", "key")).text = f"k{number}"
                self.fill(SubElement(entry, shape.value.serialization.get("name", "value")), shape.value)
        else:
            self._scalar(node, shape)

    def _member(self, node: Element, name: str, member: Shape) -> None:
        said = member.serialization
        if "location" in said:
            return
        if isinstance(member, ListShape) and said.get("flattened"):
            name = member.member.serialization.get("name", said.get("name", name))
            for _ in range(self._items):
                self.fill(SubElement(node, name), member.member)
        else:
            self.fill(SubElement(node, said.get("name", name)), member)

    def _scalar(self, node: Element, shape: Shape) -> None:
        turn = next(self._turn)
        texts = TEXTS.get(shape.type_name, (f"text <{turn}> & ü", "", None))
        node.text = texts[turn % len(texts)]


def answer(service: str, operation: str, items: int, keep: int) -> tuple[Shape, bytes]:
    """The output shape of an operation and an answer of that shape."""
    model = service_model(service)
    shape = model.operation_model(operation).output_shape
    assert isinstance(shape, StructureShape)
    root = content = Element(f"{operation}Response", xmlns=EC2)
    if "resultWrapper" in shape.serialization:
        content = SubElement(root, shape.serialization["resultWrapper"])
        SubElement(SubElement(root, "ResponseMetadata"), "RequestId").text = "r-1"
    if model.metadata["protocol"] == "ec2":
        SubElement(root, "requestId").text = "r-1"
    payload = shape.serialization.get("payload")
    Writer(items, keep).fill(content, shape.members[payload] if payload else shape)
    return shape, tostring(root, encoding="utf-8", xml_declaration=True)


def response(body: bytes, status: int = 200) -> dict[str, Any]:
    """An HTTP response as botocore gives it to a parser."""
    headers = {"X-Amzn-RequestId": "r-1", "x-amz-request-id": "r-2", "x-amz-id-2": "h"}
    return {"status_code": status, "headers": headers, "body": body, "context": {}}


def exactly(value: Any) -> Any:
    """A value with its types: 1 is not True, and a time is its zone too."""
    if isinstance(value, Element):  # what botocore gives where a text is repeated
        return tostring(value)
    if isinstance(value, dict):
        return {name: exactly(item) for name, item in value.items()}
    if isinstance(value, list):
        return [exactly(item) for item in value]
    return type(value), value, repr(value.tzinfo) if isinstance(value, datetime) else None


def stock(protocol: str, body: bytes, shape: Shape, status: int = 200) -> Any:
    """What botocore makes of an answer."""
    return ResponseParserFactory().create_parser(protocol).parse(response(body, status), shape)


def ours(protocol: str, body: bytes, shape: Shape, status: int = 200) -> Any:
    """What we make of it."""
    return PageParserFactory().create_parser(protocol).parse(response(body, status), shape)


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
    shape, body = answer(service, operation, items, keep)
    protocol = str(service_model(service).metadata["protocol"])
    expected = stock(protocol, body, shape)
    monkeypatch.setattr(ResponseParser, "parse", refuse)
    assert exactly(expected) == exactly(ours(protocol, body, shape))


def test_every_reading_operation_of_ec2() -> None:
    """Whatever EC2 can describe is parsed as botocore does."""
    model = service_model("ec2")
    names = [name for name in model.operation_names if name.startswith("Describe")]
    differing = []
    for name in names:
        if model.operation_model(name).output_shape is not None:
            shape, body = answer("ec2", name, 1, 1)
            if exactly(stock("ec2", body, shape)) != exactly(ours("ec2", body, shape)):
                differing.append(name)
    assert [] == differing


def vpcs(inside: str, namespace: str = f' xmlns="{EC2}"') -> tuple[Shape, bytes]:
    """An answer to DescribeVpcs with this inside."""
    shape = service_model("ec2").operation_model("DescribeVpcs").output_shape
    assert shape is not None
    return shape, f"<DescribeVpcsResponse{namespace}>{inside}</DescribeVpcsResponse>".encode()


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
@pytest.mark.parametrize("namespace", [f' xmlns="{EC2}"', ""])
def test_odd_answers(inside: str, namespace: str) -> None:
    """Blank, unknown, repeated and foreign elements come out as with botocore."""
    shape, body = vpcs(inside, namespace)
    assert stock_or_error(body, shape) == ours_or_error(body, shape)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>not AWS",
        b"<a/>",
        b"<R><natGatewaySet><item><createTime>soon</createTime></item></natGatewaySet></R>",
    ],
)
def test_broken_answers(body: bytes) -> None:
    """What cannot be parsed fails as it does with botocore, so that retries and messages stay the same."""
    shape = service_model("ec2").operation_model("DescribeNatGateways").output_shape
    assert shape is not None
    assert stock_or_error(body, shape) == ours_or_error(body, shape)


def stock_or_error(body: bytes, shape: Shape) -> Any:
    return _or_error(lambda: stock("ec2", body, shape))


def ours_or_error(body: bytes, shape: Shape) -> Any:
    return _or_error(lambda: ours("ec2", body, shape))


def _or_error(parse: Any) -> Any:
    try:
        return exactly(parse())
    except (ResponseParserError, ValueError, AttributeError) as error:
        return type(error), str(error)


def test_errors_are_left_to_botocore() -> None:
    """An error answer has its code and request id, as ever."""
    shape, _ = vpcs("")
    error = b"<Errors><Error><Code>C</Code><Message>M</Message></Error></Errors>"
    body = b"<Response>" + error + b"<RequestID>r</RequestID></Response>"
    assert stock("ec2", body, shape, 400) == ours("ec2", body, shape, 400)
    assert "C" == ours("ec2", body, shape, 400)["Error"]["Code"]


def test_a_missing_result_is_left_to_botocore() -> None:
    """An answer of the query protocol without its result fails as with botocore."""
    shape = service_model("rds").operation_model("DescribeDBInstances").output_shape
    assert shape is not None
    for parse in (stock, ours):
        with pytest.raises(KeyError):
            parse("query", b"<R><Other/></R>", shape)


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
    shape, body = answer(service, operation, 2, 1)
    protocol = str(service_model(service).metadata["protocol"])
    parser = PageParserFactory().create_parser(protocol)
    for _ in range(2):
        assert exactly(stock(protocol, body, shape)) == exactly(parser.parse(response(body), shape))


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
    parser = PageParser(crowded, None)
    shape, _ = vpcs("")
    large = response(b" " * (LARGE_BYTES + 1))
    with ThreadPoolExecutor(LARGE_AT_ONCE * 3) as threads:
        list(threads.map(lambda _: parser.parse(large, shape), range(LARGE_AT_ONCE * 3)))
    assert LARGE_AT_ONCE == crowded.most
