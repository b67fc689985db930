"""Whether an answer is the operation's: any other text with a status of success is no answer at all.

The page of a proxy, what another server says, the answer to another question or half of one must never be read as
"there is nothing", nor as "it is done". AWS names the root of its XML after the operation, or after what it holds;
its JSON has no root, and is known by its members.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder, XMLParser

from botocore.model import Shape, StructureShape
from botocore.parsers import BaseCBORParser, ResponseParserError


class Foreign(ResponseParserError):
    """What came is not the operation's answer."""


Check = Callable[[str, Shape | None, Mapping[str, Any]], Element | None]
"""Raises for what is not the answer to the operation of that name with that shape, and gives the tree of what is.
What is no XML, or says nothing, has none."""


def tree(body: bytes) -> Element:
    """The tree of an answer. Raises `ParseError` for what is not whole."""
    # As botocore does: the answers are AWS's own, and expat itself refuses entities that explode.
    parser = XMLParser(target=TreeBuilder(), encoding="utf-8")  # noqa: S314
    parser.feed(body)
    return parser.close()


def namespace_of(tag: str) -> str:
    """The namespace of a tag with its brackets, or nothing."""
    return tag[: tag.index("}") + 1] if tag.startswith("{") else ""


def body_of(shape: Shape | None) -> tuple[Shape | None, str]:
    """What an answer's body holds, and under which name: the one member that is all of it, or those without a place
    in the headers; None where the body is empty."""
    if not isinstance(shape, StructureShape):
        return None, ""
    payload = shape.serialization.get("payload")
    if payload:
        inner = shape.members[payload]
        return inner, str(inner.serialization.get("name", payload))
    return (shape, shape.name) if any(_in_body(shape)) else (None, "")


def _in_body(shape: StructureShape) -> Iterator[str]:
    for name, member in shape.members.items():
        if "location" not in member.serialization:
            yield str(member.serialization.get("name", name))


def _expect(root: Element, *names: str) -> None:
    if root.tag.removeprefix(namespace_of(root.tag)) not in names:
        raise Foreign("the root of the response is not the one of the operation")


def _ec2(operation: str, shape: Shape | None, response: Mapping[str, Any]) -> Element:
    root = tree(response["body"])
    _expect(root, f"{operation}Response")
    return root


def _query(operation: str, shape: Shape | None, response: Mapping[str, Any]) -> Element:
    root = _ec2(operation, shape, response)
    wrapper = shape.serialization.get("resultWrapper") if shape else None
    if wrapper and root.find(f"{namespace_of(root.tag)}{wrapper}") is None:
        raise Foreign("the response has no result")
    return root


ROOTS = {
    "ListBuckets": "ListAllMyBucketsResult",
    "ListObjectsV2": "ListBucketResult",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketAcl": "AccessControlPolicy",
    "GetObjectAcl": "AccessControlPolicy",
}
"""Roots of S3's answers, which botocore's model leaves out.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html"""


def root_of(operation: str, shape: Shape | None) -> str:
    """The name of the root of a REST service's answer."""
    return ROOTS.get(operation, body_of(shape)[1])


def _rest_xml(operation: str, shape: Shape | None, response: Mapping[str, Any]) -> Element | None:
    body = response["body"]
    held, _ = body_of(shape)
    if held is not None and not isinstance(held, StructureShape):
        _expect_policy(body)
        return None
    if held is None:
        _expect_request_id(response["headers"])
        return None
    root = tree(body)
    _expect(root, root_of(operation, shape), f"{operation}Response")
    return root


def _expect_policy(body: bytes) -> None:
    """The only text that is an answer by itself is the policy of a bucket."""
    if "Statement" not in _object(_loaded(body)):
        raise Foreign("the response is not a policy")


def _json(operation: str, shape: Shape | None, response: Mapping[str, Any]) -> None:
    held, _ = body_of(shape)
    _expect_members(held, {} if held is None else _loaded(response["body"]), response["headers"])


def _cbor(operation: str, shape: Shape | None, response: Mapping[str, Any]) -> None:
    held, _ = body_of(shape)
    reader = BaseCBORParser()
    stream = reader.get_peekable_stream_from_bytes(response["body"])
    _expect_members(held, {} if held is None else reader.parse_data_item(stream), response["headers"])


def _loaded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise Foreign("the response is not JSON, or is truncated") from None


def _object(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise Foreign("the response has no members")
    return document


def _expect_members(held: Shape | None, document: Any, headers: Mapping[str, str]) -> None:
    """One member that the operation has is enough: AWS leaves out what is not set, and adds what is new."""
    known = {*_in_body(held)} if isinstance(held, StructureShape) else set()
    shown = _object(document).keys()
    if known & shown:
        return
    if known and shown:
        raise Foreign("the response has no member that the operation defines")
    _expect_request_id(headers)


def _expect_request_id(headers: Mapping[str, str]) -> None:
    """An answer that says nothing is AWS's own only with the id that AWS gives to every request."""
    if {"x-amzn-requestid", "x-amz-request-id"}.isdisjoint(name.lower() for name in headers):
        raise Foreign("the response is empty and has no request id of AWS")


CHECKS: Mapping[str, Check] = {
    "ec2": _ec2,
    "query": _query,
    "rest-xml": _rest_xml,
    "json": _json,
    "rest-json": _json,
    "smithy-rpc-v2-cbor": _cbor,
}
"""By protocol: all that botocore speaks."""
