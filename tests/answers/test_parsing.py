"""What AWS really answered is read as botocore reads it, written back into the form in which it came."""

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape

from controller.aws.client.answers import root_of
from controller.aws.client.models import service_model
from tests.answers.recordings import Recording, recordings
from tests.aws.test_parser import exactly, ours, stock

XML = ("ec2", "query", "rest-xml")
NAMESPACE = "http://aws.test/doc/"
INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
WRITTEN = [each for each in recordings() if service_model(each.service).metadata["protocol"] in XML]


def written(recording: Recording) -> bytes:
    """The answer as AWS's service wrote it."""
    shape, answer = recording.shape, recording.answer
    protocol = service_model(recording.service).metadata["protocol"]
    rest = protocol == "rest-xml"
    root = content = Element(
        root_of(recording.operation, shape) if rest else f"{recording.operation}Response", xmlns=NAMESPACE
    )
    if "resultWrapper" in shape.serialization:
        content = SubElement(root, shape.serialization["resultWrapper"])
    payload = shape.serialization.get("payload")
    if payload and isinstance(answer.get(payload), str):
        return str(answer[payload]).encode()
    fill(content, shape.members[payload] if payload else shape, answer.get(payload, {}) if payload else answer)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def fill(node: Element, shape: Shape, value: Any) -> None:
    """Write a value into an element, as its shape says."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        for name, each in value.items():
            member(node, name, shape.members[name], each)
    elif isinstance(shape, ListShape):
        for each in value:
            fill(SubElement(node, shape.member.serialization.get("name", "member")), shape.member, each)
    elif isinstance(shape, MapShape):
        for name, each in value.items():
            entry = SubElement(node, "entry")
            fill(SubElement(entry, shape.key.serialization.get("name", "key")), shape.key, name)
            fill(SubElement(entry, shape.value.serialization.get("name", "value")), shape.value, each)
    else:
        node.text = text(value)


def member(node: Element, name: str, shape: Shape, value: Any) -> None:
    """Write a member of a structure; what stands in a header is left out."""
    said = shape.serialization
    if "location" in said:
        return
    if said.get("xmlAttribute"):
        node.set(INSTANCE + said["name"].removeprefix("xsi:"), value)
        return
    if isinstance(shape, ListShape) and said.get("flattened"):
        for each in value:
            fill(SubElement(node, shape.member.serialization.get("name", said.get("name", name))), shape.member, each)
    else:
        fill(SubElement(node, said.get("name", name)), shape, value)


def text(value: Any) -> str:
    """A scalar as XML has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def shown(value: Any) -> Any:
    """A value without its empty parts, which XML leaves out; boto3 reads IAM's policies, which are texts here."""
    if isinstance(value, str) and value.startswith('{"'):
        return shown(json.loads(value))
    if isinstance(value, dict):
        parts = {name: shown(each) for name, each in value.items()}
        return {name: each for name, each in parts.items() if each not in ([], {}, None)}
    return [shown(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("recording", WRITTEN, ids=lambda each: each.label)
def test_read_as_botocore_reads_it(recording: Recording) -> None:
    """The same values of the same types, and they are those that were recorded."""
    body = written(recording)
    read = ours(recording.service, recording.operation, body)
    assert exactly(stock(recording.service, recording.operation, body)) == exactly(read)
    inside = {n for n, each in recording.shape.members.items() if "location" not in each.serialization}
    assert shown({n: each for n, each in read.items() if n in inside}) == shown(
        {n: each for n, each in recording.answer.items() if n in inside}
    )
