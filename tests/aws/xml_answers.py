"""Answers as AWS's XML services write them, from values as boto3 gives them."""

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from botocore.model import ListShape, MapShape, Shape, StructureShape

from controller.aws.client.answers import root_of
from controller.aws.client.models import service_model

NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
"""Parsers do not look at it: it stands for that of any service."""
INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"


def written(service: str, operation: str, answer: Mapping[str, Any]) -> bytes:
    """The body of an answer to an operation, its members those of the operation's output shape."""
    model = service_model(service)
    shape = model.operation_model(operation).output_shape
    assert isinstance(shape, StructureShape)
    protocol, payload = model.metadata["protocol"], shape.serialization.get("payload")
    if payload and isinstance(answer.get(payload), str):
        return str(answer[payload]).encode()
    name = root_of(operation, shape) if protocol == "rest-xml" else f"{operation}Response"
    root = content = Element(name, xmlns=NAMESPACE)
    if "resultWrapper" in shape.serialization:
        content = SubElement(root, shape.serialization["resultWrapper"])
        SubElement(SubElement(root, "ResponseMetadata"), "RequestId").text = "r-1"
    if protocol == "ec2":
        SubElement(root, "requestId").text = "r-1"
    _fill(content, shape.members[payload] if payload else shape, answer.get(payload, {}) if payload else answer)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _fill(node: Element, shape: Shape, value: Any) -> None:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        for name, each in value.items():
            _member(node, name, shape.members[name], each)
    elif isinstance(shape, ListShape):
        for each in value:
            _fill(SubElement(node, shape.member.serialization.get("name", "member")), shape.member, each)
    elif isinstance(shape, MapShape):
        for name, each in value.items():
            entry = SubElement(node, "entry")
            _fill(SubElement(entry, shape.key.serialization.get("name", "key")), shape.key, name)
            _fill(SubElement(entry, shape.value.serialization.get("name", "value")), shape.value, each)
    else:
        node.text = _text(value)


def _member(node: Element, name: str, shape: Shape, value: Any) -> None:
    """A member of a structure; what stands in a header is left out."""
    said = shape.serialization
    shown = said.get("name", name)
    if "location" in said:
        return
    if said.get("xmlAttribute"):  # such as `xsi:type`
        node.set(INSTANCE + shown.removeprefix("xsi:"), str(value))
    elif isinstance(shape, ListShape) and said.get("flattened"):
        for each in value:
            _fill(SubElement(node, shape.member.serialization.get("name", shown)), shape.member, each)
    else:
        _fill(SubElement(node, shown), shape, value)


def _text(value: Any) -> str | None:
    """A scalar as XML has it; None is an element without a text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, dict):
        return json.dumps(value)
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
